"""Finds leaks: columns that alone predict the target, such as a renamed copy, a recoding or a number that sorts it."""

from typing import TYPE_CHECKING, Any, Final

from pipeline.checks import Finding, Level
from pipeline.values.data import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TELLS: Final = 0.98
"""A column is a leak if predicting from it alone removes this share of the error of always guessing the majority class.

Honest columns remove less. Measured, the best column of the Titanic removes 0.44 (Sex), of breast cancer 0.67 (worst
concave points), of iris 0.93 (petal width).
"""
FOLLOWS: Final = 0.999
"""With a numeric target, a column is a leak if its correlation with it, or the share of its variance, is above this."""
ROWS: Final = 2000
"""At most this number of rows are used; more rows take longer and give the same result."""
FEWEST: Final = 20
PRESENT: Final = 0.3
"""If a column has a value in more than this share of the rows, it is judged a second time, by only these rows."""
FOLDS: Final = 3
MANY: Final = 50
"""With more columns than this, only columns that pass the fast test `orders` are judged by a tree.

A tree for each of 784 columns would take half a minute (measured).
"""
DISORDER: Final = 0.3
ENOUGH: Final = 200


def leaks(columns: "pd.DataFrame", target: "pd.Series[Any]", task: Task) -> list[Finding]:
    """A warning for each column that alone predicts the target of held-out rows."""
    if len(target) > ROWS:
        target = target.sample(ROWS, random_state=0)
        columns = columns.loc[target.index]
    if columns.shape[1] > MANY and len(target) >= ENOUGH and task is not Task.REGRESSION:
        classes = target.factorize()[0]
        columns = columns[[name for name in columns if orders(columns[name], classes)]]
    judge = follows if task is Task.REGRESSION else tells
    return [
        Finding(
            Level.WARNING,
            f"column {name}",
            f"this column alone predicts the target ({shown}): is it known before the target? If not, leave it out.",
        )
        for name in columns
        if (shown := judge(columns[name], target))
    ]


def orders(column: "pd.Series[Any]", classes: "np.ndarray") -> bool:
    """Whether rows that are neighbours after sorting by a column mostly have the same class; every leak passes.

    Neighbours must differ in class at most `DISORDER` times as often as two random rows.
    """
    import numpy as np
    import pandas as pd

    present = column.notna().to_numpy()
    parts = [np.ones_like(present), present] if PRESENT < present.mean() < 1 else [np.ones_like(present)]
    for part in parts:  # all rows too: the gaps themselves may predict the class
        own = column[part]
        number = pd.api.types.is_numeric_dtype(own)
        codes = own.rank(method="dense", na_option="bottom") if number else own.factorize()[0]
        found = classes[part][np.argsort(np.asarray(codes), kind="stable")]
        shares = np.bincount(found) / len(found)
        if (found[1:] != found[:-1]).mean() <= DISORDER * (1 - (shares**2).sum()):
            return True
    return False


def tells(column: "pd.Series[Any]", labels: "pd.Series[Any]") -> str:
    """How well one column predicts the classes, in words; empty if it is not a leak."""
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
    """How well one column predicts a numeric target, in words; empty if it is not a leak."""
    import numpy as np
    import pandas as pd
    from sklearn.tree import DecisionTreeRegressor

    present = column.notna().to_numpy()
    column, numbers = column[present], target[present].astype(float)
    if len(numbers) < FEWEST or present.mean() < PRESENT or column.nunique() < 2 or numbers.nunique() < 2:
        return ""
    if pd.api.types.is_numeric_dtype(column):
        for method in ("pearson", "spearman"):  # find a copy in other units, and any increasing or decreasing recoding
            correlation = column.astype(float).corr(numbers, method=method)
            if abs(correlation) > FOLLOWS:
                return f"correlation {correlation:.4f}"
        return ""
    foretold = _held_out(DecisionTreeRegressor(random_state=0), column, numbers.to_numpy())
    explained = 1 - float(np.mean((foretold - numbers) ** 2)) / float(numbers.var(ddof=0))
    return f"{100 * explained:.2f} % of its variance" if explained > FOLLOWS else ""


def _accuracies(column: "pd.Series[Any]", labels: "pd.Series[Any]") -> tuple[float, float]:
    """The share of held-out rows whose class a tree on one column predicts, and the share of the largest class."""
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

    common = labels.map(labels.value_counts()) >= FOLDS  # every fold must have every class
    column, labels = column[common], labels[common]
    if len(labels) < FEWEST or labels.nunique() < 2 or column.nunique(dropna=False) < 2:
        return 0.0, 1.0
    classes = pd.factorize(labels)[0]
    foretold = _held_out(DecisionTreeClassifier(random_state=0), column, classes)
    return float((foretold == classes).mean()), float(labels.value_counts(normalize=True).iloc[0])


def _held_out(tree: Any, column: "pd.Series[Any]", target: "np.ndarray") -> "np.ndarray":
    """The prediction for each row by a tree fitted on other rows."""
    import pandas as pd
    from sklearn.base import is_classifier
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    if pd.api.types.is_numeric_dtype(column):
        # ranks, because a tree rounds to float32 and does not accept infinity
        numbers = column.rank(method="dense").to_numpy(float)
    else:
        numbers = pd.factorize(column)[0].astype(float)  # a gap is a category too
    kind = StratifiedKFold if is_classifier(tree) else KFold
    folds = kind(FOLDS, shuffle=True, random_state=0)
    said: np.ndarray = cross_val_predict(tree, numbers.reshape(-1, 1), target, cv=folds)
    return said
