"""Bugs planted in the engine's core, one at a time, to count how many the simulation finds."""
