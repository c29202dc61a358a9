"""Whether the champion is better than untuned and simple models on new rows, and whether its figures can be trusted."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from benchmarks import ratios
from benchmarks.processes import measured
from benchmarks.ratios import Searches
from benchmarks.sections.quality import interval
from benchmarks.sizes import Sizes
from benchmarks.table import Section, Table
from benchmarks.tables import TABLES

PROCESSES: Final = 2
"""Searches that run at a time; no times are measured."""
MODELS: Final = {
    "champion": "champion",
    "single": "its best setting, one model",
    "today": "best trial of the search",
    "untuned_averaged": "untuned, averaged",
    "untuned": "untuned",
    "linear": "linear model",
    "boosting": "gradient boosting",
    "boosting_all": "gradient boosting, more rows",
    "lightgbm": "LightGBM, more rows",
    "catboost": "CatBoost, more rows",
    "dummy": "constant",
}
CONSTANT, UNTUNED, TODAY, BOOSTING, MORE_ROWS = "dummy", "untuned", "today", "boosting", "boosting_all"
NETWORKS: Final = (UNTUNED, "untuned_averaged")
PROMISES: Final = {
    "seen": ("best validation loss, best trial", TODAY),
    "confirmed": ("confirmed loss, best setting", "single"),
    "out_of_fold": ("confirmed loss, champion", "champion"),
}
"""What a search promises: its title, and the model whose test loss is promised."""
GAIN: Final = -5.0
"""The goal for the champion's ratio to the best trial of the search: at most this."""
SHARE: Final = 0.8
"""The goal for the share of tables on which the champion is better: at least this."""
HONEST: Final = 2.0
"""The goal for the optimism of the confirmed loss: at most this, in either direction."""
CLAIMS: Final = 0.05
"""The goal for the share of searches on pure noise that claim something: at most this."""


