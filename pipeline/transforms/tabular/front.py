"""What is computed in front of a model's own layers: its scaling, if it is searched, and its encoded numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

from pipeline.config.experiment import STANDARD, Experiment
from pipeline.transforms.tabular.encoding import Encoding, Encodings, encoded, encodings
from pipeline.transforms.tabular.scaling import Scalings, scaled, scalings
from pipeline.values.data import Prepared
from pipeline.values.space import Choice, Params

if TYPE_CHECKING:
    import keras

Make: TypeAlias = "Callable[[Params, tuple[int, ...]], keras.Model]"
"""Makes a model from its settings and the shape of a row."""


@final
@dataclass(frozen=True, slots=True)
class Front:
    """What is put in front of a search's models, whose rows have the shape `rows`.

    `scalings` is None if the scaling is not searched; `encodings` is empty if no trial encodes numbers.
    """

    rows: tuple[int, ...]
    scalings: Scalings | None
    encodings: Encodings

    def encoding(self, settings: Params) -> Encoding | None:
        """The encoding that the settings name; None if they leave the numbers as they are."""
        if not self.encodings or settings["numbers"] == STANDARD:
            return None
        return self.encodings[str(settings["numbers"]), int(settings["bins"])]

    @property
    def widest(self) -> tuple[int, ...]:
        """The shape of the longest row that a model is given."""
        return _longer(self.rows, max((len(e.columns) for e in self.encodings.values()), default=0))


def front(prepared: Prepared, experiment: Experiment) -> Front:
    """The front of an experiment's models; UserError if it needs numbers that the data does not have."""
    settings = experiment.preprocess
    return Front(
        prepared.train.x.shape[1:],
        scalings(prepared) if isinstance(settings.scale, Choice) else None,
        encodings(prepared, experiment) if settings.numbers != STANDARD else {},
    )


def behind(settings: Params, make: Make, front: Front) -> "keras.Model":
    """The model that `make` makes from `settings`, behind the part of `front` that they name; it may be empty.

    It has only Keras's own layers and operations, so a saved model can be loaded without this package.
    """
    import keras

    encoding = front.encoding(settings)
    model = make(settings, _longer(front.rows, len(encoding.columns) if encoding else 0))
    if encoding is None and front.scalings is None:
        return model
    inputs = keras.Input(front.rows)
    outputs = inputs if front.scalings is None else scaled(inputs, str(settings["scale"]), front.scalings)
    if encoding is not None:
        outputs = keras.layers.Concatenate()([outputs, encoded(inputs, str(settings["numbers"]), encoding)])
    if not isinstance(model, keras.Sequential):
        return keras.Model(inputs, model(outputs))
    for layer in model.layers:  # one by one, so that they are layers of the new model itself
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def _longer(rows: tuple[int, ...], added: int) -> tuple[int, ...]:
    return (*rows[:-1], rows[-1] + added)
