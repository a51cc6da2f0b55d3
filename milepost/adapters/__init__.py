"""The world: stores, models, tools, files, and the command line."""
