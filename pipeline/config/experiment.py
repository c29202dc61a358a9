"""The sections of an experiment file, as frozen, checked values."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias, final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.config.optimizers import NUMBERS, OPTIMIZERS, takes
from pipeline.config.searchable import Searchable, Setting
from pipeline.values.data import Task
from pipeline.values.errors import UserError, nearest
from pipeline.values.space import Choice, Condition, Dimension, Float, Int, Params, Scalar, Space
from pipeline.values.trial import MOST_FOLDS, Direction

Whole: TypeAlias = int | Int | Choice
Real: TypeAlias = float | Float | Choice
Name: TypeAlias = str | Choice
Flag: TypeAlias = bool | Choice

SCALES: Final = ("standard", "minmax", "robust", "unit_rows", "unit_columns", "none")
STANDARD: Final = "standard"
ENCODINGS: Final = (STANDARD, "piecewise", "periodic")
"""The values of `preprocess.numbers`; `STANDARD` adds no columns."""

Number = Annotated[Real, Searchable(float, least=0)]
Decay = Annotated[Real, Searchable(float, least=0, below=1)]
Switch = Annotated[Flag, Searchable(bool)]
AnyNumber = Annotated[Real, Searchable(float)]


class Section(BaseModel):
    """A section of the file. Unknown keys and wrong types are errors, and its values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@final
class SplitSettings(Section):
    """How the rows are split into three parts. Each part's size is given as a share of all rows."""

    validation: float = Field(0.2, ge=0, lt=1, description="share of the rows for validation")
    test: float = Field(0.2, ge=0, lt=1, description="share of the rows for the test part, used once, at the end")
    stratify: bool = Field(default=True, description="keep the classes' shares the same in all parts")
    seed: int = Field(7, ge=0)


@final
class Columns(Section):
    """Columns by name: `numeric` and `categorical` list all columns to use; `ignore` lists those to leave out."""

    numeric: list[str] = Field(default_factory=list)
    categorical: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)


class Data(Section):
    """`[data]`: a source adds its own keys."""

    source: str
    target: str
    task: Literal["binary", "multiclass", "regression"] | None = Field(
        None, description="left out: inferred from the target"
    )
    columns: list[str] | Columns = Field(
        default_factory=Columns, description="names of the columns to use, or a table of names by kind"
    )
    split: SplitSettings = Field(default_factory=SplitSettings)
    rows: int | None = Field(
        None, ge=1, description="for a quick search: how many rows training and validation get, by the split's seed"
    )


@final
class Preprocess(Section):
    """`[preprocess]`: how missing values are filled, numbers scaled and encoded, and categories encoded.

    Pixels are divided by 255 instead.
    """

    impute: Literal["median", "mean"] = "median"
    scale: Annotated[Name, Searchable(str, allowed=SCALES)] = Field(
        "standard",
        description=(
            "unit_rows and unit_columns divide each row or column by its Euclidean length; "
            "with choices, scaling is a layer of the models"
        ),
    )
    encode: Literal["one-hot"] = "one-hot"
    numbers: Annotated[Name, Searchable(str, allowed=ENCODINGS)] = Field(
        STANDARD,
        description=(
            "standard: only the scaled numbers; piecewise and periodic add columns made from each number of a table, "
            "in a layer of the models"
        ),
    )
    bins: Annotated[Whole, Searchable(int, least=1, most=256)] = Field(
        8, description="into how many bins piecewise divides a column, or how many frequencies periodic uses"
    )


class Model(Section):
    """`[model]`: a family adds its own settings."""

    family: str


@final
class EarlyStopping(Section):
    """`training.early_stopping`: the arguments of Keras's `EarlyStopping`, under the same names."""

    monitor: str = "val_loss"
    patience: Annotated[Whole, Searchable(int, least=0)] = 8
    min_delta: Number = 0.0
    start_from_epoch: Annotated[Whole, Searchable(int, least=0)] = 0
    restore_best_weights: bool = True


