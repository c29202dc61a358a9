"""The corner models of a space: looked at without their weights, then built and trained on one batch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from pipeline.blueprint import Blueprint, loss_of, training_bytes, without_weights
from pipeline.checks import Finding, Level
from pipeline.data import Prepared
from pipeline.errors import one_line
from pipeline.space import Choice, Params, Scalar, Space

MOST: Final = 16
"""So many corners are looked at for the heaviest."""


@final
@dataclass(frozen=True, slots=True)
class Corner:
    """A corner of the space: its whole settings, its parameters, and the bytes that training it takes.

    `foreign` are the classes of its layers that are not Keras's.
    """

    settings: Params
    params: Params
    parameters: int
    bytes: int
    foreign: frozenset[str]

    @property
    def name(self) -> str:
        """Its searched settings, as a person reads them."""
        return ", ".join(f"{name} {value}" for name, value in self.params.items()) or "the one model"


def corners(space: Space) -> list[dict[str, Scalar]]:
    """The lowest point, the highest, and those that differ from the highest in one dimension; at most `MOST`.

    A dimension that the highest lacks is looked at where it applies.
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
    """A corner with its size, for which no memory is asked; whatever the family raises comes through."""
    settings = blueprint.settings(params)
    model = without_weights(lambda: blueprint.model(settings))
    spent = training_bytes(model, int(settings["batch_size"]))
    kinds = {type(layer) for layer in model._flatten_layers(include_self=False)}  # noqa: SLF001
    foreign = frozenset(kind.__name__ for kind in kinds if not kind.__module__.startswith("keras."))
    return Corner(settings, params, int(model.count_params()), spent, foreign)


def try_out(blueprint: Blueprint, prepared: Prepared, free: int | None) -> tuple[list[Finding], int]:
    """What is wrong with the lowest, the highest and the heaviest corner; and the parameters of the heaviest that fits.

    A corner that needs more than the `free` bytes is not built. An error where no corner can be trained.
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
    failed = [finding for corner in tried if (finding := _trained(corner, blueprint, prepared, free))]
    keras.utils.clear_session()
    found += _raised(failed) if len(failed) == len(tried) else failed
    if not failed:
        least, most = min(c.parameters for c in sizes), max(c.parameters for c in sizes)
        memory = f"the heaviest takes about {size(heaviest.bytes)} of memory to train"
        sentence = f"{least:,} to {most:,} parameters; {memory}{f', {size(free)} are free' if free else ''}."
        found.append(Finding(Level.NOTE, "models", sentence))
    return found, max((c.parameters for c in sizes if free is None or c.bytes <= free), default=0)


def size(count: float) -> str:
    """Bytes as a person reads them."""
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= least:
            return f"{count / least:.3g} {unit}"
    return f"{max(count / 1e3, 1):.0f} kB"


def _trained(corner: Corner, blueprint: Blueprint, prepared: Prepared, free: int | None) -> Finding | None:
    """What is wrong with a corner that is built and trained on one batch."""
    if free is not None and corner.bytes > free:
        need = f"takes about {size(corner.bytes)} of memory to train, and {size(free)} are free"
        return Finding(Level.WARNING, f"model with {corner.name}", f"{need}: trials like it will fail.")
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
    """A warning of layers of one's own, whose code a champion does not carry."""
    if not foreign:
        return []
    sentence = f"{', '.join(foreign)}: no layer of Keras's, so that `make predict` and MLflow cannot load the champion."
    return [Finding(Level.WARNING, "layers", sentence)]


def _fails(name: str, error: Exception) -> Finding:
    sentence = f"cannot be trained, and trials like it will fail: {one_line(error)}"
    return Finding(Level.WARNING, f"model with {name}", sentence)


def _raised(findings: list[Finding]) -> list[Finding]:
    """Warnings of every corner are an error."""
    return [Finding(Level.ERROR, finding.subject, finding.sentence) for finding in findings]


def _ends(dimension: object) -> tuple[Scalar, ...]:
    """A range's two ends, or all options, numbers in their order."""
    if isinstance(dimension, Choice):
        numeric = all(isinstance(option, int | float) for option in dimension.options)
        ordered = sorted(dimension.options, key=float) if numeric else dimension.options
        return (ordered[0], ordered[-1]) if numeric else tuple(ordered)
    low, high = getattr(dimension, "low"), getattr(dimension, "high")  # noqa: B009
    return (low, high)
