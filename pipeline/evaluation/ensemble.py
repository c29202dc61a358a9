"""Several networks as one Keras model, whose output is the mean of theirs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def averaged(members: "Sequence[keras.Model]", row: tuple[int, ...]) -> "keras.Model":
    """A model whose output is the mean of its members' outputs, for rows of the shape `row`.

    The members are part of it, under new names. It consists of Keras's own layers if they do.
    """
    import keras

    inputs = keras.Input(row)
    for number, member in enumerate(members, start=1):
        member.name = f"member_{number}"
    return keras.Model(inputs, keras.layers.Average()([member(inputs) for member in members]), name="champion")
