"""The training of a chain of layers in compiled functions: an epoch, its validation, and which ReLU units are alive.

Numba compiles them once for a machine and keeps the result in the user's cache; where that cannot be written, each
process compiles them in memory. They run without the interpreter's lock, so each thread can train a trial of its own.
They take all numbers of a network as arrays: no network needs a program of its own. All functions are in one file,
because Numba's cache looks only at the file of the function that is called.

Everything follows Keras: its layers' outputs and gradients, and its optimizers' steps.
"""

import math
import os
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar, cast

import numpy as np

from pipeline.config.paths import cached

# read when Numba is imported
os.environ.setdefault("NUMBA_CACHE_DIR", str(cached("numba")))

import numba

Compiled = TypeVar("Compiled", bound=Callable[..., Any])

DENSE: Final = 0
DROPOUT: Final = 1
BATCH_NORMALIZATION: Final = 2
LAYER_NORMALIZATION: Final = 3
RELU: Final = 10
TANH: Final = 11
SIGMOID: Final = 12
ELU: Final = 13
SELU: Final = 14
GELU: Final = 15
SILU: Final = 16
LEAKY_RELU: Final = 17
SOFTPLUS: Final = 18
"""The kinds of steps in a chain. Those from `RELU` on are activations."""

CROSS_ENTROPY: Final = 0
SQUARED_ERROR: Final = 1
"""The losses: of logits against class numbers, and of one value against another."""

SGD: Final = 0
ADAM: Final = 1
RMSPROP: Final = 2
"""The kinds of optimizers. AdamW is Adam with a weight decay."""

SCALE: Final = 1.0507009873554805
ALPHA: Final = 1.6732632423543772
"""The constants of SELU."""
EXACT: Final = {"contract", "nsz", "reassoc"}
"""What LLVM may do to sums. It may not assume that there is no NaN: a diverging trial is known by it."""
SETTINGS: Final[Mapping[str, Any]] = {"nogil": True, "fastmath": EXACT, "error_model": "numpy"}


def compiled(function: Compiled) -> Compiled:
    """The function as machine code, kept in the user's cache if that can be written."""
    try:
        made = numba.njit(cache=True, **SETTINGS)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(**SETTINGS)(function)
    return cast("Compiled", made)


def inner(function: Compiled) -> Compiled:
    """A function that only compiled ones call, and that is kept with them; Python cannot call it."""
    return cast("Compiled", numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **SETTINGS)(function))


class Net(NamedTuple):
    """A chain as arrays.

    `kinds` (steps,). `widths` (steps + 1,): of the input and of each step's output; `starts` (steps + 1,): the sums of
    the widths before each. `places` (steps, 4): where a step's variables begin in the values, or -1: kernel and bias of
    a dense step; gamma, beta and the moving mean and variance of a normalization. `numbers` (steps, 4): of a dense step
    L1 and L2 of its kernel and of its bias; of dropout the rate; of a normalization epsilon and momentum; of other
    steps the slope. `spans` (variables + 1,): where the trainable variables begin, and the end of the last. `first`:
    the first step with variables. `loss`: its kind.
    """

    kinds: np.ndarray
    widths: np.ndarray
    starts: np.ndarray
    places: np.ndarray
    numbers: np.ndarray
    spans: np.ndarray
    first: int
    loss: int


class Work(NamedTuple):
    """Memory for the steps on at most `rows` rows.

    `outputs` and `extras` (rows x sum of the widths,), `factors` (steps, widest row or batch), `deltas`
    (2, rows x widest), `gradients` (trainable values,), `truth` (rows,).
    """

    rows: int
    outputs: np.ndarray
    extras: np.ndarray
    factors: np.ndarray
    deltas: np.ndarray
    gradients: np.ndarray
    truth: np.ndarray


class Rows(NamedTuple):
    """Data `x` (all rows, columns) and `y` (all rows,), and the numbers of the rows to take, in such batches."""

    x: np.ndarray
    y: np.ndarray
    order: np.ndarray
    batch: int


