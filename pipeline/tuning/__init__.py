"""The room of stage 4: the loop, and what it needs to judge trials, to remember them and to stop."""
