"""Workflows and programs to start from, with the data they read."""
