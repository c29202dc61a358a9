"""Registers a champion's folder in MLflow: a model with signature and input example, under the alias `champion`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from pipeline.trackers.mlflow import store
from pipeline.values.events import SearchRecord

if TYPE_CHECKING:
    import pandas as pd

ALIAS = "champion"
CODE = "champion.py"
INPUT = "input.json"
OUTPUT = "output.json"
REQUIREMENTS = "requirements.txt"
OWN = frozenset({CODE, INPUT, OUTPUT, REQUIREMENTS, "__pycache__"})


@final
@dataclass(frozen=True, slots=True)
class Origin:
    """Where a champion comes from: the search and its run, the trial's number and its run."""

    search: SearchRecord
    parent: str
    trial: int
    run: str

    def of(self, tags: Mapping[str, str]) -> bool:
        """Whether the tags of a model or a version name this origin."""
        return all(tags.get(name) == value for name, value in self.tags.items())

    @property
    def tags(self) -> dict[str, str]:
        """What is written to the model and to its version."""
        return {"search": self.search.identity, "trial": str(self.trial), "run": self.run}


def register(client: Any, origin: Origin, folder: Path) -> None:
    """Log the model to the search's run and register it under the experiment's name, unless this was done before."""
    name = origin.search.experiment
    _name(client, name)
    versions = [v for v in client.search_model_versions(f"name = '{name}'") if origin.of(v.tags)]
    if versions:
        version = versions[0].version
    else:
        # Model.log takes no client, nor does the registry when it looks up a model: they use the process's tracking URI
        with store.current(client.tracking_uri):
            model = _model(client, origin, folder)
            made = client.create_model_version(
                name, f"models:/{model}", run_id=origin.parent, tags=origin.tags, model_id=model
            )
        version = made.version
    client.set_registered_model_alias(name, ALIAS, version)


def _name(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _model(client: Any, origin: Origin, folder: Path) -> str:
    """The id of the champion's model, which is logged unless an earlier call has logged it completely."""
    from mlflow.models import Model

    trained = client.get_run(origin.run)
    experiment = trained.info.experiment_id
    for model in client.search_logged_models([experiment], f"source_run_id = '{origin.parent}'"):
        if not origin.of(model.tags):
            continue
        if model.status == "READY":
            return str(model.model_id)
        client.delete_logged_model(model.model_id)  # a writer was killed during its upload
    # made here, because Model.log would put it into the experiment `Default`
    made = client.create_logged_model(experiment, ALIAS, origin.parent, tags=origin.tags, params=trained.data.params)
    example = _rows(folder / INPUT)
    Model.log(
        artifact_path=None,
        model_id=made.model_id,
        flavor=Unserved,
        run_id=origin.parent,
        python_model=str(folder / CODE),
        artifacts={path.name: str(path) for path in sorted(folder.iterdir()) if path.name not in OWN},
        signature=_signature(example, _rows(folder / OUTPUT)),
        input_example=example,
        # without this, MLflow infers them, which takes 13 s
        pip_requirements=(folder / REQUIREMENTS).read_text().splitlines(),
    )
    return str(made.model_id)


@final
class Unserved:
    """MLflow's pyfunc flavor, saved without MLflow's test of serving it, which would need 10 s to import Keras."""

    __name__ = "mlflow.pyfunc"

    @staticmethod
    def save_model(**parts: Any) -> None:
        """Save the model."""
        import mlflow.pyfunc

        mlflow.pyfunc.save_model(**parts)


def _rows(path: Path) -> "pd.DataFrame":
    """A table as it was written; `pandas.read_json` would convert text that looks like a number or a date."""
    import pandas as pd

    table = json.loads(path.read_text())
    return pd.DataFrame(table["data"], columns=table["columns"])


def _signature(example: "pd.DataFrame", output: "pd.DataFrame") -> Any:
    """The signature of the model: its required input columns, of any type, and its output columns.

    MLflow accepts no int64 for a double and no double for a long. But a column of whole ages is int64, and with a
    missing value it is float64. With types inferred from the example, one of the two would be refused.
    """
    from mlflow.models import ModelSignature, infer_signature
    from mlflow.types.schema import AnyType, ColSpec, Schema

    columns = [ColSpec(AnyType(), name, required=True) for name in map(str, example.columns)]
    return ModelSignature(Schema(columns), infer_signature(example, output).outputs)
