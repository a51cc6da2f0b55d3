"""What the command line prints: pure functions from views to text, and the terminal they go to."""