class Rule(NamedTuple):
    """An optimizer: its kind, its numbers, and what it remembers of each trainable value (3, values).

    `numbers`: learning rate, weight decay, clipvalue, clipnorm, global_clipnorm (each 0 if there is none), momentum or
    beta_1, beta_2 or rho, epsilon, and 1 for nesterov, amsgrad or centered.
    """

    kind: int
    numbers: np.ndarray
    memory: np.ndarray


class Moment(NamedTuple):
    """The random key of an epoch, below 2**32, and the number of steps that the optimizer has made before it."""

    key: int
    steps: int


@compiled
def epoch(net: Net, rule: Rule, values: np.ndarray, work: Work, rows: Rows, moment: Moment) -> np.ndarray:
    """Train for an epoch; `values` (all variables,) change in place.

    The result (3,) are the means over the rows of the loss, with the penalties of regularizers, and of the metric
    (accuracy or absolute error), and the mean over the steps of the gradients' squared norm.
    """
    sums = np.zeros(3)
    count, step = rows.order.size, 0
    for start in range(0, count, rows.batch):
        size = min(rows.batch, count - start)
        _gather(net, work, rows, start, size)
        _forward(net, values, work, size, _mixed(np.uint32(moment.key + step)), True)
        _compare(net, work, size, sums)
        sums[0] += _penalty(net, values) * size
        _backward(net, values, work, size)
        sums[2] += _update(net, rule, values, work, moment.steps + step + 1)
        step += 1
    sums[0] /= count
    sums[1] /= count
    sums[2] /= step
    return sums


@compiled
def judge(net: Net, values: np.ndarray, work: Work, rows: Rows) -> np.ndarray:
    """The means (2,) over the rows of the loss, with the penalties of regularizers, and of the metric, in inference."""
    sums = np.zeros(3)
    count = rows.order.size
    for start in range(0, count, rows.batch):
        size = min(rows.batch, count - start)
        _gather(net, work, rows, start, size)
        _forward(net, values, work, size, np.uint32(0), False)
        _compare(net, work, size, sums)
    return np.array([sums[0] / count + _penalty(net, values), sums[1] / count])


@compiled
def alive(net: Net, values: np.ndarray, work: Work, rows: Rows) -> np.ndarray:
    """How many units of each step (steps,) give something above 0 for any of the rows."""
    found = np.zeros(net.kinds.size, np.int64)
    count = rows.order.size
    seen = np.zeros(net.starts[-1] + net.widths[-1], np.bool_)
    for start in range(0, count, rows.batch):
        size = min(rows.batch, count - start)
        _gather(net, work, rows, start, size)
        _forward(net, values, work, size, np.uint32(0), False)
        for step in range(net.kinds.size):
            output = _output(net, work, step + 1, size)
            for i in range(size):
                for j in range(output.shape[1]):
                    if output[i, j] > 0:
                        seen[net.starts[step + 1] + j] = True
    for step in range(net.kinds.size):
        for j in range(net.widths[step + 1]):
            found[step] += seen[net.starts[step + 1] + j]
    return found


@inner
def _output(net: Net, work: Work, step: int, size: int) -> np.ndarray:
    """What enters step `step` (size, width): the output of the step before it, or the input."""
    start, width = net.starts[step] * work.rows, net.widths[step]
    return work.outputs[start : start + size * width].reshape(size, width)


@inner
def _extra(net: Net, work: Work, step: int, size: int) -> np.ndarray:
    """What a step notes for its way back (size, width)."""
    start, width = net.starts[step + 1] * work.rows, net.widths[step + 1]
    return work.extras[start : start + size * width].reshape(size, width)


@inner
def _kernel(net: Net, values: np.ndarray, step: int) -> np.ndarray:
    """The kernel of a dense step (width before, width)."""
    start, before, width = net.places[step, 0], net.widths[step], net.widths[step + 1]
    return values[start : start + before * width].reshape(before, width)


@inner
def _gather(net: Net, work: Work, rows: Rows, start: int, size: int) -> None:
    """Copy a batch to where the first step takes it."""
    into = _output(net, work, 0, size)
    for i in range(size):
        row = rows.order[start + i]
        work.truth[i] = rows.y[row]
        for j in range(into.shape[1]):
            into[i, j] = rows.x[row, j]


