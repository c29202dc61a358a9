"""How a lane runs: its number of slots, mapped or not, with XLA or not, and how much memory it may use."""

from dataclasses import dataclass
from typing import Final, final

import keras

from pipeline.engines import _memory
from pipeline.engines._outline import Outline

SLOTS: Final = 4
"""A lane of 4 slots is as fast per trial as one of 32 (measured, 4 x 128: 5.2 ms against 6.2), and fills sooner."""
SHARE: Final = 0.25
"""The share of the machine's memory that all slots of a lane together may use."""

ROWS_ALONE: Final = (
    "Activation", "AveragePooling1D", "Bidirectional", "Concatenate", "Add", "Conv1D", "Conv2D", "Dense", "Dropout",
    "ELU", "Embedding", "Flatten", "GRU", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D",
    "GlobalMaxPooling2D", "InputLayer", "LSTM", "LayerNormalization", "LeakyReLU", "MaxPooling1D", "MaxPooling2D",
    "ReLU", "Reshape", "SimpleRNN", "Softmax", "LSTMCell", "GRUCell", "SimpleRNNCell", "AveragePooling2D",
    "Rescaling", "UnitNormalization",
)  # fmt: skip
"""Layers that treat each row of a batch separately, so a batch may be filled up with rows that do not count."""


@final
@dataclass(frozen=True, slots=True)
class LanePlan:
    """How a lane runs; with `tail` a partial last batch is a separate step."""

    slots: int
    mapped: bool
    xla: bool
    tail: bool


def plan(outline: Outline, batch: int) -> LanePlan:
    """The plan for models of an outline; MemoryError if not even one fits, ValueError if a lane would be too slow."""
    layers = outline.layers
    tail = not all(type(layer).__name__ in ROWS_ALONE and _regular(layer) for layer in layers)
    needed = _memory.needed(outline.model, batch)
    jax = keras.backend.backend() == "jax"
    if any("Conv" in type(layer).__name__ for layer in layers):
        # measured: XLA's convolutions on the CPU take 50 times as long in a loop as TensorFlow's own
        if jax:
            raise ValueError("convolutions run too slowly in a loop on JAX")
        return LanePlan(1, mapped=False, xla=False, tail=tail)
    recurrent = sum(isinstance(layer, keras.layers.RNN) for layer in layers)
    if recurrent > 1 and not jax:
        # in a mapped program TensorFlow loses the gradient of the sequences between these layers
        return LanePlan(1, mapped=False, xla=False, tail=tail)
    slots = max(1, min(SLOTS, int(_memory.machine() * SHARE / max(needed, 1))))
    return LanePlan(slots, mapped=slots > 1, xla=jax or not recurrent, tail=tail)  # XLA refuses TensorFlow's LSTM


def _regular(layer: keras.layers.Layer) -> bool:
    return getattr(layer, "activity_regularizer", None) is None
