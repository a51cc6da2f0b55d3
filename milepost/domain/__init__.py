"""What a plan is: pure, synchronous, without I/O and without a clock of its own."""
