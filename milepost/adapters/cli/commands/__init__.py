"""The commands, in groups; each group registers its own with the program."""
