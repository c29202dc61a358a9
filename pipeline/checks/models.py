"""Checks the models at the corners of a space: first without weights, then some built and trained on one batch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, final

from pipeline.checks import Finding, Level
from pipeline.values.blueprint import Blueprint, loss_of, training_bytes, without_weights
from pipeline.values.data import Prepared
from pipeline.values.errors import one_line
from pipeline.values.space import Choice, Params, Scalar, Space

MOST: Final = 16
"""At most this number of corners are compared to find the heaviest, the one that needs most memory."""


@final
@dataclass(frozen=True, slots=True)
class Corner:
    """A corner of the space: all its settings, the searched ones (`params`), and the size of its model.

    `parameters` counts the model's weights, `bytes` is the memory that training it needs, and `foreign` names the
    classes of its layers that are not part of Keras.
    """

    settings: Params
    params: Params
    parameters: int
    bytes: int
    foreign: frozenset[str]

    @property
    def name(self) -> str:
        """Its searched settings as text."""
        return ", ".join(f"{name} {value}" for name, value in self.params.items()) or "no searched settings"


def corners(space: Space) -> list[dict[str, Scalar]]:
    """The lowest point, the highest, and points that differ from the highest in one dimension; at most `MOST`.

    A dimension that does not apply at the highest point is varied at a point where it does.
    """
    ends = {name: _ends(dimension) for name, dimension in space.dimensions.items()}
    low = {name: options[0] for name, options in ends.items()}
    high = {name: options[-1] for name, options in ends.items()}
    near = [
        {**high, **{parent: values[0] for parent, values in space.conditions(name).items()}, name: option}
        for name, options in ends.items()
        for option in options
    ]
    points: list[dict[str, Scalar]] = []
    for whole in (low, high, *near):
        point = {name: whole[name] for name in space.active(whole)}
        if point not in points:
            points.append(point)
    return points[:MOST]


def outlined(blueprint: Blueprint, params: Params) -> Corner:
    """A corner with the size of its model, computed without allocating weights.

    Exceptions of the model family are not caught.
    """
    settings = blueprint.settings(params)
    model = without_weights(lambda: blueprint.model(settings))
    spent = training_bytes(model, int(settings["batch_size"]))
    kinds = {type(layer) for layer in model._flatten_layers(include_self=False)}  # noqa: SLF001
    foreign = frozenset(kind.__name__ for kind in kinds if not kind.__module__.startswith("keras."))
    return Corner(settings, params, int(model.count_params()), spent, foreign)


def try_out(
    blueprint: Blueprint, prepared: Prepared, free: int | None, proven: Callable[[Params], bool] | None = None
) -> tuple[list[Finding], int]:
    """Findings on the lowest, the highest and the heaviest corner, and the largest parameter count that fits.

    A corner that needs more than `free` bytes is not built; None means no limit. Nor is one whose settings are
    `proven` to be trainable. If no corner can be trained, the findings are errors.
    """
    import keras

    found, sizes = [], []
    for params in corners(blueprint.space):
        try:
            sizes.append(outlined(blueprint, params))
        except Exception as error:  # noqa: BLE001  a family may fail in any way
            found.append(_fails(", ".join(f"{k} {v}" for k, v in params.items()), error))
    if not sizes:
        return [*_raised(found)], 0
    found += _unloadable(sorted(frozenset[str]().union(*(corner.foreign for corner in sizes))))
    heaviest = max(sizes, key=lambda corner: corner.bytes)
    tried = list({corner.name: corner for corner in (sizes[0], sizes[min(1, len(sizes) - 1)], heaviest)}.values())
    failed = []
    for corner in tried:
        problem = _lacking(corner, free)
        if problem is None and (proven is None or not proven(corner.settings)):
            problem = _trained(corner, blueprint, prepared)
        failed += [problem] if problem is not None else []
    keras.utils.clear_session()
    found += _raised(failed) if len(failed) == len(tried) else failed
    if not failed:
        least, most = min(c.parameters for c in sizes), max(c.parameters for c in sizes)
        memory = f"the heaviest takes about {size(heaviest.bytes)} of memory to train"
        sentence = f"{least:,} to {most:,} parameters; {memory}{f', {size(free)} are free' if free else ''}."
        found.append(Finding(Level.NOTE, "models", sentence))
    return found, max((c.parameters for c in sizes if free is None or c.bytes <= free), default=0)


def size(count: float) -> str:
    """A number of bytes as text: `46 kB`, `1.09 MB`."""
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= least:
            return f"{count / least:.3g} {unit}"
    return f"{max(count / 1e3, 1):.0f} kB"


def _lacking(corner: Corner, free: int | None) -> Finding | None:
    """The problem of a corner that needs more memory than is free; None if it has none."""
    if free is None or corner.bytes <= free:
        return None
    need = f"takes about {size(corner.bytes)} of memory to train, and {size(free)} are free"
    return Finding(Level.WARNING, f"model with {corner.name}", f"{need}: trials like it will fail.")


def _trained(corner: Corner, blueprint: Blueprint, prepared: Prepared) -> Finding | None:
    """The problem that building a corner and training it on one batch shows; None if there is none."""
    rows = int(corner.settings["batch_size"])
    try:
        model = blueprint.model(corner.settings)
        model.compile(blueprint.optimizer(corner.settings), loss_of(blueprint.output))
        loss = float(model.train_on_batch(prepared.train.x[:rows], prepared.train.y[:rows]))
    except Exception as error:  # noqa: BLE001  a family may fail in any way
        return _fails(corner.name, error)
    if math.isfinite(loss):
        return None
    return Finding(Level.WARNING, f"model with {corner.name}", f"its loss is {loss} after one batch: trials may fail.")


def _unloadable(foreign: Sequence[str]) -> list[Finding]:
    """A warning about a user's own layers: the champion is saved without their code."""
    if not foreign:
        return []
    sentence = f"{', '.join(foreign)}: not part of Keras, so `make predict` and MLflow cannot load the champion."
    return [Finding(Level.WARNING, "layers", sentence)]


def _fails(name: str, error: Exception) -> Finding:
    sentence = f"cannot be trained, and trials like it will fail: {one_line(error)}"
    return Finding(Level.WARNING, f"model with {name}", sentence)


def _raised(findings: list[Finding]) -> list[Finding]:
    """The findings with level error: used if every corner has a warning."""
    return [Finding(Level.ERROR, finding.subject, finding.sentence) for finding in findings]


def _ends(dimension: object) -> tuple[Scalar, ...]:
    """The lowest and highest value of a range or of numeric options; all options if some are not numbers."""
    if isinstance(dimension, Choice):
        numeric = all(isinstance(option, int | float) for option in dimension.options)
        ordered = sorted(dimension.options, key=float) if numeric else dimension.options
        return (ordered[0], ordered[-1]) if numeric else tuple(ordered)
    low, high = getattr(dimension, "low"), getattr(dimension, "high")  # noqa: B009
    return (low, high)
