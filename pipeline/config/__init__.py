"""The experiment file: its grammar, its reading, its errors, its JSON schema; and the parts that it names."""
