"""What is measured: this project against KerasTuner's and Optuna's own loops, and against the machine.

`make bench` runs every section, `make bench ONLY=titanic,steady` those named. A section (a file of `sections/`) offers

    measure(sizes) -> Section

and has whatever it times done by workers (files of `workers/`), each in a process of its own. Figures are kept in
`results.json`, a section measured again replaces its own; `results.md` is what was printed. Seconds differ between
machines and hours: the ratios, taken in one run, are the point. A spread is the least and the most that was seen.
"""
