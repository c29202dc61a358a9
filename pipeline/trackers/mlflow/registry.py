"""Registers a champion's folder in MLflow: a model with signature and input example, a version of the experiment's.

The alias `champion` moves to the new version if it is no worse than the version that has it: `promotion` decides.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

from pipeline.evaluation import champion
from pipeline.evaluation.verdict import figure
from pipeline.trackers.mlflow import dataset, store
from pipeline.trackers.mlflow.promotion import Contender, Decision, decide
from pipeline.values.confirmed import Confirmed
from pipeline.values.events import ChampionRegistered, SearchRecord

if TYPE_CHECKING:
    import pandas as pd

ALIAS = "champion"
CODE = "champion.py"
INPUT = "input.json"
OUTPUT = "output.json"
REQUIREMENTS = "requirements.txt"
OWN = frozenset({CODE, INPUT, OUTPUT, REQUIREMENTS, "__pycache__"})

LOSS: Final = "confirmed"
HALF: Final = "confirmed_half_interval"
METRIC: Final = "confirmed_metric"
"""The tags of a confirmed version: its loss as people read it, half of its 95 % interval, and its name in words."""
DECISION: Final = "decision"
"""The tag of a version that says why it became the champion, or why not."""
REPLACED: Final = "replaced"
"""The tag of a version that names the champion before it; `FIRST` if there was none, `NOTHING` if it did not move."""
FIRST: Final = "0"
NOTHING: Final = "nothing"
DECIDED: Final = "decided"
"""The tag of a version that says for which registration it was decided: when that was recorded, in milliseconds."""
ABSENT: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
"""MLflow's error codes for a name without a registered model, and for a name without this alias."""
T = TypeVar("T")


@final
@dataclass(frozen=True, slots=True)
class Origin:
    """Where a champion comes from: the search and its run, the trial's number and its run, and its confirmed loss."""

    search: SearchRecord
    parent: str
    trial: int
    run: str
    confirmed: Confirmed | None

    def of(self, tags: Mapping[str, str]) -> bool:
        """Whether the tags of a model or a version name this origin.

        A search that is extended may have the same best trial, but another confirmed loss: that is another champion.
        """
        return all(tags.get(name) == self.tags.get(name) for name in ("search", "trial", "run", LOSS))

    @property
    def tags(self) -> dict[str, str]:
        """What is written to the model and to its version; a confirmed loss with half of its 95 % interval."""
        found = {"search": self.search.identity, "trial": str(self.trial), "run": self.run}
        if self.confirmed is None:
            return found
        name, loss = figure(self.confirmed)
        return {**found, LOSS: f"{loss.value:.6g}", HALF: f"{(loss.high - loss.low) / 2:.6g}", METRIC: name}


def register(client: Any, origin: Origin, event: ChampionRegistered, at: int) -> str:
    """Log the model to the search's run, register it, and decide whether it is now the champion.

    What was done before is not done again; `at` is when the event was recorded, in milliseconds. The result is the
    sentence about the decision, empty if there was nothing to decide.
    """
    name = origin.search.experiment
    _name(client, name)
    versions = [v for v in client.search_model_versions(f"name = '{name}'") if origin.of(v.tags)]
    version = versions[0] if versions else _version(client, origin, event.folder)
    present, number = champion_version(client, name), str(version.version)
    holds = str(present.version) if present else FIRST
    tags = version.tags
    if holds != number and int(tags.get(DECIDED, 0)) < at:
        decision = _decision(client, origin, number, present, promote=event.promote)
        tags = {DECISION: decision.sentence, REPLACED: holds if decision.moves else NOTHING, DECIDED: str(at)}
        client.update_model_version(name, number, decision.sentence)
        for tag, value in tags.items():
            client.set_model_version_tag(name, number, tag, value)
    if tags.get(REPLACED) == holds:
        client.set_registered_model_alias(name, ALIAS, number)
    return "" if tags.get(REPLACED) == FIRST else tags.get(DECISION, "")


def champion_version(client: Any, name: str) -> Any | None:
    """The version of a registered model that is the champion, or None."""
    return _unless_absent(lambda: client.get_model_version_by_alias(name, ALIAS))


def search_of(client: Any, version: Any) -> Any | None:
    """The run of the search that a version comes from, or None: a person may have registered it."""
    return _unless_absent(lambda: client.get_run(version.run_id)) if version.run_id else None


def _version(client: Any, origin: Origin, folder: Path) -> Any:
    # Model.log takes no client, nor does the registry when it looks up a model: they use the process's tracking URI
    with store.current(client.tracking_uri):
        model = _model(client, origin, folder)
        source = f"models:/{model}"
        name = origin.search.experiment
        return client.create_model_version(name, source, run_id=origin.parent, tags=origin.tags, model_id=model)


def _decision(client: Any, origin: Origin, number: str, present: Any | None, *, promote: bool) -> Decision:
    if present is None:
        return Decision(True, f"Version {number} is the first champion.")
    new = Contender(number, origin.confirmed, dataset.data(dataset.entity(origin.search.dataset)))
    run = search_of(client, present)
    inputs = run.inputs.dataset_inputs if run else []
    data = dataset.data(inputs[0].dataset) if inputs else None
    logged = _unless_absent(lambda: _logged(client, present))
    return decide(new, Contender(str(present.version), logged, data), promote=promote)


def _logged(client: Any, version: Any) -> Confirmed | None:
    """The confirmed loss that was logged with a version's model."""
    from mlflow.artifacts import download_artifacts, list_artifacts

    folder = f"models:/{version.name}/{version.version}/artifacts"
    with store.current(client.tracking_uri), TemporaryDirectory() as here:
        if not any(Path(file.path).name == champion.CONFIRMED for file in list_artifacts(folder)):
            return None
        return champion.confirmed(Path(download_artifacts(f"{folder}/{champion.CONFIRMED}", dst_path=here)))


def _unless_absent(act: Callable[[], T]) -> T | None:
    """What `act` returns, or None if MLflow does not have what it asks for; a person may have deleted it."""
    from mlflow.exceptions import MlflowException

    try:
        return act()
    except MlflowException as error:
        if error.error_code in ABSENT:
            return None
        raise


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
        # MLflow would load the model to test that it can be served: 3 s of processor time, most of it for Keras
        validate_serving_input=False,
    )
    return str(made.model_id)


@final
class Unserved:
    """MLflow's pyfunc flavor, which is not tested by serving it.

    `Model.log` takes no `validate_serving_input` of its own: it finds it among the arguments of the flavor, and gives
    it to the flavor too. But the flavor refuses it.
    """

    __name__ = "mlflow.pyfunc"

    @staticmethod
    def save_model(*, validate_serving_input: bool, **parts: Any) -> None:  # noqa: ARG004
        """Save the model; `validate_serving_input` was for `Model.log`."""
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