@inner
def _forward(net: Net, values: np.ndarray, work: Work, size: int, key: np.uint32, training: bool) -> None:  # noqa: FBT001
    """The outputs of all steps."""
    for step in range(net.kinds.size):
        kind = net.kinds[step]
        given, made = _output(net, work, step, size), _output(net, work, step + 1, size)
        if kind == DENSE:
            np.dot(given, _kernel(net, values, step), made)
            bias = net.places[step, 1]
            if bias >= 0:
                for i in range(size):
                    for j in range(made.shape[1]):
                        made[i, j] += values[bias + j]
        elif kind == DROPOUT:
            if training:
                _drop(
                    given,
                    made,
                    _extra(net, work, step, size),
                    net.numbers[step, 0],
                    _mixed(np.uint32(key + np.uint32(step))),
                )
            else:
                made[:] = given
        elif kind == BATCH_NORMALIZATION:
            _normalize_batch(net, values, work, size, step, training)
        elif kind == LAYER_NORMALIZATION:
            _normalize_rows(net, values, work, size, step)
        else:
            _activate(kind, given, made, net.numbers[step, 0])


@inner
def _drop(given: np.ndarray, made: np.ndarray, mask: np.ndarray, rate: float, key: np.uint32) -> None:
    """Set a share of the values to 0 and raise the others; the mask holds the factors."""
    keep = given.dtype.type(1.0 / (1.0 - rate))
    limit = np.uint32(rate * 4294967296.0)
    width = given.shape[1]
    for i in range(given.shape[0]):
        first = np.uint32(key + np.uint32(i * width))
        for j in range(width):
            factor = keep if _mixed(np.uint32(first + np.uint32(j))) >= limit else given.dtype.type(0)
            mask[i, j] = factor
            made[i, j] = given[i, j] * factor


@inner
def _mixed(x: np.uint32) -> np.uint32:
    """The hash `lowbias32` of a whole number: https://nullprogram.com/blog/2018/07/31/."""
    x = np.uint32(x ^ (x >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x7FEB352D))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16)))


@inner
def _activate(kind: int, given: np.ndarray, made: np.ndarray, slope: float) -> None:
    if kind == RELU:
        for i in range(given.shape[0]):
            for j in range(given.shape[1]):
                made[i, j] = max(given[i, j], given.dtype.type(0))
        return
    for i in range(given.shape[0]):
        for j in range(given.shape[1]):
            made[i, j] = _activation(kind, given[i, j], slope)


@inner
def _activation(kind: int, z: float, slope: float) -> float:
    if kind == TANH:
        return math.tanh(z)
    if kind == SIGMOID:
        return _sigmoid(z)
    if kind == ELU:
        return z if z > 0 else slope * math.expm1(z)
    if kind == SELU:
        return SCALE * (z if z > 0 else ALPHA * math.expm1(z))
    if kind == GELU:
        return 0.5 * z * (1 + math.erf(z / math.sqrt(2)))
    if kind == SILU:
        return z * _sigmoid(z)
    if kind == LEAKY_RELU:
        return z if z > 0 else slope * z
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))  # softplus


@inner
def _slope(kind: int, z: float, y: float, slope: float) -> float:
    """The derivative of an activation other than ReLU at z, where its value is y."""
    if kind == TANH:
        return 1 - y * y
    if kind == SIGMOID:
        return y * (1 - y)
    if kind == GELU:
        density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        return 0.5 * (1 + math.erf(z / math.sqrt(2))) + z * density
    if kind == SILU:
        share = _sigmoid(z)
        return share * (1 + z * (1 - share))
    if kind == SOFTPLUS:
        return _sigmoid(z)
    return _slope_of_pieces(kind, z, y, slope)


@inner
def _slope_of_pieces(kind: int, z: float, y: float, slope: float) -> float:
    """The same for activations that are a line above 0."""
    if kind == SELU:
        return SCALE if z > 0 else y + SCALE * ALPHA
    if z > 0:
        return 1.0
    return y + slope if kind == ELU else slope  # else it is a leaky ReLU


@inner
def _sigmoid(z: float) -> float:
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    small = math.exp(z)
    return small / (1 + small)


