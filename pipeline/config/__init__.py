"""The experiment file: its sections, how it is read and checked, and how the parts that it names are found.

`experiment` holds the sections as checked values. `read` makes them from a file and the command line, with the help of
`overrides` (keys from the command line), `searchable` (values, ranges and choices), `conditions` (`when`), `optimizers`
(Keras's optimizers and their arguments) and `messages` (errors in words). `json_schema` and `write` are the other
direction: the schema for editors, and an experiment as a complete file. `parts` imports a part by its file's name,
`backend` sets up Keras's backend, `imports` makes imports faster, and `paths` reads and writes files safely.
"""
