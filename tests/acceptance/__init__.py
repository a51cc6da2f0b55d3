"""What a user sees of each requirement, through the public face and the command line."""
