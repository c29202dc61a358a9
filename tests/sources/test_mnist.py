"""MNIST from IDX files or from Keras's cache; without both, an error that says how to get it."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.values.data import Dataset
from pipeline.values.errors import UserError
from tests.sources.conftest import Write

Lay = Callable[..., Path]
PIXELS = np.random.default_rng(0).integers(0, 256, (60, 28, 28), np.uint8)
LABELS = np.tile(np.arange(10, dtype=np.uint8), 6)
TRAIN = 40


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hides this machine's MNIST folder, its cache and its network."""
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Writes a folder with the four IDX files, of 40 and 20 random images."""

    def make(end: str = ".gz", dot: str = "-") -> Path:
        folder = tmp_path / "idx"
        folder.mkdir()
        for part, rows in (("train", slice(0, TRAIN)), ("t10k", slice(TRAIN, None))):
            for kind, magic, values in (("images-idx3", 2051, PIXELS[rows]), ("labels-idx1", 2049, LABELS[rows])):
                head = struct.pack(f">{1 + values.ndim}I", magic, *values.shape)
                content = head + values.tobytes()
                path = folder / f"{part}-{kind.replace('-', dot)}-ubyte{end}"
                path.write_bytes(gzip.compress(content) if end else content)
        return folder

    return make


@pytest.mark.parametrize(("end", "dot"), [(".gz", "-"), ("", "-"), ("", ".")])
def test_idx_files_are_read_packed_or_not_and_the_test_part_is_the_official_one(
    end: str, dot: str, lay: Lay, write: Write
) -> None:
    assert_is_mnist(read(write, path=str(lay(end, dot))))


def test_the_environment_names_the_folder_too(lay: Lay, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DIR", str(lay()))
    assert_is_mnist(read(write))


def test_what_keras_has_downloaded_is_taken(write: Write, tmp_path: Path) -> None:
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    parts = {"x_train": PIXELS[:TRAIN], "y_train": LABELS[:TRAIN], "x_test": PIXELS[TRAIN:], "y_test": LABELS[TRAIN:]}
    np.savez(cache / "mnist.npz", **parts)  # type: ignore[arg-type]
    assert_is_mnist(read(write))


def test_the_split_takes_the_official_test_part_and_so_many_of_the_other_rows(lay: Lay, write: Write) -> None:
    folder = str(lay())
    whole = split(write, path=folder)
    assert whole.split.test.tolist() == list(range(TRAIN, 60))
    assert (len(whole.train), len(whole.validation)) == (20, 20)
    part = split(write, path=folder, rows=20)
    assert part.split.test.tolist() == whole.split.test.tolist()
    assert (len(part.train), len(part.validation)) == (10, 10)
    drawn = np.concatenate([part.split.train, part.split.validation])
    assert np.bincount(LABELS[drawn]).tolist() == [2] * 10, "stratified"
    assert split(write, path=folder, rows=20).split.train.tolist() == part.split.train.tolist()


def test_without_a_network_the_error_names_both_ways_and_the_digits(write: Write) -> None:
    with pytest.raises(UserError) as error:
        read(write)
    text = str(error.value)
    assert "data.source: MNIST is not on this machine, and Keras cannot download it" in text
    assert all(way in text for way in ("network", "`path`", "MNIST_DIR", 'source = "digits"'))
    assert "\n" not in text


def spoilt(folder: Path, how: str) -> None:
    images, labels = folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte.gz"
    match how:
        case "missing":
            images.unlink()
        case "no gzip":
            images.write_bytes(b"<html>")
        case "swapped":
            images.write_bytes(labels.read_bytes())
        case "short":
            images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes())[:-5]))
        case "fewer labels":
            labels.write_bytes((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", "data.path: there is no train-images-idx3-ubyte.gz in"),
        ("no gzip", "cannot be unpacked"),
        ("swapped", "is not an IDX file of images"),
        ("short", "does not match its header, which says 40 rows"),
        ("fewer labels", "the numbers of images and labels in"),
    ],
)
def test_files_that_are_not_whole_are_named(how: str, message: str, lay: Lay, write: Write) -> None:
    folder = lay()
    spoilt(folder, how)
    with pytest.raises(UserError) as error:
        read(write, path=str(folder))
    assert message in str(error.value)
    assert "own.toml" in str(error.value)


def read(write: Write, **data: Any) -> Dataset:
    return load(resolve(str(write(source="mnist", task="multiclass", **data))))


def split(write: Write, **data: Any) -> Any:
    experiment = resolve(str(write(source="mnist", split={"validation": 0.5}, **data)))
    return preprocess(load(experiment), experiment)


def assert_is_mnist(data: Dataset) -> None:
    assert np.array_equal(data.features.to_numpy().reshape(-1, 28, 28), PIXELS)
    assert data.target.tolist() == LABELS.tolist()
    assert (data.form.shape, data.form.test) == ((28, 28, 1), 20)
