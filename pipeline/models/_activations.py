"""The activations that a hidden layer may have, by Keras's names."""

from typing import Final

ACTIVATIONS: Final = ("relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear")
