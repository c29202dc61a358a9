from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from pipeline.events import ChampionRegistered, Event, SearchEnded
from pipeline.ledgers.mlflow.patience import Patience
from pipeline.ledgers.mlflow.reader import MlflowArchive
from pipeline.ledgers.mlflow.spool import Spool, State
from pipeline.ledgers.mlflow.store import connect, current, uri
from pipeline.ledgers.mlflow.writer import write


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
    spool.save(State())
    write(spool, folder, Patience(0.5, lambda: False))

    client = connect(folder)
    (version,) = client.search_model_versions("name = 'titanic'")
    run = archive.trials("one")[1]
    assert (version.run_id, version.tags["search"], version.tags["trial"]) == (run.info.run_id, "one", "2")
    assert len(client.search_logged_models(["0", run.info.experiment_id])) == 1
    assert list((folder / "artifacts" / "titanic" / "models").glob("*/artifacts/MLmodel"))

    with current(uri(folder)):
        model = mlflow.pyfunc.load_model("models:/titanic@champion")
    types = {column.name: column.type.name for column in model.metadata.get_input_schema()}
    # a whole number may have gaps tomorrow; a number in quotes and a date are text
    assert types == {"Age": "double", "Ticket": "string", "Bought_at": "string"}
    asked = pd.DataFrame({"Age": [1], "Ticket": ["a"], "Bought_at": [None]})
    assert model.predict(asked)["age"].tolist() == [11.0]


def test_a_model_that_was_logged_and_not_registered_is_not_logged_again(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    archive = delivered([*trained(1), ChampionRegistered(champion, 1)])
    client = connect(folder)
    client.delete_model_version("titanic", "1")
    (run,) = archive.trials("one")
    # as a writer leaves it that was killed amid an upload
    client.create_logged_model(run.info.experiment_id, "half", run.info.run_id)
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
    assert version.run_id == archive.trials("one")[1].info.run_id