@inner
def _normalize_batch(net: Net, values: np.ndarray, work: Work, size: int, step: int, training: bool) -> None:  # noqa: FBT001
    given, made = _output(net, work, step, size), _output(net, work, step + 1, size)
    noted, (gamma, beta, means, variances) = _extra(net, work, step, size), net.places[step]
    epsilon, momentum = net.numbers[step, 0], net.numbers[step, 1]
    for j in range(given.shape[1]):
        mean, variance = float(values[means + j]), float(values[variances + j])
        if training:
            mean, variance = 0.0, 0.0
            for i in range(size):
                mean += given[i, j]
            mean /= size
            for i in range(size):
                variance += (given[i, j] - mean) ** 2
            variance /= size
            values[means + j] = values[means + j] * momentum + mean * (1 - momentum)
            values[variances + j] = values[variances + j] * momentum + variance * (1 - momentum)
        inverse = 1 / math.sqrt(variance + epsilon)
        work.factors[step, j] = inverse
        scale = values[gamma + j] if gamma >= 0 else 1.0
        shift = values[beta + j] if beta >= 0 else 0.0
        for i in range(size):
            noted[i, j] = (given[i, j] - mean) * inverse
            made[i, j] = noted[i, j] * scale + shift


@inner
def _normalize_rows(net: Net, values: np.ndarray, work: Work, size: int, step: int) -> None:
    given, made = _output(net, work, step, size), _output(net, work, step + 1, size)
    noted, gamma, beta = _extra(net, work, step, size), net.places[step, 0], net.places[step, 1]
    width = given.shape[1]
    for i in range(size):
        mean, variance = 0.0, 0.0
        for j in range(width):
            mean += given[i, j]
        mean /= width
        for j in range(width):
            variance += (given[i, j] - mean) ** 2
        inverse = 1 / math.sqrt(variance / width + net.numbers[step, 0])
        work.factors[step, i] = inverse
        for j in range(width):
            noted[i, j] = (given[i, j] - mean) * inverse
            scale = values[gamma + j] if gamma >= 0 else 1.0
            made[i, j] = noted[i, j] * scale + (values[beta + j] if beta >= 0 else 0.0)


@inner
def _compare(net: Net, work: Work, size: int, sums: np.ndarray) -> None:
    """Add a batch's losses and metrics to `sums`, and write the gradient of its mean loss into the first delta."""
    last = net.kinds.size
    answers, width = _output(net, work, last, size), net.widths[last]
    delta = work.deltas[0, : size * width].reshape(size, width)
    for i in range(size):
        if net.loss == SQUARED_ERROR:
            error = answers[i, 0] - work.truth[i]
            sums[0] += error * error
            sums[1] += abs(error)
            delta[i, 0] = 2 * error / size
            continue
        truth, best = int(work.truth[i]), 0
        for j in range(1, width):
            if answers[i, j] > answers[i, best]:
                best = j
        highest, total = answers[i, best], 0.0
        for j in range(width):
            delta[i, j] = math.exp(answers[i, j] - highest)
            total += delta[i, j]
        sums[0] += math.log(total) + highest - answers[i, truth]
        sums[1] += best == truth
        for j in range(width):
            delta[i, j] = (delta[i, j] / total - (1.0 if j == truth else 0.0)) / size


@inner
def _penalty(net: Net, values: np.ndarray) -> float:
    """What the regularizers add to the loss."""
    found = 0.0
    for step in range(net.kinds.size):
        if net.kinds[step] != DENSE:
            continue
        width = net.widths[step + 1]
        for part, size in ((0, net.widths[step] * width), (1, width)):
            start, one, two = net.places[step, part], net.numbers[step, 2 * part], net.numbers[step, 2 * part + 1]
            if start >= 0 and (one or two):
                for i in range(start, start + size):
                    found += one * abs(values[i]) + two * values[i] * values[i]
    return found


@inner
def _backward(net: Net, values: np.ndarray, work: Work, size: int) -> None:
    """The gradients of all trainable values."""
    now = 0
    for step in range(net.kinds.size - 1, net.first - 1, -1):
        width = net.widths[step + 1]
        delta = work.deltas[now, : size * width].reshape(size, width)
        if net.kinds[step] != DENSE:
            _back_through(net, values, work, step, delta)
            continue
        _gradients_of_dense(net, values, work, step, delta)
        if step > net.first:
            before = net.widths[step]
            now = 1 - now
            earlier = work.deltas[now, : size * before].reshape(size, before)
            np.dot(delta, _kernel(net, values, step).T, earlier)


