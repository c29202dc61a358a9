"""The optimizers of Keras and the numbers of each, known without importing Keras."""

from collections.abc import Mapping
from typing import Final

EVERY: Final = (
    "learning_rate",
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "ema_momentum",
)
"""The numbers that every optimizer takes."""

OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "sgd": ("momentum", "nesterov"),
    "rmsprop": ("rho", "momentum", "epsilon", "centered"),
    "adam": ("beta_1", "beta_2", "epsilon", "amsgrad"),
    "adamw": ("beta_1", "beta_2", "epsilon", "amsgrad"),
    "adadelta": ("rho", "epsilon"),
    "adagrad": ("initial_accumulator_value", "epsilon"),
    "adamax": ("beta_1", "beta_2", "epsilon"),
    "nadam": ("beta_1", "beta_2", "epsilon"),
    "ftrl": (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    ),
    "lion": ("beta_1", "beta_2"),
    "lamb": ("beta_1", "beta_2", "epsilon"),
    "adafactor": ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step"),
}
"""What each optimizer takes besides; the keys are what `training.optimizer` may say."""

OPTIMIZERS: Final = tuple(OWN)

NUMBERS: Final = frozenset(number for own in OWN.values() for number in own)
"""The numbers that some optimizers have and others have not."""

NAMES: Final = frozenset({"optimizer", *EVERY, *NUMBERS})
"""What `[training]` says of the optimizer: its kind, and every number that one has."""

CLASSES: Final[Mapping[str, str]] = {
    **{name: name.capitalize() for name in OWN},
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adamw": "AdamW",
}
"""The class in `keras.optimizers` of each name; `keras.optimizers.get` does not know `lamb`."""


def takes(optimizer: str, number: str) -> bool:
    """Whether an optimizer has a number of that name."""
    return number in EVERY or number in OWN[optimizer]
