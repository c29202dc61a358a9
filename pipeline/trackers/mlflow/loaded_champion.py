"""Loads a registered champion from MLflow, ready to predict."""

from typing import TYPE_CHECKING, Any, final

from pipeline.trackers.mlflow.registry import champion_version
from pipeline.trackers.mlflow.store import answering, current
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.trackers import Champion

WRONG = "INVALID_PARAMETER_VALUE"
"""The error code with which a champion refuses rows that it cannot take."""


def load(client: Any, name: str) -> "Champion | None":
    """The champion registered under `name`, or None; UserError if MLflow does not answer."""
    import mlflow.pyfunc

    with answering(client):
        version = champion_version(client, name)
    if version is None:
        return None
    # loading takes no client: it uses the tracking URI of the process
    with current(client.tracking_uri):
        return Loaded(str(version.version), mlflow.pyfunc.load_model(f"models:/{name}/{version.version}"))


@final
class Loaded:
    """A champion as `mlflow.pyfunc` loads it."""

    def __init__(self, version: str, model: Any) -> None:
        self.version = version
        self.example: pd.DataFrame = model.input_example
        self._model = model

    def predict(self, rows: "pd.DataFrame") -> "pd.DataFrame":
        from mlflow.exceptions import MlflowException

        # MLflow's own error names missing columns too, but inside a copy of all rows
        missing = [name for name in self.example.columns if name not in rows]
        if missing:
            columns = "column" if len(missing) == 1 else "columns"
            has = ", ".join(map(str, rows.columns[:20]))
            raise UserError("INPUT", f"missing {columns} {', '.join(missing)}.", f"It has: {has}.")
        try:
            answers: pd.DataFrame = self._model.predict(rows[list(self.example.columns)])
        except MlflowException as error:
            if error.error_code != WRONG:
                raise
            raise UserError("INPUT", error.message) from error
        return answers
