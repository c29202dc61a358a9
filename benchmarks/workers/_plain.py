"""The Titanic's model as a Keras user writes it, without this project."""

from typing import TYPE_CHECKING, Any, Final

from benchmarks.configurations import plain
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.values.data import Prepared
from pipeline.values.space import Params

if TYPE_CHECKING:
    import keras

BATCH: Final = 32
PATIENCE: Final = 8


def data() -> Prepared:
    """The arrays on which every competitor trains."""
    experiment = plain()
    return preprocess(load(experiment), experiment)


def model(settings: Params, columns: int) -> "keras.Model":
    """A compiled mlp."""
    import keras

    network = keras.Sequential([keras.layers.Input((columns,))])
    for _ in range(int(settings["depth"])):
        network.add(keras.layers.Dense(int(settings["width"]), activation="relu"))
        network.add(keras.layers.Dropout(float(settings["dropout"])))
    network.add(keras.layers.Dense(2, activation="softmax"))
    network.compile(
        keras.optimizers.Adam(float(settings["learning_rate"])), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return network


def fitting(prepared: Prepared, epochs: int) -> dict[str, Any]:
    """The arguments of `fit` besides x and y, with early stopping."""
    import keras

    return {
        "batch_size": BATCH,
        "epochs": epochs,
        "validation_data": (prepared.validation.x, prepared.validation.y),
        "callbacks": [keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)],
        "verbose": 0,
    }
