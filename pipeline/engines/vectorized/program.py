"""A lane's epoch as one function: batches in a loop, a trial's step mapped over the slots, then validation."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Final, TypeAlias, final

from keras import ops, tree

from pipeline.engines._probes import ROWS
from pipeline.engines.vectorized.backends import Tensor, Tree
from pipeline.engines.vectorized.step import State, Step

AT_ONCE: Final = ROWS
"""The largest number of rows of the validation part that go through the model at once."""

Slots: TypeAlias = dict[str, Tree]


@final
@dataclass(frozen=True, slots=True)
class Size:
    """How `rows` are divided into batches of `batch`; the last one is padded, or with `tail` a separate step.

    With `folds`, each slot has its own rows for validation.
    """

    rows: int
    validation: int
    batch: int
    tail: bool
    folds: bool

    @property
    def whole(self) -> int:
        """The number of batches in the loop."""
        return self.rows // self.batch if self.tail else -(-self.rows // self.batch)

    @property
    def rest(self) -> int:
        """The number of rows in the step after the loop."""
        return self.rows - self.whole * self.batch if self.tail else 0

    @property
    def steps(self) -> int:
        """The number of all steps of an epoch."""
        return self.whole + (self.rest > 0)

    @property
    def padding(self) -> int:
        """The number of rows that fill up the last batch."""
        return max(self.whole * self.batch - self.rows, 0)


def epoch(step: Step, size: Size, *, mapped: bool) -> Callable[[Slots, Slots, Tree], tuple[Slots, Tensor, Tensor]]:
    """The function (slots, given, data) → slots after an epoch, their measures (K, 2, measures), and their insides.

    The measures are means over the rows, first of the training and then of the validation part. The insides
    (K, 2 + ReLU layers) are for the diagnosis: the mean over the steps of the gradients' squared norm, the weights'
    squared norm, and how many units of each ReLU layer are alive on the validation part, or if there is none on the
    first rows of the training part.

    `slots` holds `state` and `best`, the kept weights; every tensor has a leading axis K. `given` holds what the host
    sends: `numbers`, `sizes`, `order` (K, rows), and `keep` (K,), 1 where the weights before this epoch are to be kept.
    `data` is (x, y, x, y): the training and the validation part. With folds, the rows of all are in the training part,
    `order` holds places in it, and so does `judging` (K, rows): the rows of validation.
    """
    over = ops.vectorized_map if mapped else _unmapped

    def run(slots: Slots, given: Slots, data: Tree) -> tuple[Slots, Tensor, Tensor]:
        x, y, validation_x, validation_y = data
        state = State(*slots["state"])
        weights = [*state.trainable, *state.other]
        best = [_chosen(given["keep"], new, old) for new, old in zip(weights, slots["best"], strict=True)]
        count = given["order"].shape[0]

        def train(state: State, start: Tensor, rows: int) -> tuple[State, Tensor]:
            chosen = ops.slice(given["order"], (0, start), (count, rows))
            counted = ops.cast(ops.arange(rows) + start < size.rows, "float32")
            batch = (ops.take(x, chosen, axis=0), ops.take(y, chosen, axis=0))

            def one(args: Tree) -> Tree:
                state, numbers, sizes, (bx, by) = args
                return step.train(State(*state), numbers, sizes, (bx, by, counted))

            new, sums = over(one, (tuple(state), given["numbers"], given["sizes"], batch))
            return State(*new), sums

        def body(i: Tensor, sums: Tensor, *flat: Tensor) -> Tree:
            new, more = train(State(*tree.pack_sequence_as(tuple(state), list(flat))), i * size.batch, size.batch)
            return (i + 1, sums + more, *tree.flatten(tuple(new)))

        sums = ops.zeros((count, 2 + len(step.metrics)))
        begun = (ops.zeros((), "int32"), sums, *tree.flatten(tuple(state)))
        _, sums, *flat = ops.while_loop(lambda i, *_: i < size.whole, body, begun)
        state = State(*tree.pack_sequence_as(tuple(state), list(flat)))
        if size.rest:
            state, more = train(state, size.whole * size.batch, size.rest)
            sums = sums + more
        measured = [sums[:, :-1] / size.rows]
        insides = [sums[:, -1] / size.steps, sum(_squares(w) for w in state.trainable)]
        if not size.validation:
            validation_x, validation_y = x[:AT_ONCE], y[:AT_ONCE]
        slots_now = (tuple(state), given["numbers"])
        if size.folds:
            batches = _judged_apart(step, slots_now, given["judging"], (x, y), over)
        else:
            batches = _judged(step, slots_now, validation_x, validation_y, over)
        sums, highest = _together(batches)
        if size.validation:
            measured.append(sums / size.validation)
        insides += [ops.sum(ops.cast(values > 0, "float32"), axis=1) for values in highest]
        return {"state": tuple(state), "best": best}, ops.stack(measured, axis=1), ops.stack(insides, axis=1)

    return run


def _judged(step: Step, slots: Tree, x: Tensor, y: Tensor, over: Callable[..., Tree]) -> Iterator[Tree]:
    """For each batch the sums over its rows (K, measures), and the highest value of each ReLU unit by layer (K, units).

    All slots are judged by the same rows.
    """
    for start in range(0, int(x.shape[0]), AT_ONCE):
        batch = (x[start : start + AT_ONCE], y[start : start + AT_ONCE])
        counted = ops.ones((int(batch[1].shape[0]),))
        yield over(lambda s, b=(*batch, counted): step.validate(State(*s[0]), s[1], b), slots)


def _judged_apart(step: Step, slots: Tree, judging: Tensor, data: Tree, over: Callable[..., Tree]) -> Iterator[Tree]:
    """The same as `_judged`, with rows of its own for each slot: `judging` (K, rows) are their places in `data`."""
    for start in range(0, int(judging.shape[1]), AT_ONCE):
        chosen = judging[:, start : start + AT_ONCE]
        batch = tuple(ops.take(part, chosen, axis=0) for part in data)
        counted = ops.ones((int(chosen.shape[1]),))

        def one(args: Tree, counted: Tensor = counted) -> Tree:
            (state, numbers), (x, y) = args
            return step.validate(State(*state), numbers, (x, y, counted))

        yield over(one, (slots, batch))


def _together(batches: Iterable[Tree]) -> tuple[Tensor, list[Tensor]]:
    """The sums over all batches, and the highest value of each ReLU unit in any of them."""
    sums, highest = zip(*batches, strict=True)
    return sum(sums), [reduce(ops.maximum, layer) for layer in zip(*highest, strict=True)]


def _squares(values: Tensor) -> Tensor:
    return ops.sum(ops.square(values), axis=tuple(range(1, len(values.shape))))


def _chosen(keep: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return ops.where(ops.reshape(keep, (-1,) + (1,) * (len(new.shape) - 1)), new, old)


def _unmapped(function: Callable[[Tree], Tree], elements: Tree) -> Tree:
    """`vectorized_map` over one element, without the map."""
    out = function(tree.map_structure(lambda a: a[0], elements))
    return tree.map_structure(lambda a: ops.expand_dims(a, 0), out)
