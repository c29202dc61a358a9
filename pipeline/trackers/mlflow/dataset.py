"""A search's data set as MLflow keeps it with the search's run, without its rows."""

import json
from typing import Any

from pipeline.values.events import DatasetRecord


def entity(record: DatasetRecord) -> Any:
    """The data set as MLflow's entity; its target is the one column that is not required."""
    from mlflow.entities import Dataset
    from mlflow.utils.validation import MAX_DATASET_DIGEST_SIZE, MAX_DATASET_NAME_SIZE

    columns = [
        {"type": _type(dtype), "name": name, "required": name != record.target}
        for name, dtype in record.columns.items()
    ]
    return Dataset(
        name=record.name[:MAX_DATASET_NAME_SIZE],
        digest=record.digest[:MAX_DATASET_DIGEST_SIZE],
        source_type="local",
        source=json.dumps({"uri": record.source}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps({"num_rows": record.rows, "num_elements": record.rows * len(record.columns)}),
    )


def given(record: DatasetRecord) -> Any:
    """The data set as an input of a run."""
    from mlflow.entities import DatasetInput, InputTag

    return DatasetInput(entity(record), [InputTag("mlflow.data.context", "training")])


def data(found: Any) -> tuple[str, str]:
    """The digest of an entity that `entity` made, as far as MLflow keeps it, and the target's name."""
    columns = json.loads(found.schema or "{}").get("mlflow_colspec", [])
    return found.digest, next((column["name"] for column in columns if not column.get("required", True)), "")


def _type(dtype: str) -> str:
    if dtype.startswith("datetime"):
        return "datetime"
    if dtype.lower().startswith(("int", "uint")):
        return "long"
    return {"float64": "double", "float32": "float", "Float64": "double", "bool": "boolean"}.get(dtype, "string")