@final
class Training(Section):
    """`[training]`: the optimizer, its arguments under Keras's names (left out: Keras's defaults), and the epochs.

    `optimizer` is None if each model is compiled with its own.
    """

    optimizer: Annotated[Name | None, Searchable(str, allowed=OPTIMIZERS)] = "adam"
    batch_size: Annotated[Whole, Searchable(int, least=1)] = 32
    epochs: Annotated[Whole, Searchable(int, least=1)] = 100
    early_stopping: EarlyStopping | Literal[False] = Field(
        default_factory=EarlyStopping, description="false trains every trial to its last epoch"
    )
    engine: Literal["dense", "vectorized", "fit"] = "dense"
    backend: Literal["tensorflow", "jax", "auto"] = "auto"
    learning_rate: Annotated[Real | None, Searchable(float, above=0)] = None
    weight_decay: Number | None = None
    clipnorm: Number | None = None
    clipvalue: Number | None = None
    global_clipnorm: Number | None = None
    use_ema: Switch | None = None
    ema_momentum: Decay | None = None
    momentum: Decay | None = None
    nesterov: Switch | None = None
    rho: Decay | None = None
    epsilon: Number | None = None
    centered: Switch | None = None
    beta_1: Decay | None = None
    beta_2: Decay | None = None
    amsgrad: Switch | None = None
    initial_accumulator_value: Number | None = None
    learning_rate_power: AnyNumber | None = None
    l1_regularization_strength: Number | None = None
    l2_regularization_strength: Number | None = None
    l2_shrinkage_regularization_strength: Number | None = None
    beta: Number | None = None
    beta_2_decay: AnyNumber | None = None
    epsilon_1: Number | None = None
    epsilon_2: Number | None = None
    clip_threshold: Number | None = None
    relative_step: Switch | None = None

    def backend_for(self, fastest: str) -> str:
        """The backend that the file names, or the one on which a model family trains fastest in lanes."""
        if self.backend != "auto":
            return self.backend
        return "tensorflow" if self.engine == "fit" else fastest

    @model_validator(mode="after")
    def _numbers_belong(self) -> "Training":
        chosen = self.optimizer.options if isinstance(self.optimizer, Choice) else (self.optimizer,)
        for number in sorted(NUMBERS):
            if getattr(self, number) is not None and not any(takes(str(o), number) for o in chosen):
                having = ", ".join(o for o in OPTIMIZERS if takes(o, number))
                raise UserError(
                    f"training.{number}",
                    f"{' or '.join(map(str, chosen))} has no such argument.",
                    f"Optimizers that have it: {having}.",
                )
        return self


@final
class SearchSettings(Section):
    """`[search]`: what proposes the trials, the objective, and when the search ends (at the first limit it reaches)."""

    library: Literal["optuna", "keras_tuner", "own"] = "optuna"
    sampler: str = "tpe"
    pruner: str = "none"
    objective: str = "val_loss"
    trials: int = Field(100, ge=1)
    budget: float | None = Field(None, gt=0, description="epochs that the search may use, counted in full trainings")
    minutes: float | None = Field(None, gt=0, description="minutes that the search may take")
    folds: int = Field(
        1,
        ge=1,
        lt=MOST_FOLDS,
        description="on how many folds of training and validation rows each trial is trained; its value is their mean",
    )
    seed: int = Field(7, ge=0, lt=2**32)
    listed: list[dict[str, Scalar]] = Field(
        default_factory=list, description='the trials of `sampler = "listed"`: one table of settings for each'
    )

    @property
    def part(self) -> str:
        """The name of the file in `searches/` that proposes the trials."""
        return self.sampler if self.library == "own" else self.library


@final
class Evaluate(Section):
    """`[evaluate]`: how the search's best settings are confirmed on new folds, and what the champion is made of."""

    confirm: int = Field(6, ge=0, description="how many of the best settings are trained again on folds; 0: none")
    folds: int = Field(4, ge=2, lt=MOST_FOLDS, description="folds of training and validation rows together")
    best: int = Field(3, ge=1, description="how many confirmed settings the champion averages")
    champion: Literal["averaged", "single"] = Field(
        "averaged",
        description=(
            "averaged: the mean of the models of the best settings on all folds; "
            "single: one model of the best setting, trained on all rows"
        ),
    )


