"""Writes a Keras model to a file, without importing TensorFlow where the model has nothing to do with it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import keras

SERIALIZER: Final = "keras.src.saving.serialization_lib"
"""The module of Keras that describes a model's layers. It calls TensorFlow `tf`."""


def save(model: "keras.Model", path: Path) -> None:
    """Write a model to `path`, whose name ends in `.keras`; any backend loads it."""
    with without_tensorflow():
        model.save(path)


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """Inside this context, Keras does not import TensorFlow to describe a model's layers.

    For each layer, Keras asks whether it is one of TensorFlow's types (`tf.available and isinstance(…)`). The first
    part of this question imports TensorFlow on every backend: 2 s of processor time and 460 MB, more than all else
    that the saving needs. In a process without TensorFlow, no object can be of its types, so here the answer is no. In
    a process that has imported TensorFlow, nothing changes.
    """
    # Keras has no public way to say this. If a later Keras has no `tf` here, saving still works, but is slow again
    names = vars(sys.modules[SERIALIZER]) if SERIALIZER in sys.modules else {}
    if "tensorflow" in sys.modules or "tf" not in names:
        yield
        return
    given = names["tf"]
    names["tf"] = SimpleNamespace(available=False)
    try:
        yield
    finally:
        names["tf"] = given
