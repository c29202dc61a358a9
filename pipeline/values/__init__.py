"""The values that stages pass to each other, all frozen, and the error for a user's mistakes.

`space` holds the search space, `data` the table and the arrays, `blueprint` what makes the models, `trial` a trial from
its proposal to its outcome and the leaderboard, `events` what a tracker records, `diagnosis` the numbers about dead
units and gradients, `errors` the `UserError`.
"""
