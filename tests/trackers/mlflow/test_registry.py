from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.trackers.mlflow.retry import Retry
from pipeline.trackers.mlflow.spool import DeliveryState, Spool
from pipeline.trackers.mlflow.store import connect, current, uri
from pipeline.trackers.mlflow.writer import write
from pipeline.values.events import ChampionRegistered, Event, SearchEnded


def test_a_champion_loads_by_its_alias_and_is_registered_once(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    import mlflow

    archive = delivered([*trained(1), *trained(2), ChampionRegistered(champion, 2), SearchEnded()])
    spool = Spool(folder, "one")
    assert spool.owed == 0
    spool.save(DeliveryState())
    write(spool, folder, Retry(0.5, lambda: False))

    client = connect(folder)
    (version,) = client.search_model_versions("name = 'titanic'")
    parent, run = archive.search("one"), archive.trials("one")[1]
    assert parent is not None
    assert version.run_id == parent.info.run_id
    assert version.tags == {"search": "one", "trial": "2", "run": run.info.run_id}
    assert len(client.search_logged_models(["0", run.info.experiment_id])) == 1
    assert list((folder / "artifacts" / "titanic" / "models").glob("*/artifacts/MLmodel"))

    with current(uri(folder)):
        model = mlflow.pyfunc.load_model("models:/titanic@champion")
    assert model.metadata.get_input_schema().input_names() == ["Age", "Ticket", "Bought_at"]
    # a column of whole ages is int64, and with a gap it is float64: the model takes both
    for ages, first in (([1, 2], 11), ([1.5, None], 11.5)):
        asked = pd.DataFrame({"Age": ages, "Ticket": ["113803", "a"], "Bought_at": [None, "x"]})
        assert model.predict(asked)["age"].iloc[0] == first
    example = model.input_example
    assert example["Ticket"].iloc[0] == "113803"
    assert example["Bought_at"].iloc[0] == "2020-01-01"


def test_a_model_that_was_logged_and_not_registered_is_not_logged_again(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    archive = delivered([*trained(1), ChampionRegistered(champion, 1)])
    client = connect(folder)
    client.delete_model_version("titanic", "1")
    (run,), parent = archive.trials("one"), archive.search("one")
    assert parent is not None
    # what a writer leaves behind if it is killed during an upload
    tags = {"search": "one", "trial": "1", "run": run.info.run_id}
    client.create_logged_model(run.info.experiment_id, "half", parent.info.run_id, tags=tags)
    delivered([ChampionRegistered(champion, 1), SearchEnded()])
    (model,) = client.search_logged_models([run.info.experiment_id])
    assert client.get_model_version_by_alias("titanic", "champion").source == f"models:/{model.model_id}"


def test_the_alias_moves_to_a_later_champion(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    delivered([*trained(1), ChampionRegistered(champion, 1), SearchEnded()])
    archive = delivered([*trained(2), ChampionRegistered(champion, 2), SearchEnded()])
    version = connect(folder).get_model_version_by_alias("titanic", "champion")
    assert version.tags["run"] == archive.trials("one")[1].info.run_id
