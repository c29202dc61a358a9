"""The values that stages pass to each other, all frozen, and the error for a user's mistakes."""
