"""A hyperparameter-tuning pipeline for Keras: load, preprocess, build, tune, evaluate, with every trial in MLflow."""
