"""The 70,000 digits of MNIST, the last 10,000 its official test part: from a user's IDX files or Keras's download."""

import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, final

from pydantic import Field

from pipeline.config.experiment import Data
from pipeline.sources import Table, images
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import numpy as np

HEAVY: Final = True
FOLDER: Final = "MNIST_DIR"
FILES: Final = (
    "train-images-idx3-ubyte",
    "t10k-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-labels-idx1-ubyte",
)
IMAGES, LABELS = 2051, 2049
"""The first four bytes of an IDX file of images, and of one of labels."""
DOWNLOAD: Final = "from keras.datasets import mnist; mnist.load_data()"


@final
class Settings(Data):
    """`[data]` with `source = "mnist"`."""

    source: Literal["mnist"]
    target: str = "digit"
    path: str | None = Field(
        None, description=f"a folder with the four IDX files, .gz or not (left out: ${FOLDER}, else Keras's download)"
    )


def read(settings: Settings) -> Table:
    """Images of 28 by 28 pixels from 0 to 255, 784 columns; UserError if MNIST is not found or not complete."""
    import numpy as np

    folder = settings.path or os.environ.get(FOLDER)
    if folder is not None:
        field = "data.path" if settings.path else FOLDER
        pixels, other, labels, others = (_idx(Path(folder), name, field) for name in FILES)
        if (len(pixels), len(other)) != (len(labels), len(others)):
            raise UserError(field, f"the numbers of images and labels in {folder} differ.", "Download its files again.")
        source = folder
    else:
        source = str(_cached())
        with np.load(source) as file:
            pixels, other, labels, others = (file[name] for name in ("x_train", "x_test", "y_train", "y_test"))
    every = np.concatenate([pixels, other])
    return images(every, np.concatenate([labels, others]), settings.target, source, test=len(other))


def _idx(folder: Path, name: str, field: str) -> "np.ndarray":
    """The array in an IDX file of a folder."""
    import numpy as np

    # some programs unpack these files under names with a dot: train-images.idx3-ubyte
    paths = [folder / f"{stem}{end}" for stem in (name, name.replace("-idx", ".idx")) for end in (".gz", "")]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        problem = f"there is no {name}.gz in {folder} (the current folder is {Path.cwd()})."
        raise UserError(field, problem, f"It must hold {', '.join(FILES)}, each with or without .gz.")
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise UserError(field, f"{path} cannot be unpacked: {error}.", "Download it again.") from None
    axes = 3 if "images" in name else 1
    head = np.frombuffer(content[: 4 * (axes + 1)], ">u4").tolist()
    if len(head) <= axes or head[0] != (IMAGES if axes == 3 else LABELS):
        raise UserError(
            field, f"{path} is not an IDX file of {'images' if axes == 3 else 'labels'}.", "Download it again."
        )
    values = np.frombuffer(content, np.uint8, offset=4 * (axes + 1))
    if len(values) != np.prod(head[1:]):
        raise UserError(field, f"{path} does not match its header, which says {head[1]} rows.", "Download it again.")
    return values.reshape(head[1:])


def _cached() -> Path:
    """MNIST's file in Keras's cache; Keras downloads it if it is missing."""
    path = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets" / "mnist.npz"
    if not path.is_file():
        # in a separate process: an import of Keras here would fix this process's backend
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", DOWNLOAD],
            env={**os.environ, "KERAS_BACKEND": "numpy"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["Keras printed nothing"])[-1]
            problem = f"MNIST is not on this machine, and Keras cannot download it: {reason.strip().rstrip('.')}."
            hint = (
                f"Connect to the network; or name a folder with MNIST's IDX files, with `path` or {FOLDER}; "
                'or use `source = "digits"`, 5,000 digits that need neither.'
            )
            raise UserError("data.source", problem, hint)
    return path