@inner
def _back_through(net: Net, values: np.ndarray, work: Work, step: int, delta: np.ndarray) -> None:
    """Turn the gradient of a step's output into that of its input, in place."""
    kind, size = net.kinds[step], delta.shape[0]
    if kind == BATCH_NORMALIZATION:
        _back_through_batch(net, values, work, step, delta)
    elif kind == LAYER_NORMALIZATION:
        _back_through_rows(net, values, work, step, delta)
    elif kind == DROPOUT:
        mask = _extra(net, work, step, size)
        for i in range(size):
            for j in range(delta.shape[1]):
                delta[i, j] *= mask[i, j]
    elif kind == RELU:
        _pass_where_positive(_output(net, work, step + 1, size), delta)
    else:
        given, made = _output(net, work, step, size), _output(net, work, step + 1, size)
        for i in range(size):
            for j in range(delta.shape[1]):
                delta[i, j] *= _slope(kind, given[i, j], made[i, j], net.numbers[step, 0])


@inner
def _pass_where_positive(made: np.ndarray, delta: np.ndarray) -> None:
    nothing = delta.dtype.type(0)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            delta[i, j] = delta[i, j] if made[i, j] > nothing else nothing


@inner
def _gradients_of_dense(net: Net, values: np.ndarray, work: Work, step: int, delta: np.ndarray) -> None:
    size, width = delta.shape
    given, start, bias = _output(net, work, step, size), net.places[step, 0], net.places[step, 1]
    np.dot(given.T, delta, _kernel(net, work.gradients, step))
    if bias >= 0:
        for j in range(width):
            work.gradients[bias + j] = 0
        for i in range(size):
            for j in range(width):
                work.gradients[bias + j] += delta[i, j]
    for part, first, count in ((0, start, net.widths[step] * width), (1, bias, width)):
        one, two = net.numbers[step, 2 * part], net.numbers[step, 2 * part + 1]
        if first >= 0 and (one or two):
            for i in range(first, first + count):
                work.gradients[i] += one * np.sign(values[i]) + 2 * two * values[i]


@inner
def _back_through_batch(net: Net, values: np.ndarray, work: Work, step: int, delta: np.ndarray) -> None:
    size, width = delta.shape
    noted, gamma, beta = _extra(net, work, step, size), net.places[step, 0], net.places[step, 1]
    for j in range(width):
        total, along = 0.0, 0.0
        for i in range(size):
            total += delta[i, j]
            along += delta[i, j] * noted[i, j]
        if gamma >= 0:
            work.gradients[gamma + j] = along
        if beta >= 0:
            work.gradients[beta + j] = total
        factor = work.factors[step, j] * (values[gamma + j] if gamma >= 0 else 1.0)
        for i in range(size):
            delta[i, j] = factor * (delta[i, j] - (total + noted[i, j] * along) / size)


@inner
def _back_through_rows(net: Net, values: np.ndarray, work: Work, step: int, delta: np.ndarray) -> None:
    size, width = delta.shape
    noted, gamma, beta = _extra(net, work, step, size), net.places[step, 0], net.places[step, 1]
    for j in range(width):
        if gamma >= 0:
            work.gradients[gamma + j] = 0
        if beta >= 0:
            work.gradients[beta + j] = 0
    for i in range(size):
        total, along = 0.0, 0.0
        for j in range(width):
            if gamma >= 0:
                work.gradients[gamma + j] += delta[i, j] * noted[i, j]
                delta[i, j], given = delta[i, j] * values[gamma + j], delta[i, j]
            else:
                given = delta[i, j]
            if beta >= 0:
                work.gradients[beta + j] += given
            total += delta[i, j]
            along += delta[i, j] * noted[i, j]
        for j in range(width):
            delta[i, j] = work.factors[step, i] * (delta[i, j] - (total + noted[i, j] * along) / width)


