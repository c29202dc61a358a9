"""Raw rows become arrays: tables scaled as the file says, images and sequences in their shapes."""

import pickle
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import parts
from pipeline.preprocess import preprocess
from pipeline.values.data import Dataset, Form, Prepared, Task
from pipeline.values.errors import UserError
from tests.conftest import Make

Made = Callable[..., Prepared]
SCALES = ("standard", "minmax", "robust", "unit_rows", "unit_columns", "none")


@pytest.fixture
def made(titanic: Make) -> Made:
    """Sixty rows of six pixels or numbers, transformed by the transform of this kind."""

    def make(kind: str = "tabular", shape: tuple[int, ...] = (), scale: str = "standard", **settings: Any) -> Prepared:
        generator = np.random.default_rng(3)
        values = generator.integers(0, 256, (60, 6), np.uint8) if kind == "image" else generator.normal(5, 3, (60, 6))
        frame = pd.DataFrame(values, columns=list("abcdef"))
        target = pd.Series([0, 1] * 30, name="y")
        data = Dataset("d", "memory", frame, target, Task.BINARY, "0", Form(kind, shape))
        return preprocess(data, titanic({"preprocess.scale": scale, **settings}))

    return make


SHAPES: dict[str, tuple[int, ...]] = {"tabular": (), "image": (2, 3, 1), "sequence": (3, 2)}


def test_every_kind_of_transform_is_tried_here() -> None:
    assert set(SHAPES) == set(parts.names("transforms"))


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("scale", SCALES)
def test_rows_come_out_in_their_shape_and_the_encoder_needs_no_code_of_ours(kind: str, scale: str, made: Made) -> None:
    prepared = made(kind, SHAPES[kind], scale)
    assert prepared.train.x.shape == (36, *(SHAPES[kind] or (6,)))
    assert prepared.validation.x.shape[1:] == prepared.train.x.shape[1:]
    assert np.isfinite(prepared.train.x).all()
    content = pickle.dumps(prepared.transform.encoder)
    names = [str(arg) for _, arg, _ in pickletools.genops(content)]
    assert not [name for name in names if name.startswith("pipeline")]
    raw = prepared.dataset.features.iloc[prepared.split.train]
    assert np.array_equal(np.asarray(pickle.loads(content).transform(raw), np.float32), prepared.train.x)


def test_pixels_are_divided_by_255_and_laid_out_row_by_row(made: Made) -> None:
    prepared = made("image", (2, 3, 1))
    raw = prepared.dataset.features.iloc[prepared.split.train].to_numpy()
    np.testing.assert_allclose(prepared.train.x, raw.reshape(-1, 2, 3, 1) / 255, rtol=1e-6)


def test_a_sequence_is_laid_out_step_by_step_and_a_gap_in_it_is_filled(made: Made) -> None:
    prepared = made("sequence", (3, 2), "none")
    raw = prepared.dataset.features.iloc[prepared.split.train]
    np.testing.assert_allclose(prepared.train.x, raw.to_numpy().reshape(-1, 3, 2), rtol=1e-6)
    gap = prepared.transform.inputs(raw.iloc[[0]].assign(b=np.nan))
    assert gap[0, 0, 1] == pytest.approx(raw["b"].median())


def test_unit_columns_have_length_one_over_the_training_rows(made: Made) -> None:
    prepared = made(scale="unit_columns")
    assert np.linalg.norm(prepared.train.x, axis=0) == pytest.approx(1)
    raw = prepared.dataset.features.iloc[prepared.split.train]
    np.testing.assert_allclose(prepared.train.x, raw / np.linalg.norm(raw, axis=0), rtol=1e-6)
    assert np.linalg.norm(prepared.validation.x, axis=0) != pytest.approx(1, abs=1e-3)


def test_unit_rows_have_length_one_whatever_part_they_are_of(made: Made) -> None:
    prepared = made(scale="unit_rows")
    for part in (prepared.train, prepared.validation, prepared.open_test()):
        assert np.linalg.norm(part.x, axis=1) == pytest.approx(1)


def test_unit_columns_bear_gaps_and_columns_of_noughts(titanic: Make) -> None:
    frame = pd.DataFrame({"gaps": [np.nan, 1.0, 2.0] * 20, "noughts": [0.0] * 60, "text": ["a", "b"] * 30})
    data = Dataset("d", "memory", frame, pd.Series([0, 1] * 30, name="y"), Task.BINARY, "0")
    columns = {"data.columns": {"numeric": ["gaps", "noughts"], "categorical": ["text"]}}
    prepared = preprocess(data, titanic({"preprocess.scale": "unit_columns", **columns}))
    assert np.isfinite(prepared.train.x).all()
    assert np.linalg.norm(prepared.train.x[:, 0]) == pytest.approx(1)


@pytest.mark.parametrize("numbers", ["piecewise", ["standard", "periodic"]], ids=str)
@pytest.mark.parametrize("kind", ["image", "sequence"])
def test_only_the_numbers_of_a_table_can_be_encoded(kind: str, numbers: Any, made: Made) -> None:
    with pytest.raises(UserError, match=r"preprocess\.numbers: is .*, but only the numbers of a table can be encoded"):
        made(kind, SHAPES[kind], **{"preprocess.numbers": numbers})


def test_columns_cannot_be_picked_out_of_an_image(made: Made) -> None:
    with pytest.raises(UserError, match=r"data\.columns: selects columns, but an image"):
        made("image", (2, 3, 1), **{"data.columns": ["a", "b"]})


def test_no_validation_part_leaves_arrays_without_rows(made: Made) -> None:
    prepared = made("sequence", (3, 2), **{"data.split.validation": 0.0})
    assert prepared.validation.x.shape == (0, 3, 2)
    assert len(prepared.validation) == 0


@pytest.mark.parametrize("kind", ["image", "sequence"])
def test_only_a_tables_scale_can_be_searched(kind: str, made: Made) -> None:
    with pytest.raises(UserError, match="only the columns of a table"):
        made(kind, SHAPES[kind], **{"preprocess.scale": ["standard", "robust"]})
