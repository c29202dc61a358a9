"""A search of very many trials: the time of a trial, against a search of few."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.command import tuned
from benchmarks.sizes import Sizes
from benchmarks.spread import number
from benchmarks.table import Section, Table


def measure(sizes: Sizes) -> Section:
    """Milliseconds a trial in the commands with few and with many trials, and their ratios."""
    cores = len(os.sched_getaffinity(0))
    with TemporaryDirectory(prefix="bench-cache-") as cache:
        tuned(("--trials", str(sizes.few)), cores, Path(cache))  # fills the cache
        few, many = (tuned(("--trials", str(count)), cores, Path(cache)) for count in (sizes.few, sizes.many))
    rows = []
    for title, one, other in (
        ("whole command, ms a trial", few["wall"], many["wall"]),
        ("whole command, processor ms a trial", few["processor"], many["processor"]),
        *((f"{name}, ms a trial", few["phases"].get(name, 0.0), seconds) for name, seconds in many["phases"].items()),
    ):
        each = 1000 * one / sizes.few, 1000 * other / sizes.many
        rows.append([title, *map(number, each), number(each[1] / each[0]) if each[0] else ""])
    sizes_in_mb = few["memory"] / 2**20, many["memory"] / 2**20
    rows.append(["largest process, MB", *map(number, sizes_in_mb), number(sizes_in_mb[1] / sizes_in_mb[0])])
    columns = ["", f"{sizes.few} trials", f"{sizes.many} trials", "ratio"]
    table = Table("Many trials: the whole command, everything logged", columns, rows)
    return Section([table], {"few": few, "many": many})
