"""Keras's backend, chosen in this one place before Keras is first imported, and where its libraries print."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config.paths import cached


def prepare(backend: str) -> None:
    """Set the environment that Keras and its backends read when they are imported."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cached("jax")))
    # by default, JAX stores only programs that took long to compile; here many small ones take long together
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")


def load() -> None:
    """Import Keras, which takes 2 s on JAX and 6 s on TensorFlow (measured), on the backend that was prepared."""
    import keras  # noqa: F401


@contextmanager
def silent() -> Iterator[None]:
    """Inside this context, everything that the process prints is discarded."""
    with redirected(Path(os.devnull)):
        yield


@contextmanager
def redirected(log: Path) -> Iterator[int]:
    """The terminal's descriptor, while standard output and standard error of the process are appended to `log`."""
    sys.stdout.flush()
    sys.stderr.flush()
    terminal, errors = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield terminal
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(terminal, 1)
        os.dup2(errors, 2)
        os.close(terminal)
        os.close(errors)
