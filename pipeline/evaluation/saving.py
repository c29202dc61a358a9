"""Writes a Keras model to a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.values.blueprint import without_tensorflow

if TYPE_CHECKING:
    import keras


def save(model: "keras.Model", path: Path) -> None:
    """Write a model to `path`, whose name ends in `.keras`; any backend loads it."""
    with without_tensorflow():
        model.save(path)
