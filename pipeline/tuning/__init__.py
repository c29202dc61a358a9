"""The parts of stage 4: the loop, and what it needs to judge trials, to store them and to stop.

`loop` drives a search through an engine; `early_stopping` decides when a trial ends, and `rungs` prunes trials. With
`search.folds`, `folds` is between the loop and the engine: it trains each trial on every fold and shows the loop the
means. `study` is a search's folder: it finds by `identity` whether a search continues, and holds its `journal`
(outcomes) and its `weights`. `search_record` describes the search to the tracker. `interrupt` handles Ctrl-C, `clock`
measures phases.
"""
