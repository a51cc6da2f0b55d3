"""Tests of the pure core: values, plans, graphs, lifecycles and their events."""
