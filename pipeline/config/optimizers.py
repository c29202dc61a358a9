"""Keras's optimizers and the arguments of each, as tables that need no import of Keras."""

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
"""The arguments that every optimizer takes."""

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
"""The further arguments of each optimizer; the keys are the allowed values of `training.optimizer`."""

OPTIMIZERS: Final = tuple(OWN)

NUMBERS: Final = frozenset(number for own in OWN.values() for number in own)
"""The arguments that only some optimizers have."""

NAMES: Final = frozenset({"optimizer", *EVERY, *NUMBERS})
"""All keys of `[training]` about the optimizer: its name, and the arguments of any optimizer."""

CLASSES: Final[Mapping[str, str]] = {
    **{name: name.capitalize() for name in OWN},
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adamw": "AdamW",
}
"""The class in `keras.optimizers` for each name; needed because `keras.optimizers.get` does not know `lamb`."""


def takes(optimizer: str, number: str) -> bool:
    """Whether an optimizer has an argument of this name."""
    return number in EVERY or number in OWN[optimizer]
