"""A champion's folder: all that MLflow needs to load the best model anywhere, without this package."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.evaluation.saving import save
from pipeline.values.confirmed import Confirmed
from pipeline.values.data import Prepared, Transform

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

CODE: Final = Path(__file__).parent / "pyfunc.py"
PACKAGES: Final = ("mlflow", "keras", "tensorflow", "scikit-learn", "pandas", "numpy", "joblib")
CONFIRMED: Final = "confirmed.json"
BATCH: Final = 1024
"""The number of rows that a model answers at once."""
FIRST: Final = 3
"""The input example begins with this number of training rows; more rows show each column with and without a gap."""


def write(folder: Path, model: "keras.Model", prepared: Prepared, confirmed: Confirmed | None = None) -> None:
    """Write the champion's folder as `ChampionRegistered` describes it, with `model` inside."""
    import joblib
    import pandas as pd
    from pydantic import TypeAdapter

    folder.mkdir(parents=True, exist_ok=True)
    transform = prepared.transform
    rows = example(prepared)
    shutil.copyfile(CODE, folder / "champion.py")
    save(model, folder / "model.keras")
    joblib.dump(transform.encoder, folder / "transform.joblib")
    card = {
        "task": prepared.dataset.task.value,
        "target": str(prepared.dataset.target.name),
        "columns": list(transform.columns),
        "numeric": [name for name in transform.columns if pd.api.types.is_numeric_dtype(rows[name])],
        "classes": [_plain(label) for label in transform.classes],
        "mean": transform.mean,
        "scale": transform.scale,
    }
    (folder / "champion.json").write_text(json.dumps(card, indent=2, ensure_ascii=False), encoding="utf-8")
    _rows(rows, folder / "input.json")
    _rows(answers(transform, predict(model, transform.inputs(rows), transform)), folder / "output.json")
    (folder / CONFIRMED).unlink(missing_ok=True)
    if confirmed is not None:
        (folder / CONFIRMED).write_bytes(TypeAdapter(Confirmed).dump_json(confirmed))
    lines = [f"{package}=={version(package)}" for package in PACKAGES]
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def confirmed(path: Path) -> Confirmed | None:
    """The confirmed loss in a file that `write` wrote, or None if there is no file."""
    from pydantic import TypeAdapter

    return TypeAdapter(Confirmed).validate_json(path.read_bytes()) if path.is_file() else None


def predict(model: "keras.Model", x: "np.ndarray", transform: Transform) -> "np.ndarray":
    """A model's probabilities (rows, classes), or its values (rows,) in the target's raw units, both float64.

    The model is called directly: `predict` would first compile it, which takes half a second for each model on JAX.
    """
    import numpy as np
    from keras import ops

    batches = [x[start : start + BATCH] for start in range(0, len(x), BATCH)]
    outputs = np.concatenate(
        [ops.convert_to_numpy(model(batch, training=False)) for batch in batches], dtype=np.float64
    )
    return outputs if transform.classes else outputs[:, 0] * transform.scale + transform.mean


def answers(transform: Transform, predicted: "np.ndarray") -> "pd.DataFrame":
    """Predictions as the served champion gives them: labels with probabilities for all classes, or values."""
    import numpy as np
    import pandas as pd

    if not transform.classes:
        return pd.DataFrame({"prediction": predicted})
    labels = np.array([_plain(label) for label in transform.classes])
    shares = {f"probability_{label}": predicted[:, i] for i, label in enumerate(labels)}
    return pd.DataFrame({"prediction": labels[predicted.argmax(axis=1)], **shares})


def example(prepared: Prepared) -> "pd.DataFrame":
    """Raw training rows: every column has a value in some row, and a gap in some row if it has gaps in training.

    From these rows MLflow infers which columns may be empty.
    """
    import numpy as np

    frame = prepared.dataset.features.iloc[prepared.split.train][list(prepared.transform.columns)]
    gaps = frame.isna().to_numpy()
    firsts = [np.flatnonzero(found)[:1] for column in gaps.T for found in (column, ~column)]
    chosen = np.unique(np.concatenate([np.arange(min(FIRST, len(frame))), *firsts]))
    return frame.iloc[chosen].reset_index(drop=True)


def _rows(frame: "pd.DataFrame", path: Path) -> None:
    frame.to_json(path, orient="split", double_precision=15, date_format="iso")


def _plain(label: Any) -> Any:
    return label.item() if hasattr(label, "item") else label
