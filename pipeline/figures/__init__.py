"""Drawing: pure functions from a leaderboard and a space to a figure; functions that write a file take its path.

`chart` describes a chart once and draws it for a browser and as a PNG. Each of the other files makes one figure or
table (`curves`, `progress`, `importance`, `slices`, `parallel`, `comparison`, `confusion`, `leaderboard`), except
`labels`, which makes texts, and `pages`, which writes all files of a search.
"""
