"""Stage 2: a data set split in three, and a transform fitted on its training part."""

import warnings
from typing import Any

from pipeline.data import Dataset, Prepared, Split, Task, Transform
from pipeline.errors import UserError
from pipeline.experiment import Experiment, SplitSettings
from pipeline.transforms import tabular


def preprocess(dataset: Dataset, experiment: Experiment) -> Prepared:
    """The data set split by seed before anything is fitted, then made ready; the test part stays closed."""
    try:
        split = split_rows(dataset, experiment.data.split)
        transform = _fitted(dataset, split, experiment)
    except UserError as error:
        raise error.within(experiment.file) from None
    train, validation = (
        transform.arrays(dataset.features.iloc[rows], dataset.target.iloc[rows])
        for rows in (split.train, split.validation)
    )
    return Prepared(dataset, split, transform, train, validation)


def split_rows(dataset: Dataset, settings: SplitSettings) -> Split:
    """Row numbers for training, validation and test, a function of the labels and the seed alone.

    Stratified by class where `settings.stratify` and the task has classes. UserError where a part or a class is too
    small.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(dataset.target))
    test, validation = (round(len(rows) * share) for share in (settings.test, settings.validation))
    if len(rows) - test - validation < 1 or (settings.test and not test) or (settings.validation and not validation):
        raise UserError("data.split", f"{len(rows)} rows are too few for these shares.", "Give it more rows.")
    labels = dataset.target.to_numpy() if settings.stratify and dataset.task is not Task.REGRESSION else None

    def cut(pool: Any, size: int) -> tuple[Any, Any]:
        if size == 0:
            return pool, pool[:0]
        strata = None if labels is None else labels[pool]
        rest, part = train_test_split(pool, test_size=size, random_state=settings.seed, stratify=strata)
        return np.sort(rest), np.sort(part)

    try:
        rest, test_rows = cut(rows, test)
        train_rows, validation_rows = cut(rest, validation)
    except ValueError as error:
        raise UserError("data.split", f"{error}", "Merge rare classes, or set `stratify = false`.") from None
    return Split(train_rows, validation_rows, test_rows)


def _fitted(dataset: Dataset, split: Split, experiment: Experiment) -> Transform:
    train = dataset.features.iloc[split.train]
    chosen = tabular.choose_columns(train, experiment.data.columns)
    encoder = tabular.encoder(chosen, experiment.preprocess)
    columns = (*chosen.numeric, *chosen.categorical)
    _check_finite(dataset, chosen.numeric)
    with warnings.catch_warnings():
        # a column without any value in the training part is imputed as nothing, which scikit-learn warns of
        warnings.simplefilter("ignore", UserWarning)
        encoder.fit(train[list(columns)])
    if dataset.task is Task.REGRESSION:
        target = dataset.target.iloc[split.train].to_numpy(float)
        scale = float(target.std()) or 1.0
        return Transform(encoder, columns, mean=float(target.mean()), scale=scale, left_out=chosen.left_out)
    return Transform(encoder, columns, classes=_classes(dataset), left_out=chosen.left_out)


def _check_finite(dataset: Dataset, names: tuple[str, ...]) -> None:
    import numpy as np

    for name in names:
        rows = np.flatnonzero(np.isinf(dataset.features[name].to_numpy(float)))
        if len(rows):
            problem = f"column `{name}` is infinite in {len(rows)} rows, the first is row {rows[0] + 1}."
            raise UserError("data", problem, "Write a number, or leave the cell empty.")


def _classes(dataset: Dataset) -> tuple[Any, ...]:
    labels = dataset.target.unique().tolist()
    try:
        return tuple(sorted(labels))
    except TypeError:
        return tuple(sorted(labels, key=str))
