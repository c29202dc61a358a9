"""Stage 2: a data set split into three parts, and a transform fitted on the training part."""

import warnings
from typing import TYPE_CHECKING, Any

from pipeline.config import parts
from pipeline.config.experiment import Experiment, SplitSettings
from pipeline.values.data import Arrays, Dataset, Fold, Prepared, Split, Task, Transform
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import numpy as np


def preprocess(dataset: Dataset, experiment: Experiment) -> Prepared:
    """The data set, split by seed before anything is fitted, then transformed; the test part is not touched.

    UserError if the data cannot be split or transformed, or cannot be cut into the folds that the file asks for.
    """
    try:
        split = split_rows(dataset, experiment.data.split, experiment.data.rows)
        _check_folds(split, experiment)
        transform = _fitted(dataset, split, experiment)
    except UserError as error:
        raise error.within(experiment.file) from None
    features, target = dataset.features, dataset.target
    train = transform.arrays(features.iloc[split.train], target.iloc[split.train])
    # scikit-learn refuses to transform a table without rows
    validation = (
        transform.arrays(features.iloc[split.validation], target.iloc[split.validation])
        if len(split.validation)
        else Arrays(train.x[:0], train.y[:0])
    )
    return Prepared(dataset, split, transform, train, validation)


def folded(prepared: Prepared, experiment: Experiment, count: int, seed: int) -> Prepared:
    """The same data with training and validation rows joined, as training part, and cut anew into `count` folds.

    The transform is fitted once on all rows of the training part. UserError if there are too few rows.
    """
    import numpy as np

    split, dataset = prepared.split, prepared.dataset
    rows = np.sort(np.concatenate([split.train, split.validation]))
    joined = Split(rows, split.validation[:0], split.test)
    try:
        transform = _fitted(dataset, joined, experiment)
        strata = dataset.target.iloc[rows].to_numpy() if experiment.data.split.stratify else None
        folds = cut_folds(len(rows), count, seed, strata)
    except UserError as error:
        raise error.within(experiment.file) from None
    train = transform.arrays(dataset.features.iloc[rows], dataset.target.iloc[rows])
    return Prepared(dataset, joined, transform, train, Arrays(train.x[:0], train.y[:0]), folds)


def cut_folds(rows: int, count: int, seed: int, strata: "np.ndarray | None" = None) -> tuple[Fold, ...]:
    """`count` folds of the places 0 to `rows` - 1: each validates on its own places and trains on all others.

    With `strata` (rows,), classes or a target's values, each fold gets places from the whole range of their order: the
    places are sorted by them and every `count` neighbours go to different folds. All folds are equally large. So up to
    `count` - 1 places, drawn by the seed, are in no validation part. UserError if there are fewer rows than folds.
    """
    import numpy as np

    if rows < count:
        raise UserError("data", f"{rows} rows cannot be cut into {count} folds.", "Add rows, or ask for fewer folds.")
    generator = np.random.default_rng(seed)
    dealt = generator.permutation(rows)[: rows - rows % count]
    if strata is not None:
        _, ranks = np.unique(strata, return_inverse=True)
        dealt = dealt[np.argsort(ranks[dealt], kind="stable")]
    hands = generator.permuted(dealt.reshape(-1, count), axis=1)
    parts = [np.sort(hand).astype(np.int32) for hand in hands.T]
    everything = np.arange(rows, dtype=np.int32)
    return tuple(Fold(np.setdiff1d(everything, part), part) for part in parts)


def split_rows(dataset: Dataset, settings: SplitSettings, most: int | None = None) -> Split:
    """Row numbers for training, validation and test; they depend on the labels and the seed, never on features.

    The split is stratified by class if `settings.stratify` is set and the task has classes. A data set's official test
    part replaces `settings.test`. Training and validation together get at most `most` of the other rows. Raises
    UserError if a part or a class is too small.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(dataset.target))
    official = dataset.form.test
    labels = dataset.target.to_numpy() if settings.stratify and dataset.task is not Task.REGRESSION else None

    def cut(pool: Any, size: int) -> tuple[Any, Any]:
        if size == 0:
            return pool, pool[:0]
        strata = None if labels is None else labels[pool]
        rest, part = train_test_split(pool, test_size=size, random_state=settings.seed, stratify=strata)
        return np.sort(rest), np.sort(part)

    try:
        share = 0 if official else round(len(rows) * settings.test)
        rest, test = (rows[:-official], rows[-official:]) if official else cut(rows, share)
        pool = len(rest) if official else len(rows)
        if most is not None and most < len(rest):
            rest, pool = cut(rest, most)[1], most
        size = round(pool * settings.validation)
        if len(rest) - size < 1 or (settings.test and not len(test)) or (settings.validation and not size):
            problem = f"{len(rows)} rows are too few for these shares."
            raise UserError("data.split", problem, "Add rows, or change the shares.")
        train, validation = cut(rest, size)
    except ValueError as error:
        raise UserError("data.split", f"{error}", "Merge rare classes, or set `stratify = false`.") from None
    return Split(train, validation, test)


def _check_folds(split: Split, experiment: Experiment) -> None:
    """UserError if there are fewer rows for training and validation than folds that they will be cut into."""
    rows = len(split.train) + len(split.validation)
    asked = {"search.folds": experiment.search.folds}
    if experiment.evaluate.confirm and (len(split.validation) or experiment.search.folds > 1):
        asked["evaluate.folds"] = experiment.evaluate.folds
    for field, count in asked.items():
        if rows < count:
            problem = f"{rows} rows for training and validation cannot be cut into {count} folds."
            raise UserError(field, problem, f"Add rows, or set `{field}` to {rows} or less.")


def _fitted(dataset: Dataset, split: Split, experiment: Experiment) -> Transform:
    train = dataset.features.iloc[split.train]
    made = parts.transform(dataset.form.kind).ready(train, experiment, dataset.form.shape)
    _check_finite(dataset, made.columns)
    with warnings.catch_warnings():
        # scikit-learn warns of a column without any value in the training part, which it cannot impute
        warnings.simplefilter("ignore", UserWarning)
        made.encoder.fit(train[list(made.columns)])
    if dataset.task is Task.REGRESSION:
        target = dataset.target.iloc[split.train].to_numpy(float)
        scale = float(target.std()) or 1.0
        return Transform(made.encoder, made.columns, mean=float(target.mean()), scale=scale, left_out=made.left_out)
    return Transform(made.encoder, made.columns, classes=_classes(dataset), left_out=made.left_out)


def _check_finite(dataset: Dataset, names: tuple[str, ...]) -> None:
    import numpy as np

    for name in names:
        if dataset.features[name].dtype.kind != "f":
            continue
        rows = np.flatnonzero(np.isinf(dataset.features[name].to_numpy()))
        if len(rows):
            problem = f"column `{name}` is infinite in {len(rows)} rows, the first is row {rows[0] + 1}."
            raise UserError("data", problem, "Write a number, or leave the cell empty.")


def _classes(dataset: Dataset) -> tuple[Any, ...]:
    labels = dataset.target.unique().tolist()
    try:
        return tuple(sorted(labels))
    except TypeError:
        return tuple(sorted(labels, key=str))
