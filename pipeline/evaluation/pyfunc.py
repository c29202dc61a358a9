"""A registered champion as MLflow loads it: raw rows in, labels or values out.

This file is copied into the model. It imports nothing from the pipeline, so that the model loads anywhere.
"""

import json
import os
from pathlib import Path
from typing import Any, final

# Keras and TensorFlow read these once, when they are first imported
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import mlflow
import numpy as np
import pandas as pd
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE


@final
class ChampionModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The best model of a search, with its preprocessing."""

    def load_context(self, context: Any) -> None:
        """Load the network, the fitted transformer and the description of columns and classes."""
        import joblib
        import keras

        files = context.artifacts
        self.known: dict[str, Any] = json.loads(Path(files["champion.json"]).read_text(encoding="utf-8"))
        self.transform = joblib.load(files["transform.joblib"])
        self.model = keras.saving.load_model(files["model.keras"], compile=False)

    def predict(
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Raw rows to the column `prediction` and, for classes, a column `probability_…` for each class.

        Columns that the model does not use are ignored. A gap may be NaN or None. A category that was not in the
        training part counts as none of the known ones. MlflowException if a column is missing, or if it has a value
        that is no number where numbers are needed; a server answers this with status 400.
        """
        rows = self._checked(model_input)
        # the transformer was fitted on rows whose gaps are NaN: None would be a separate category
        texts = sorted({*self.known["columns"]} - {*self.known["numeric"]})
        rows = rows.assign(**{name: rows[name].astype(object).where(rows[name].notna(), np.nan) for name in texts})
        x = np.asarray(self.transform.transform(rows), np.float32)
        outputs = np.asarray(self.model.predict(x, batch_size=1024, verbose=0), np.float64)
        labels = np.array(self.known["classes"])
        if not len(labels):
            values = outputs[:, 0] * self.known["scale"] + self.known["mean"]
            return pd.DataFrame({"prediction": values}, index=rows.index)
        shares = {f"probability_{label}": outputs[:, i] for i, label in enumerate(labels)}
        return pd.DataFrame({"prediction": labels[outputs.argmax(axis=1)], **shares}, index=rows.index)

    def _checked(self, given: pd.DataFrame) -> pd.DataFrame:
        """The columns that the model uses; those that held numbers in training are converted to numbers."""
        missing = [name for name in self.known["columns"] if name not in given]
        if missing:
            raise _wrong(f"missing {'column' if len(missing) == 1 else 'columns'} {', '.join(missing)}.")
        rows = given[self.known["columns"]]
        numbers = {name: pd.to_numeric(rows[name], errors="coerce").astype(float) for name in self.known["numeric"]}
        for name, column in numbers.items():
            wrong = np.flatnonzero(~np.isfinite(column) & rows[name].notna())
            if len(wrong):
                value = rows[name].iloc[wrong[0]]
                raise _wrong(f"column {name} holds `{value}` in row {wrong[0] + 1}, where a number is needed.")
        checked: pd.DataFrame = rows.assign(**numbers)
        return checked


def _wrong(problem: str) -> Exception:
    error: Exception = mlflow.exceptions.MlflowException(problem, error_code=INVALID_PARAMETER_VALUE)
    return error


mlflow.models.set_model(ChampionModel())
