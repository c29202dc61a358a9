"""The parts of stage 4: the loop, and what it needs to judge trials, to store them and to stop."""
