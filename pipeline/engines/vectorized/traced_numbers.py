"""Turns floats that Keras reads while tracing into data: dropout rates and the numbers of optimizers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, final

from pipeline.engines.vectorized.backends import Tensor

COLUMNS: Final = 2
"""Each number is given twice: as itself, and as 1 minus itself."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Handle:
    """Where a number is stored: an attribute of a layer or an optimizer."""

    owner: Any
    name: str

    @property
    def value(self) -> float:
        return float(vars(self.owner)[self.name])


def numbers(layers: Sequence[Any]) -> list[Handle]:
    """The numbers of a model's layers that can be data: rates of dropout and factors of regularizers, if above 0."""
    import keras

    handles = []
    for layer in layers:
        if type(layer) is keras.layers.Dropout:
            handles.append(Handle(layer, "rate"))
        for part in vars(layer).values():
            if isinstance(part, keras.regularizers.Regularizer):
                handles += [Handle(part, name) for name, value in vars(part).items() if isinstance(value, float)]
    return [handle for handle in handles if handle.value > 0]


@final
class Number:
    """A number above 0 whose value is data; arithmetic with it works as with a tensor.

    `1 - number` is given, not computed: 1 - 0.999 in float32 is 5e-5 off what Keras computes with Python's floats.
    """

    __array_priority__ = 100

    def __init__(self, tensor: Tensor, complement: Tensor) -> None:
        self.tensor = tensor
        self._complement = complement

    def __rsub__(self, other: Any) -> Tensor:
        if isinstance(other, int | float) and other == 1:
            return self._complement
        return other - self.tensor

    def __sub__(self, other: Any) -> Tensor:
        return self.tensor - other

    def __add__(self, other: Any) -> Tensor:
        return self.tensor + other

    __radd__ = __add__

    def __mul__(self, other: Any) -> Tensor:
        return self.tensor * other

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tensor:
        return self.tensor / other

    def __rtruediv__(self, other: Any) -> Tensor:
        return other / self.tensor

    def __neg__(self) -> Tensor:
        return -self.tensor

    def __bool__(self) -> bool:
        return True

    def __gt__(self, other: Any) -> bool:
        return self._sign(other)

    def __ne__(self, other: object) -> bool:
        return self._sign(other)

    def __eq__(self, other: object) -> bool:
        return not self._sign(other)

    __hash__ = object.__hash__

    @staticmethod
    def _sign(other: object) -> bool:
        """Whether the number is above `other`; only known if `other` is 0, else TypeError."""
        if isinstance(other, int | float) and other == 0:
            return True
        raise TypeError(f"a number that differs between trials was compared with {other!r}; only 0 is allowed")


def columns(values: Sequence[float]) -> list[float]:
    """The numbers of one trial as data."""
    return [column for value in values for column in (value, 1.0 - value)]


@contextmanager
def substituted(handles: Sequence[Handle], data: Tensor) -> Iterator[None]:
    """Within this context, `handles` hold the numbers in `data`, (COLUMNS x handles,)."""
    before = [vars(handle.owner)[handle.name] for handle in handles]
    try:
        for i, handle in enumerate(handles):
            # not with setattr, because Keras would track the value
            vars(handle.owner)[handle.name] = Number(data[COLUMNS * i], data[COLUMNS * i + 1])
        yield
    finally:
        for handle, value in zip(handles, before, strict=True):
            vars(handle.owner)[handle.name] = value
