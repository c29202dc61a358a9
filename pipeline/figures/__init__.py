"""Who draws: pure functions from curves and a leaderboard to a figure; nothing here reads or writes files."""
