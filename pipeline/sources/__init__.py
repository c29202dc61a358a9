"""Where data comes from: each file is a source, with Settings and load(settings, folder)."""
