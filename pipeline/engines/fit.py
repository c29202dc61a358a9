"""The engine `fit`: trains one trial at a time with `keras.Model.fit` itself, paused after each epoch.

`fit` is called once per trial, in a separate thread, and waits in a callback after each epoch. A call of `fit` for each
epoch would rebuild the data pipeline every time: 20 epochs of the Titanic took 3.4 s instead of 2.3 s, with the same
losses to the last bit (measured).
"""

import math
import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, final

from pipeline.engines._gradients import Gradients
from pipeline.engines._probes import ROWS, alive, squared_norm, units
from pipeline.values.blueprint import Blueprint, loss_of, summary
from pipeline.values.data import Arrays, Prepared
from pipeline.values.diagnosis import diagnosis
from pipeline.values.errors import one_line
from pipeline.values.trial import Epoch, Fitted, Trial, TrialFailed

if TYPE_CHECKING:
    import keras
    import numpy as np


def create(
    blueprint: Blueprint,
    prepared: Prepared,
    trials: int = 1,  # noqa: ARG001
    ahead: int | None = None,  # noqa: ARG001
) -> "FitEngine":
    """An engine that trains a search's models on prepared data."""
    return FitEngine(blueprint, prepared)


@final
class FitEngine:
    """Trains one trial at a time by calling `model.fit`."""

    capacity = 1

    def __init__(self, blueprint: Blueprint, prepared: Prepared) -> None:
        self._blueprint = blueprint
        self._prepared = prepared
        self._fit: _Fit | None = None

    def start(self, trial: Trial, weights: Fitted | None) -> None:
        import keras

        began = time.perf_counter()
        settings = self._blueprint.settings(trial.params)
        output = self._blueprint.output
        try:
            keras.utils.clear_session()
            keras.utils.set_random_seed(trial.seed)
            model = self._blueprint.model(settings)
            if weights is not None:
                model.set_weights(list(weights.weights))
            optimizer = self._blueprint.optimizer(settings)
            model.compile(optimizer, loss_of(output), metrics=list(output.metrics))
            batch = int(settings["batch_size"])
            train, validation = self._prepared.parts(trial.fold)
            gradients = Gradients(model, optimizer, math.ceil(len(train) / batch))
        except Exception as error:  # a model may raise anything; the search goes on
            raise TrialFailed(trial.number, one_line(error)) from error
        self._fit = _Fit(trial, model, batch, train, validation, gradients)
        self._fit.seconds["build"] = time.perf_counter() - began

    def step(self) -> list[Epoch]:
        if self._fit is None:
            return []
        try:
            return [self._fit.advance()]
        except TrialFailed:
            self._fit = None
            raise

    def keep(self, trial: Trial) -> None:
        fit = self._running(trial)
        fit.kept = tuple(fit.model.get_weights())
        fit.noted = fit.squares

    def stop(self, trial: Trial) -> Fitted:
        fit = self._running(trial)
        fit.end()
        self._fit = None
        if fit.kept is not None:
            fit.model.set_weights(list(fit.kept))
        weights = tuple(fit.model.get_weights())
        about = _diagnosis(fit)
        return Fitted(weights, fit.seconds, fit.model.count_params(), summary(fit.model), about)

    def _running(self, trial: Trial) -> "_Fit":
        if self._fit is None or self._fit.trial != trial:
            raise ValueError(f"trial {trial.number} is not in this engine")
        return self._fit


@final
class _Fit:
    """One call of `fit` in a thread, which waits after each epoch for `advance` or `end`."""

    def __init__(
        self,
        trial: Trial,
        model: "keras.Model",
        batch_size: int,
        train: Arrays,
        validation: Arrays,
        gradients: Gradients,
    ) -> None:
        self.trial = trial
        self.model = model
        self.train = train
        self.validation = validation
        self.kept: tuple[np.ndarray, ...] | None = None
        self.squares: tuple[float, float] | None = None
        """The squared norm of the gradients, as a mean over the last epoch, and that of the weights after it."""
        self.noted: tuple[float, float] | None = None
        """The same for the epoch whose weights are kept."""
        self.seconds: dict[str, float] = {}
        self._gradients = gradients
        self._epoch = trial.initial_epoch
        self._validated = 0.0
        self._batch_size = batch_size
        self._out: SimpleQueue[dict[str, float] | Exception] = SimpleQueue()
        self._go: SimpleQueue[bool] = SimpleQueue()
        self._thread = Thread(target=self._run, name=f"fit of trial {trial.number}", daemon=True)

    def advance(self) -> Epoch:
        began, validated = time.perf_counter(), self._validated
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.put(True)
        got = self._out.get()
        if isinstance(got, Exception):
            raise TrialFailed(self.trial.number, one_line(got)) from got
        self._epoch += 1
        seconds = time.perf_counter() - began
        phase = "train" if "first epoch" in self.seconds else "first epoch"
        validation = self._validated - validated
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds - validation
        self.seconds["validation"] = self.seconds.get("validation", 0.0) + validation
        return Epoch(self.trial.number, self._epoch, got, seconds)

    def end(self) -> None:
        if self._thread.is_alive():
            self._go.put(False)
            self._thread.join()

    def _run(self) -> None:
        import keras

        hold = keras.callbacks.LambdaCallback(
            on_epoch_end=self._hold, on_test_begin=self._time(-1), on_test_end=self._time(1)
        )
        try:
            self.model.fit(
                self.train.x,
                self.train.y,
                batch_size=self._batch_size,
                initial_epoch=self.trial.initial_epoch,
                epochs=self.trial.epochs,
                validation_data=(self.validation.x, self.validation.y) if len(self.validation) else None,
                callbacks=[hold],
                verbose=0,
            )
        except Exception as error:  # noqa: BLE001  passed to `advance`, which ends the trial
            self._out.put(error)

    def _time(self, sign: int) -> Callable[..., None]:
        """A callback for the start (`sign` -1) or the end (1) of validation; both together add its seconds."""

        def add(logs: Any = None) -> None:  # noqa: ARG001
            self._validated += sign * time.perf_counter()

        return add

    def _hold(self, epoch: int, logs: dict[str, Any]) -> None:  # noqa: ARG002
        metrics = {name: float(value) for name, value in logs.items()}
        metrics["learning_rate"] = float(self.model.optimizer.learning_rate)
        self.squares = (self._gradients.mean, float(squared_norm(self.model.trainable_variables)))
        self._out.put(metrics)
        if not self._go.get():
            self.model.stop_training = True


def _diagnosis(fit: _Fit) -> Mapping[str, float]:
    squares = fit.noted or fit.squares
    if squares is None:
        return {}
    rows = fit.validation.x if len(fit.validation) else fit.train.x[:ROWS]
    return diagnosis(*squares, units(fit.model), alive(fit.model, rows))
