"""Drawing: pure functions from a leaderboard and a space to a figure; functions that write a file take its path."""
