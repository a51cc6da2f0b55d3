"""The engine's rules, without a store and without an event loop."""
