"""What stages hand on to each other: frozen values, and the one error that people read."""
