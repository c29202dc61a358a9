"""Who draws: pure functions from a leaderboard and a space to a figure; what writes is told the file."""
