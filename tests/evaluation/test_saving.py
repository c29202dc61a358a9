"""A champion is saved without TensorFlow, if nothing else in the process has imported it."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

SAVE = """
import os, sys
from pathlib import Path
os.environ["KERAS_BACKEND"] = sys.argv[1]

from pipeline.build import build
from pipeline.config.read import resolve
from pipeline.evaluation.saving import save
from pipeline.load import load
from pipeline.preprocess import preprocess

experiment = resolve("titanic")
model = build(experiment, preprocess(load(experiment), experiment)).answering(experiment.baseline)
before = "tensorflow" in sys.modules
save(model, Path(sys.argv[2]))
assert ("tensorflow" in sys.modules) == before, "saving has imported TensorFlow"
print(before)
model.save(sys.argv[3])
assert "tensorflow" in sys.modules, "Keras no longer needs `without_tensorflow`: take it out"
"""


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "imported"), [("jax", False), ("tensorflow", True)])
def test_saving_imports_no_tensorflow_and_writes_what_keras_writes(
    backend: str, imported: bool, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours.keras", tmp_path / "theirs.keras"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SAVE, backend, ours, theirs], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(imported)]
    with ZipFile(ours) as mine, ZipFile(theirs) as kerass:
        assert mine.namelist() == kerass.namelist()
        for name in ("config.json", "model.weights.h5"):
            assert mine.read(name) == kerass.read(name), name
