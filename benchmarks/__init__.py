"""What is measured: this project against KerasTuner's and Optuna's own loops, and against the machine.

The section `trust` measures instead how good the champions of searches are on new rows.

`make bench` runs every section, `make bench ONLY=titanic,steady` those named. A section (a file of `sections/`) offers

    measure(sizes) -> Section

Workers (files of `workers/`) do the work that a section times, each in a separate process. Figures are kept in
`results.json`; a section that is measured again replaces its old figures. `results.md` is what was printed. Seconds
differ between machines and hours, so compare the ratios, which are taken in one run. A spread is the smallest and the
largest value measured.
"""
