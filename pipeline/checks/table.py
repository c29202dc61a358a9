"""Checks of a data set: gaps, constant columns, leaks, rare classes, small parts, repeated rows."""

import math
from typing import TYPE_CHECKING, Any, Final

from pipeline.checks import Finding, Level
from pipeline.checks.leaks import leaks
from pipeline.config.experiment import Experiment
from pipeline.values.data import TABULAR, Dataset, Prepared, Split, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MANY_GAPS: Final = 0.4
RARE_SHARE: Final = 0.05
RARE_ROWS: Final = 20
FEW_ROWS: Final = 100
"""With fewer rows than this, a part cannot show which of two good models is better."""
SMALL_TABLE: Final = 1000
"""With fewer rows than this for training and validation, folds are proposed."""
PROPOSED: Final = 4
"""The number of folds that is proposed."""
ACCURACY: Final = 0.8
"""The accuracy for which the standard error is stated."""
DOUBLE_SHARE: Final = 0.01


def look(prepared: Prepared) -> list[Finding]:
    """All findings on a data set, in about a second; columns are judged by the training part.

    Pixels and time steps are not judged one by one, because an experiment cannot name them or leave them out.
    """
    dataset, split = prepared.dataset, prepared.split
    found: list[Finding] = []
    if dataset.form == TABULAR:
        train = dataset.features.iloc[split.train][list(prepared.transform.columns)]
        found = [*gaps(train), *constants(train), *leaks(train, dataset.target.iloc[split.train], dataset.task)]
    if dataset.task is not Task.REGRESSION:
        found += balance(dataset.target)
    for name, rows in (("validation", split.validation), ("test", split.test)):
        found += small(name, len(rows), dataset.task)
    return [*found, *doubles(hashes(dataset), split)]


def gaps(columns: "pd.DataFrame") -> list[Finding]:
    """A warning for each column with many gaps, and one note about all other columns with gaps."""
    shares = {str(name): float(share) for name, share in columns.isna().mean().items() if share > 0}
    found = [
        Finding(Level.WARNING, f"column {name}", f"empty in {_percent(share)} of the rows: these values are filled in.")
        for name, share in shares.items()
        if share > MANY_GAPS
    ]
    few = [f"{name} {_percent(share)}" for name, share in shares.items() if share <= MANY_GAPS]
    return [*found, Finding(Level.NOTE, "gaps", f"{', '.join(few)} of the rows.")] if few else found


def constants(columns: "pd.DataFrame") -> list[Finding]:
    """A warning for each column that has the same value in all rows, although the file names it."""
    return [
        Finding(Level.WARNING, f"column {name}", "the same in every training row: nothing can be learnt from it.")
        for name in columns.columns
        if columns[name].nunique(dropna=False) == 1
    ]


def balance(labels: "pd.Series[Any]") -> list[Finding]:
    """A warning if the rarest class has too small a share or too few rows."""
    counts = labels.value_counts()
    rarest, rows, share = counts.index[-1], int(counts.iloc[-1]), counts.iloc[-1] / len(labels)
    if share >= RARE_SHARE and rows >= RARE_ROWS:
        return []
    most = _percent(counts.iloc[0] / len(labels))
    sentence = f"{rows} rows, {_percent(share)}: always predicting {counts.index[0]} has an accuracy of {most} already."
    return [Finding(Level.WARNING, f"class {rarest}", sentence)]


def small(part: str, rows: int, task: Task) -> list[Finding]:
    """How uncertain a score on this number of rows is: a warning if the rows are few, else a note."""
    if rows == 0:
        return []
    score = "a root mean squared error" if task is Task.REGRESSION else f"an accuracy of {_percent(ACCURACY)}"
    sentence = f"{rows} rows: {score} measured on them is uncertain by {uncertain(rows, task)}."
    return [Finding(Level.WARNING if rows < FEW_ROWS else Level.NOTE, part, sentence)]


def folds(experiment: Experiment, split: Split, task: Task) -> list[Finding]:
    """A note that proposes `search.folds` if the file could have it, and each trial is judged by few rows."""
    search, rows = experiment.search, len(split.train) + len(split.validation)
    possible = experiment.evaluate.confirm > 0 and search.sampler != "hyperband"
    if not possible or search.folds > 1 or not len(split.validation) or rows >= SMALL_TABLE:
        return []
    now, then = (uncertain(count, task) for count in (len(split.validation), rows))
    judged = f"`folds = {PROPOSED}` judges trials by {rows} rows instead of {len(split.validation)}"
    sentence = f"{judged} (uncertain by {then}, not {now}), for {PROPOSED} times the training."
    return [Finding(Level.NOTE, "search.folds", sentence)]


def uncertain(rows: int, task: Task) -> str:
    """The standard error of a score on this number of rows, in words."""
    if task is Task.REGRESSION:
        return f"about {_percent(1 / math.sqrt(2 * rows))}"
    return f"± {100 * math.sqrt(ACCURACY * (1 - ACCURACY) / rows):.1f} points"


def hashes(dataset: Dataset) -> "np.ndarray":
    """A hash of each row, equal for equal rows; integer columns with a different value in each row do not count."""
    import numpy as np
    import pandas as pd

    if dataset.form != TABULAR:
        lines = np.column_stack([dataset.features.to_numpy(), dataset.target.to_numpy()])
        return np.array([hash(line.tobytes()) for line in lines])
    table = dataset.features.assign(**{str(dataset.target.name): dataset.target})
    whole = [name for name in table if pd.api.types.is_integer_dtype(table[name]) and table[name].is_unique]
    compared = table.drop(columns=whole)
    if compared.shape[1] == 0:
        return np.arange(len(table))
    found: np.ndarray = pd.util.hash_pandas_object(compared, index=False).to_numpy()
    return found


def doubles(rows: "np.ndarray", split: Split) -> list[Finding]:
    """Findings on validation or test rows that are in the training part too; `rows` holds the hash of every row."""
    known = set(rows[split.train].tolist())
    found = []
    for part, own in (("validation", split.validation), ("test", split.test)):
        count = sum(value in known for value in rows[own].tolist())
        if count:
            level = Level.WARNING if count > DOUBLE_SHARE * len(own) else Level.NOTE
            sentence = f"{count} of its {len(own)} rows are also in the training part: scores on it are too good."
            found.append(Finding(level, part, sentence))
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else f"{100 * share:.1g} %"
