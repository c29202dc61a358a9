"""Which models there are: each file is a family, with Settings and model(settings, input, output)."""