@final
class Experiment(Section):
    """A whole experiment, resolved from its file and the command line.

    `baseline` has a value for every setting: from `[baseline]`, else the file's fixed settings, else the family's
    defaults. Each trial of `search.listed` is completed in the same way.
    """

    name: str
    file: str
    data: Data
    preprocess: Preprocess
    model: Model
    training: Training
    search: SearchSettings
    evaluate: Evaluate
    baseline: dict[str, Scalar]

    @property
    def sections(self) -> tuple[Preprocess, Model, Training]:
        """The sections that hold a trial's settings."""
        return (self.preprocess, self.model, self.training)

    @property
    def settings(self) -> dict[str, Setting]:
        """Every setting of a trial by its name in the file, without its section."""
        return flat(*self.sections)

    @property
    def space(self) -> Space:
        """The searched settings, in the file's order."""
        return Space({name: s for name, s in self.settings.items() if isinstance(s, Dimension)})

    @property
    def fixed(self) -> Params:
        """The settings that are the same in every trial."""
        return {name: s for name, s in self.settings.items() if not isinstance(s, Dimension)}

    @property
    def defaults(self) -> Params:
        """The values that a model gets for dimensions with `when`, in trials that these are not part of.

        A dimension whose setting has no default is left out.
        """
        return {
            name: default
            for section, name, setting in placed(*self.sections)
            if isinstance(setting, Dimension) and setting.when
            if (default := type(section).model_fields[name].default) is not None
        }

    @property
    def epochs(self) -> int:
        """The largest number of epochs that a trial can have."""
        epochs = self.training.epochs
        if isinstance(epochs, int):
            return epochs
        most = max(map(int, epochs.options)) if isinstance(epochs, Choice) else epochs.high
        return max(most, int(self.defaults.get("epochs", 0)))

    def check_objective(self, task: Task) -> None:
        """UserError if the training does not measure the objective, or the metric that early stopping monitors."""
        known = measured(task, validation=self.data.split.validation > 0 or self.search.folds > 1)
        stopping = self.training.early_stopping
        wanted = {"search.objective": self.search.objective}
        wanted |= {"training.early_stopping.monitor": stopping.monitor} if stopping else {}
        for field, metric in wanted.items():
            if metric not in known:
                raise UserError(field, f"`{metric}` is not measured in this training.", nearest(metric, known))

    @property
    def direction(self) -> Direction:
        """Whether the objective is minimized or maximized."""
        return Direction.of(self.search.objective)


def measured(task: Task, *, validation: bool) -> tuple[str, ...]:
    """The metrics that training for a task measures in each epoch, under Keras's names."""
    own = ("loss", *task.metrics)
    return (*(f"val_{name}" for name in own), *own) if validation else own


NOT_SETTINGS: Final = frozenset({"family", "engine", "backend", "early_stopping", "monitor", "restore_best_weights"})
"""Keys of `[model]` and `[training]` that are the same in all trials and cannot be searched."""


def flat(preprocess: Preprocess, model: Model, training: Training) -> dict[str, Setting]:
    """The settings of all sections by name, without the section; settings that are not given are left out."""
    return {name: setting for _, name, setting in placed(preprocess, model, training)}


def placed(preprocess: Preprocess, model: Model, training: Training) -> Iterator[tuple[Section, str, Setting]]:
    """Each setting, as its section, its name and its value.

    Of `[preprocess]`, `scale` is a setting of trials if it is searched, `numbers` and `bins` if some trials encode
    numbers. A name that the model and `[training]` both have belongs to the model, which then brings its own optimizer.
    """
    if isinstance(preprocess.scale, Choice):
        yield preprocess, "scale", preprocess.scale
    if preprocess.numbers != STANDARD:
        yield preprocess, "numbers", preprocess.numbers
        yield preprocess, "bins", _of_encodings(preprocess.bins, preprocess.numbers)
    models = type(model).model_fields
    stopping = training.early_stopping or None
    for section in (model, training, stopping):
        for name in type(section).model_fields if section is not None else ():
            value = getattr(section, name)
            brought = section is not model and name in models
            if section is not None and value is not None and name not in NOT_SETTINGS and not brought:
                yield section, name, value


def _of_encodings(bins: Whole, numbers: Name) -> Whole:
    """`bins`; if it is searched, only as a setting of the trials that encode numbers."""
    if isinstance(bins, int) or not (isinstance(numbers, Choice) and STANDARD in numbers.options):
        return bins
    encoded = tuple(option for option in numbers.options if option != STANDARD)
    return replace(bins, when=(*bins.when, Condition("numbers", encoded)))


def without_ranges(section: Section) -> dict[str, Any]:
    """The values that a section fixes; without those searched or not given, which then take their defaults."""
    values: Mapping[str, Any] = {name: getattr(section, name) for name in type(section).model_fields}
    return {name: v for name, v in values.items() if v is not None and not isinstance(v, Dimension)}
