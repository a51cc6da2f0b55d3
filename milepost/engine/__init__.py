"""What carries a plan out: a pure core that decides, and an anyio shell that talks to ports."""
