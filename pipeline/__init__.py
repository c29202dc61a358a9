"""A hyperparameter-tuning pipeline for Keras: load, preprocess, build, tune, evaluate, with every trial in MLflow."""

__version__ = "0.1.0"
