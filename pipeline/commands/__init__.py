"""What a person can type: each file is a command, with HELP, arguments(parser) and run(args)."""
