"""What is compared with what: a section by its file's name."""