def measure(sizes: Sizes) -> Section:
    """The champion against every other model on all tables, its optimism, and its claims on pure noise."""
    kinds = {"classification": (sizes.noise + 1) // 2, "regression": sizes.noise // 2}
    # the long ones first
    tasks = {kind: {"noise": kind, "seeds": [*range(1, count + 1)]} for kind, count in kinds.items() if count}
    names = list(TABLES)[: sizes.tables]
    tasks |= {name: {"table": name, "seeds": [*range(1, sizes.splits + 1)]} for name in names}
    size = {"epochs": sizes.epochs, "trials": sizes.searched}

    def worked(name: str) -> dict[str, Any]:
        found = measured("trust", {**tasks[name], **size})
        gain = ratios.ratio(found["searches"], "champion", TODAY)
        sys.stderr.write(f"  {name}: champion against the best trial {gain:+.1f}\n")
        return found

    with ThreadPoolExecutor(PROCESSES) as pool:
        runs = dict(zip(tasks, pool.map(worked, tasks), strict=True))
    tables = {name: runs[name]["searches"] for name in names}
    noise = {kind: runs[kind]["searches"] for kind in kinds if kind in runs}
    floors = {name: runs[name]["floor"] for name in names}
    about = f"{len(names)} tables, {sizes.splits} splits each, {sizes.searched} trials"
    shown = [against(tables, about), by_table(tables, floors), promised(tables), claimed(noise)]
    return Section(shown, runs)


def against(tables: Mapping[str, Searches], about: str) -> Table:
    """The champion's test losses over those of every other model, and all models' ranks."""
    ranks = ratios.ranks(tables)
    gains = {name: [ratios.ratio(s, "champion", name) for s in tables.values()] for name in MODELS if name in ranks}
    rows = [
        [MODELS[name], *(_figures(gain) if name != "champion" else [""] * 4), f"{ranks[name]:.2f}"]
        for name, gain in gains.items()
    ]
    mean = statistics.mean(gains[TODAY])
    notes = [
        "Loss: the log loss on the test part; for a regression the mean squared error of the standardized target. "
        "The champion / this: 100 ln(loss of the champion / loss of the row's model), close to the difference in %; "
        "below 0, the champion is better. Losses are means over a table's splits; the figure is the mean over the "
        "tables, and the interval is over the tables.",
        "Best trial: the champion without confirmation and averaging. Gradient boosting: scikit-learn's defaults, "
        "trained on the training part; with more rows, on the validation part too.",
        _goal(f"Against the best trial of the search: {mean:+.1f}, at most {GAIN:g} is asked", reached=mean <= GAIN),
        *(_majority(MODELS[name], gains[name]) for name in (TODAY, BOOSTING, MORE_ROWS)),
    ]
    title = f"Test loss of the champion against other models, {about}"
    return Table(title, ["", "champion / this", "95 % interval", "median", "tables won", "mean rank"], rows, notes)


def by_table(tables: Mapping[str, Searches], floors: Mapping[str, float | None]) -> Table:
    """Each table's size, the champion's loss, and its ratio to the losses of the most important other models."""
    rivals = (TODAY, UNTUNED, "linear", BOOSTING, MORE_ROWS)
    rows = []
    for name, searches in tables.items():
        floor = floors[name]
        rows.append(
            [
                name,
                f"{searches[0]['rows']}",
                searches[0]["task"],
                f"{ratios.loss(searches, 'champion'):.4f}",
                "" if floor is None else f"{floor:.4f}",
                *(f"{ratios.ratio(searches, 'champion', rival):+.1f}" for rival in rivals),
            ]
        )
    columns = ["", "rows", "task", "test loss", "noise alone", *(f"/ {MODELS[rival]}" for rival in rivals)]
    note = "Noise alone: the loss of the true function, for tables that were generated with a known noise."
    return Table("Each table: the champion's test loss, and its ratios as above", columns, rows, [note])


def promised(tables: Mapping[str, Searches]) -> Table:
    """By how much test losses exceed the losses that a search promised."""
    rows = []
    notes = ["100 ln(test loss / promised loss), as above; above 0, the promise was too good."]
    for key, (title, model) in PROMISES.items():
        if any(search.get(key) is None or model not in search["losses"] for s in tables.values() for search in s):
            continue
        values = [ratios.optimism(searches, model, key) for searches in tables.values()]
        mean, half = interval(values)
        ends = f"{min(values):+.1f} to {max(values):+.1f}"
        rows.append([title, f"{mean:+.1f}", _between(mean, half), f"{statistics.median(values):+.1f}", ends])
        if key == "confirmed":
            asked = f"Optimism of the confirmed loss: {mean:+.1f}, within {HONEST:g} of 0 is asked"
            notes.append(_goal(asked, reached=abs(mean) <= HONEST))
    return Table(
        "What a search promises for new rows", ["", "optimism", "95 % interval", "median", "tables"], rows, notes
    )


def claimed(noise: Mapping[str, Searches]) -> Table:
    """How many searches on pure noise say that their champion is better than a model that did not search."""
    rows, false, count = [], 0, 0
    for kind, searches in noise.items():
        claims = [search["claims"] for search in searches]
        rivals = [CONSTANT, *(name for name in NETWORKS if name in claims[0])]
        some = sum(any(of[name] for name in rivals) for of in claims)
        false, count = false + some, count + len(claims)
        cells = [len(claims), *(sum(of.get(name, False) for of in claims) for name in (CONSTANT, *NETWORKS)), some]
        losses = [f"{ratios.ratio(searches, 'champion', rival):+.2f}" for rival in (CONSTANT, UNTUNED)]
        rows.append([kind, *(f"{cell}" for cell in cells), *losses])
    beaten = ["constant", "untuned", "untuned, averaged", "any of them"]
    columns = ["", "searches", *(f"beats {name}" for name in beaten), "/ constant", "/ untuned"]
    notes = [
        "A claim: the report says that the champion beats the model. On pure noise, nothing is better than the "
        "constant. Untuned networks are worse than it; the report claims nothing against them unless the champion "
        "beats the constant.",
        _goal(
            f"Searches that claim something: {false} of {count}, {100 * CLAIMS:g} % are allowed",
            reached=false <= CLAIMS * count,
        ),
    ]
    return Table("Searches on tables whose target is pure noise", columns, rows, notes)


def _figures(values: Sequence[float]) -> list[str]:
    mean, half = interval(values)
    return [f"{mean:+.1f}", _between(mean, half), f"{statistics.median(values):+.1f}", _won(values)]


def _between(mean: float, half: float) -> str:
    return f"{mean - half:+.1f} to {mean + half:+.1f}"


def _won(values: Sequence[float]) -> str:
    return f"{sum(value < 0 for value in values)} of {len(values)}"


def _majority(title: str, values: Sequence[float]) -> str:
    share = sum(value < 0 for value in values) / len(values)
    return _goal(
        f"Tables with a better champion than the {title}: {_won(values)}, {100 * SHARE:g} % are asked",
        reached=share >= SHARE,
    )


def _goal(sentence: str, *, reached: bool) -> str:
    return f"{sentence}: {'reached' if reached else 'NOT reached'}."
