"""The engine's shell: actors, coordinator and runners, on the store in memory."""
