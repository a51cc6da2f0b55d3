"""What is read: pure row functions from events, and the views and queries over them."""
