"""The sections of the benchmarks; a section has the name of its file."""
