"""Compiles the functions for this machine, so that no search waits for it: `python -m pipeline.engines.dense`."""

import numpy as np

from pipeline.engines.dense import kernels
from pipeline.engines.dense.kernels import Moment, Net, Rows, Rule, Work


def main() -> None:
    """Train the smallest network for an epoch, and ask all that can be asked of it."""
    whole = np.int64
    net = Net(
        np.array([kernels.DENSE], whole),
        np.array([1, 1], whole),
        np.array([0, 1], whole),
        np.array([[0, -1, -1, -1]], whole),
        np.zeros((1, 4)),
        np.array([0, 1], whole),
        0,
        kernels.SQUARED_ERROR,
    )
    line, number = np.zeros(2, np.float32), np.float32
    work = Work(1, line, line, np.zeros((1, 1)), np.zeros((2, 1), number), np.zeros(1, number), np.zeros(1, number))
    rows = Rows(np.zeros((1, 1), number), np.zeros(1, number), np.zeros(1, np.int32), 1)
    values = np.zeros(1, number)
    kernels.epoch(net, Rule(kernels.SGD, np.zeros(9), np.zeros((3, 1), number)), values, work, rows, Moment(0, 0))
    kernels.judge(net, values, work, rows)
    kernels.alive(net, values, work, rows)


if __name__ == "__main__":
    main()
