"""Keras's backend, chosen in this one place before Keras is first imported."""

import os


def prepare(backend: str) -> None:
    """Set the environment that Keras and TensorFlow read when they are imported."""
    os.environ["KERAS_BACKEND"] = "tensorflow" if backend == "auto" else backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
