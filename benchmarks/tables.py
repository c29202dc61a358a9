"""Small tables for the section `trust`: those that packages and this project ship, and generated ones.

Every table has the column `target` and is the same each time. Larger tables are cut to a fixed part of their rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.sources import committed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TARGET: Final = "target"
SEED: Final = 20
LEVEL: Final = 0.3
"""The standard deviation of the noise in `smooth` and `steps`."""
PAGES: Final = ("sections", "images", "external_links", "chars")
"""The columns that both targets of the Wikipedia's table are predicted from, as in this project's experiments."""


@final
@dataclass(frozen=True, slots=True)
class Known:
    """How a table is made; `noise` is the standard deviation of the noise in a regression's target, where known."""

    frame: "Callable[[], pd.DataFrame]"
    noise: float | None = None


def floor(known: Known) -> float | None:
    """The mean squared error of the true function, in units of the target's variance; None where it is not known."""
    return None if known.noise is None else known.noise**2 / float(known.frame()[TARGET].var())


def pure_noise(task: str, seed: int) -> "pd.DataFrame":
    """600 rows of ten normal columns and a target independent of them: two classes, or normal values ("regression")."""
    import numpy as np

    generator = np.random.default_rng(seed)
    x = generator.normal(size=(600, 10))
    return _framed(x, generator.normal(size=600) if task == "regression" else generator.integers(0, 2, 600))


def _framed(x: "np.ndarray", y: "np.ndarray") -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({**{f"x{i}": column for i, column in enumerate(x.T)}, TARGET: y})


def _loaded(name: str, rows: int = 1000) -> "Callable[[], pd.DataFrame]":
    """A table that scikit-learn ships; its first `rows` rows at most."""

    def frame() -> "pd.DataFrame":
        from sklearn import datasets

        return _framed(*getattr(datasets, f"load_{name}")(return_X_y=True)).head(rows)

    return frame


def _made(name: str, **settings: Any) -> "Callable[[], pd.DataFrame]":
    """A table that scikit-learn generates."""

    def frame() -> "pd.DataFrame":
        from sklearn import datasets

        return _framed(*getattr(datasets, f"make_{name}")(random_state=SEED, **settings))

    return frame


def _ours(
    file: str, target: str, columns: tuple[str, ...] = (), rows: int | None = None
) -> "Callable[[], pd.DataFrame]":
    """A table of this project: all columns, or those named; all rows, or `rows` drawn ones."""

    def frame() -> "pd.DataFrame":
        table = committed(file).frame
        table = table[[*columns, target]] if columns else table
        drawn = table.sample(rows, random_state=SEED) if rows else table
        return drawn.rename(columns={target: TARGET})

    return frame


def _smooth() -> "pd.DataFrame":
    import numpy as np

    generator = np.random.default_rng(SEED)
    x = generator.uniform(-1, 1, (800, 8))
    y = np.sin(3 * x[:, 0]) + 2 * x[:, 1] * x[:, 2] + np.exp(x[:, 3]) - x[:, 4] ** 2
    return _framed(x, y + generator.normal(0, LEVEL, len(y)))


def _steps() -> "pd.DataFrame":
    import numpy as np

    generator = np.random.default_rng(SEED)
    x = generator.uniform(-1, 1, (800, 8))
    y = np.floor(2 * x[:, 0]) + np.where(x[:, 1] > 0.3, 1.5, 0) * (x[:, 2] > 0) + np.abs(x[:, 3])
    return _framed(x, y + generator.normal(0, LEVEL, len(y)))


TABLES: Final[Mapping[str, Known]] = {
    "titanic": Known(_ours("titanic.csv", "Survived")),
    "wages": Known(_ours("hourly_wages.csv", "wage_per_hour")),
    "wikipedia, has_ru": Known(
        # without interlanguage_links_all, which together with the other count reveals the target
        _ours("wikipedia_pages.csv", "has_ru", (*PAGES, "internal_links", "interlanguage_links_excl_ru"), 2000)
    ),
    "wikipedia, internal_links": Known(
        _ours("wikipedia_pages.csv", "internal_links", (*PAGES, "interlanguage_links_all"), 2000)
    ),
    "breast_cancer": Known(_loaded("breast_cancer")),
    "wine": Known(_loaded("wine")),
    "digits": Known(_loaded("digits", 800)),
    "diabetes": Known(_loaded("diabetes")),
    "friedman1": Known(_made("friedman1", n_samples=600, noise=1.0), 1.0),
    "friedman2": Known(_made("friedman2", n_samples=600, noise=125.0), 125.0),
    "friedman3": Known(_made("friedman3", n_samples=600, noise=0.1), 0.1),
    "smooth": Known(_smooth, LEVEL),
    "steps": Known(_steps, LEVEL),
    "hastie_10_2": Known(_made("hastie_10_2", n_samples=1200)),
    "moons": Known(_made("moons", n_samples=600, noise=0.3)),
    "10 % wrong labels": Known(
        _made("classification", n_samples=1000, n_informative=5, n_redundant=3, flip_y=0.2, class_sep=1.0)
    ),
}
"""The tables by name. `flip_y` draws new labels for a share of the rows, half of which are right again."""
