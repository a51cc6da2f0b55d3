"""The peers, each as its own project tells people to use it."""
