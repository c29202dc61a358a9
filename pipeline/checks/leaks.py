"""Columns that by themselves tell the target: a copy under another name, a recoding, a number that sorts it."""

from typing import TYPE_CHECKING, Any, Final

from pipeline.checks import Finding, Level
from pipeline.data import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TELLS: Final = 0.98
"""A column leaks that takes away so much of the error of always guessing the majority. Honest columns stay below:
measured, the best of the Titanic takes 0.44 (Sex), of breast cancer 0.67 (worst concave points), of iris 0.93 (petal
width)."""
FOLLOWS: Final = 0.999
"""Or, for a number to be predicted, whose correlation with it, or whose share of its variance, is larger."""
ROWS: Final = 2000
"""So many rows are looked at; more cost time and say the same."""
FEWEST: Final = 20
PRESENT: Final = 0.3
"""A column is also judged by the rows in which it has a value, where these are at least such a share."""
FOLDS: Final = 3
MANY: Final = 50
"""In wider tables only those columns are judged that put the classes in some order: a tree for each of 784 columns
would take half a minute (measured)."""
DISORDER: Final = 0.3
ENOUGH: Final = 200


def leaks(columns: "pd.DataFrame", target: "pd.Series[Any]", task: Task) -> list[Finding]:
    """A warning of each column of which the target follows, by what it foretells of rows that were held out."""
    if len(target) > ROWS:
        target = target.sample(ROWS, random_state=0)
        columns = columns.loc[target.index]
    if columns.shape[1] > MANY and len(target) >= ENOUGH and task is not Task.REGRESSION:
        classes = target.factorize()[0]
        columns = columns[[name for name in columns if orders(columns[name], classes)]]
    judge = follows if task is Task.REGRESSION else tells
    said = "is explained by it alone" if task is Task.REGRESSION else "is told by it alone"
    return [
        Finding(
            Level.WARNING,
            f"column {name}",
            f"the target {said} ({shown}): will it be known before the target is? If not, leave it out.",
        )
        for name in columns
        if (shown := judge(columns[name], target))
    ]


def orders(column: "pd.Series[Any]", classes: "np.ndarray") -> bool:
    """Whether neighbours in a column's order are of one class more often than strangers: no leak is without it."""
    import numpy as np
    import pandas as pd

    present = column.notna().to_numpy()
    parts = [np.ones_like(present), present] if PRESENT < present.mean() < 1 else [np.ones_like(present)]
    for part in parts:  # a gap may tell the class as well
        own = column[part]
        number = pd.api.types.is_numeric_dtype(own)
        codes = own.rank(method="dense", na_option="bottom") if number else own.factorize()[0]
        found = classes[part][np.argsort(np.asarray(codes), kind="stable")]
        shares = np.bincount(found) / len(found)
        if (found[1:] != found[:-1]).mean() <= DISORDER * (1 - (shares**2).sum()):
            return True
    return False


def tells(column: "pd.Series[Any]", labels: "pd.Series[Any]") -> str:
    """How well classes follow from one column, in words; empty where it is no leak."""
    present = column.notna().to_numpy()
    parts = [(column, labels)]
    if PRESENT < present.mean() < 1:
        parts.append((column[present], labels[present]))
    for part in parts:
        right, guessed = _accuracies(*part)
        if guessed < 1 and 1 - (1 - right) / (1 - guessed) >= TELLS:
            return f"right in {100 * right:.1f} % of held-out rows"
    return ""


def follows(column: "pd.Series[Any]", target: "pd.Series[Any]") -> str:
    """How well a number follows from one column, in words; empty where it is no leak."""
    import numpy as np
    import pandas as pd
    from sklearn.tree import DecisionTreeRegressor

    present = column.notna().to_numpy()
    column, numbers = column[present], target[present].astype(float)
    if len(numbers) < FEWEST or present.mean() < PRESENT or column.nunique() < 2 or numbers.nunique() < 2:
        return ""
    if pd.api.types.is_numeric_dtype(column):
        for method in ("pearson", "spearman"):  # a copy in other units, and any rising or falling recoding
            correlation = column.astype(float).corr(numbers, method=method)
            if abs(correlation) > FOLLOWS:
                return f"correlation {correlation:.4f}"
        return ""
    foretold = _held_out(DecisionTreeRegressor(random_state=0), column, numbers.to_numpy())
    explained = 1 - float(np.mean((foretold - numbers) ** 2)) / float(numbers.var(ddof=0))
    return f"{100 * explained:.2f} % of its variance" if explained > FOLLOWS else ""


def _accuracies(column: "pd.Series[Any]", labels: "pd.Series[Any]") -> tuple[float, float]:
    """The share of held-out rows whose class a tree over one column gets right, and that of the largest class."""
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

    common = labels.map(labels.value_counts()) >= FOLDS  # a class must stand in every fold
    column, labels = column[common], labels[common]
    if len(labels) < FEWEST or labels.nunique() < 2 or column.nunique(dropna=False) < 2:
        return 0.0, 1.0
    classes = pd.factorize(labels)[0]
    foretold = _held_out(DecisionTreeClassifier(random_state=0), column, classes)
    return float((foretold == classes).mean()), float(labels.value_counts(normalize=True).iloc[0])


def _held_out(tree: Any, column: "pd.Series[Any]", target: "np.ndarray") -> "np.ndarray":
    """What a tree, fitted on the other rows, says of each."""
    import pandas as pd
    from sklearn.base import is_classifier
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    if pd.api.types.is_numeric_dtype(column):
        # ranks, since a tree rounds to float32 and takes no infinity
        numbers = column.rank(method="dense").to_numpy(float)
    else:
        numbers = pd.factorize(column)[0].astype(float)  # a gap is a category, too
    kind = StratifiedKFold if is_classifier(tree) else KFold
    folds = kind(FOLDS, shuffle=True, random_state=0)
    said: np.ndarray = cross_val_predict(tree, numbers.reshape(-1, 1), target, cv=folds)
    return said
