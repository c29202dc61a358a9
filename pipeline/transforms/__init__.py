"""How raw columns become arrays: fitted on the training part only."""
