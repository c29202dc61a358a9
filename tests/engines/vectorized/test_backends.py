"""All tests of the engines again on JAX, in a separate process: a process can use only one backend of Keras."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.paths import cached
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from tests.conftest import MEASURED
from tests.engines.conftest import Make, engine, trained, trial

pytestmark = pytest.mark.skipif(os.environ["KERAS_BACKEND"] == "jax", reason="this is the process on JAX")

ON_JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    # most tests compile what another one has compiled before
    "JAX_COMPILATION_CACHE_DIR": str(cached("jax")),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
}
LONGEST = "tests/engines/vectorized/test_parity.py"
OTHERS = ["tests/engines", "--ignore", LONGEST]
SHARES = [[LONGEST], OTHERS, ["tests/contracts/test_engines.py"]]


@pytest.mark.slow
@pytest.mark.parametrize("share", SHARES, ids=["the longest file", "the other files", "the contract"])
def test_all_tests_of_the_engines_pass_on_jax(share: list[str]) -> None:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *share]
    env = os.environ | ON_JAX | (MEASURED if share is OTHERS else {})
    done = subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


PREDICT = """
import sys, numpy as np
from functools import partial
from tests.engines.conftest import SETTINGS, Kind
columns, source, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with np.load(source) as given:
    model = Kind("mlp", columns)(SETTINGS)
    model.set_weights([given[f"arr_{i}"] for i in range(len(given.files) - 1)])
    np.save(target, model.predict(given["x"], verbose=0))
"""


@pytest.mark.slow
def test_weights_trained_here_predict_the_same_on_jax(blueprints: Make, few: Prepared, tmp_path: Path) -> None:
    blueprint: Blueprint = blueprints()
    _, found = trained(engine(blueprint, few), [trial()], epochs=5)[1]
    model = blueprint.model(blueprint.settings({}))
    model.set_weights(list(found.weights))
    np.savez(tmp_path / "given.npz", *found.weights, x=few.validation.x)
    words = ["-c", PREDICT, str(few.train.x.shape[1]), str(tmp_path / "given.npz"), str(tmp_path / "there.npy")]
    subprocess.run([sys.executable, *words], env=os.environ | ON_JAX, check=True)
    here = model.predict(few.validation.x, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "there.npy"), here, atol=1e-5)
