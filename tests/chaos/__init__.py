"""What happens to the store and to running plans when the world breaks."""
