"""Encoded numbers: further columns made from each numeric column of a table, with constants fitted on training rows.

Both encodings are from Gorishniy et al. 2022, "On Embeddings for Numerical Features in Tabular Deep Learning"
(https://arxiv.org/abs/2203.05556).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, final

from pipeline.config.experiment import ENCODINGS, STANDARD, Experiment
from pipeline.transforms import NUMERIC
from pipeline.values.data import Prepared
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Int

if TYPE_CHECKING:
    import keras
    import numpy as np

PERIODIC: Final = "periodic"
PERIOD: Final = 8.0
"""The longest period of `periodic`, in standard deviations: from 4 below the mean to 4 above it."""
TOO_FEW: Final = 2
"""A column with at most this number of different values is not encoded: a line through two points is enough."""


@final
@dataclass(frozen=True, slots=True)
class Encoding:
    """Which columns an encoding adds: number j is made from x * `slopes`[j] + `offsets`[j].

    Here x is column `columns`[j] of the transform's output.
    """

    columns: tuple[int, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]


Encodings: TypeAlias = Mapping[tuple[str, int], Encoding]
"""The encoding for each value of `preprocess.numbers` and each number of bins."""


def encodings(prepared: Prepared, experiment: Experiment) -> Encodings:
    """Every encoding that a trial of the experiment may have.

    Raises UserError if the table has no numeric column with more than two different values in its training rows.
    """
    import numpy as np

    x = prepared.train.x.astype(np.float64)
    columns = [i for i in range(_numbers(prepared)) if len(np.unique(x[:, i])) > TOO_FEW]
    if not columns:
        problem = f"needs a numeric column with more than two different values; {prepared.dataset.name} has none."
        raise UserError("preprocess.numbers", problem, f'Write `numbers = "{STANDARD}"`.')
    makers = {name: _periodic if name == PERIODIC else _piecewise for name in ENCODINGS if name != STANDARD}
    return {
        (name, bins): _joined(columns, [make(x[:, i], bins) for i in columns])
        for name, make in makers.items()
        for bins in _all_bins(experiment)
    }


def encoded(inputs: "keras.KerasTensor", name: str, encoding: Encoding) -> "keras.KerasTensor":
    """The columns (rows, added) that an encoding makes from the transform's output (rows, columns)."""
    import keras

    taken = keras.ops.take(inputs, list(encoding.columns), axis=1)
    lines = keras.layers.Rescaling(list(encoding.slopes), list(encoding.offsets))(taken)
    return keras.ops.sin(lines) if name == PERIODIC else keras.layers.ReLU(max_value=1.0)(lines)


def _piecewise(x: "np.ndarray", bins: int) -> "np.ndarray":
    """Slopes and offsets (2, bins) of one column's piecewise-linear encoding.

    The edges b of the bins are quantiles; equal ones count once, so there may be fewer bins. Bin t gives
    (x - b[t-1]) / (b[t] - b[t-1]), cut off at 0 and 1.
    """
    import numpy as np

    edges = np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)))
    slopes = 1 / np.diff(edges)
    return np.stack([slopes, -edges[:-1] * slopes])


def _periodic(x: "np.ndarray", bins: int) -> "np.ndarray":
    """Slopes and offsets (2, 2 * bins) of the arguments of one column's sines; cos(u) is sin(u + pi / 2).

    They give sin and cos of 2 pi c z for the standardized value z. In the paper the frequencies c are trained; here
    they are constants, c = 1, 2, ..., `bins`, divided by `PERIOD`. These are the terms of a Fourier series, so a dense
    layer can form every smooth function between 4 standard deviations below and above the mean. More frequencies make
    finer shapes possible and leave the others as they are.
    """
    import numpy as np

    slopes = np.repeat(2 * np.pi * np.arange(1, bins + 1) / PERIOD, 2) / x.std()
    return np.stack([slopes, np.tile([0, np.pi / 2], bins) - slopes * x.mean()])


def _joined(columns: list[int], lines: "list[np.ndarray]") -> Encoding:
    """One encoding from the slopes and offsets (2, added) of each column."""
    taken = [column for column, (slopes, _) in zip(columns, lines, strict=True) for _ in slopes]
    slopes, offsets = ([float(value) for line in lines for value in line[i]] for i in (0, 1))
    return Encoding(tuple(taken), tuple(slopes), tuple(offsets))


def _numbers(prepared: Prepared) -> int:
    """How many columns of the transform's output are numbers; they come first, before those that mark gaps."""
    encoder = prepared.transform.encoder
    columns = encoder.output_indices_[NUMERIC]  # type: ignore[attr-defined]
    if columns.start == columns.stop:
        return 0
    marks = encoder.named_transformers_[NUMERIC]["simpleimputer"].indicator_  # type: ignore[attr-defined]
    return int(columns.stop - len(marks.features_))


def _all_bins(experiment: Experiment) -> set[int]:
    """Every value of `bins` in a trial, in a listed trial or in the baseline."""
    setting = experiment.preprocess.bins
    match setting:
        case Int(low, high, _, step):
            searched: Iterable[object] = range(low, high + 1, step)
        case Choice(options):
            searched = options
        case _:
            searched = (setting,)
    given = [settings["bins"] for settings in (experiment.baseline, *experiment.search.listed) if "bins" in settings]
    return {bins for bins in (*searched, *given) if isinstance(bins, int)}