@inner
def _update(net: Net, rule: Rule, values: np.ndarray, work: Work, steps: int) -> float:
    """A step of the optimizer, its `steps`-th; the squared norm of the gradients before they are clipped."""
    gradients, end = work.gradients, net.spans[-1]
    norm = _clip(net, rule, gradients)
    rate, decay = rule.numbers[0], rule.numbers[1]
    if decay:
        rest = values.dtype.type(1 - decay * rate)
        for i in range(end):
            values[i] *= rest
    if rule.kind == SGD:
        _step_of_sgd(rule, values, gradients, end)
    elif rule.kind == ADAM:
        _step_of_adam(rule, values, gradients, end, steps)
    else:
        _step_of_rmsprop(rule, values, gradients, end)
    return norm


@inner
def _clip(net: Net, rule: Rule, gradients: np.ndarray) -> float:
    """Clip the gradients as the optimizer says; their squared norm before."""
    norm = float(np.dot(gradients, gradients))
    by_value, by_norm, all_together = rule.numbers[2], rule.numbers[3], rule.numbers[4]
    if by_norm:
        for k in range(net.spans.size - 1):
            own = gradients[net.spans[k] : net.spans[k + 1]]
            size = math.sqrt(np.dot(own, own))
            if size > by_norm:
                own *= own.dtype.type(by_norm / size)
    if all_together and math.sqrt(norm) > all_together:
        gradients *= gradients.dtype.type(all_together / math.sqrt(norm))
    if by_value:
        for i in range(gradients.size):
            gradients[i] = min(max(gradients[i], -by_value), by_value)
    return norm


@inner
def _step_of_sgd(rule: Rule, values: np.ndarray, gradients: np.ndarray, end: int) -> None:
    number = values.dtype.type
    rate, momentum = number(rule.numbers[0]), number(rule.numbers[5])
    if momentum == 0:
        for i in range(end):
            values[i] -= rate * gradients[i]
        return
    nesterov, speed = rule.numbers[8] > 0, rule.memory[0]
    for i in range(end):
        moved = rate * gradients[i]
        speed[i] = speed[i] * momentum - moved
        values[i] += speed[i] * momentum - moved if nesterov else speed[i]


@inner
def _step_of_adam(rule: Rule, values: np.ndarray, gradients: np.ndarray, end: int, steps: int) -> None:
    number = values.dtype.type
    first, second, epsilon = rule.numbers[5], rule.numbers[6], number(rule.numbers[7])
    alpha = number(rule.numbers[0] * math.sqrt(1 - second**steps) / (1 - first**steps))
    fresh, newer = number(1 - first), number(1 - second)
    mean, square, highest = rule.memory[0], rule.memory[1], rule.memory[2]
    if rule.numbers[8] > 0:  # amsgrad
        for i in range(end):
            mean[i] += (gradients[i] - mean[i]) * fresh
            square[i] += (gradients[i] * gradients[i] - square[i]) * newer
            highest[i] = max(highest[i], square[i])
            values[i] -= mean[i] * alpha / (np.sqrt(highest[i]) + epsilon)
        return
    for i in range(end):
        mean[i] += (gradients[i] - mean[i]) * fresh
        square[i] += (gradients[i] * gradients[i] - square[i]) * newer
        values[i] -= mean[i] * alpha / (np.sqrt(square[i]) + epsilon)


@inner
def _step_of_rmsprop(rule: Rule, values: np.ndarray, gradients: np.ndarray, end: int) -> None:
    number = values.dtype.type
    rate, momentum, rho = number(rule.numbers[0]), number(rule.numbers[5]), number(rule.numbers[6])
    epsilon, newer, centered = number(rule.numbers[7]), number(1 - rule.numbers[6]), rule.numbers[8] > 0
    square, mean, speed = rule.memory[0], rule.memory[1], rule.memory[2]
    for i in range(end):
        square[i] = rho * square[i] + newer * gradients[i] * gradients[i]
        spread = square[i]
        if centered:
            mean[i] = rho * mean[i] + newer * gradients[i]
            spread -= mean[i] * mean[i]
        moved = rate * gradients[i] / np.sqrt(spread + epsilon)
        if momentum > 0:
            speed[i] = momentum * speed[i] + moved
            moved = speed[i]
        values[i] -= moved
