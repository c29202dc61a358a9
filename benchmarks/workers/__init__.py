"""What is timed. Each file offers `run(task, folder) -> dict`: plain figures of a task, `folder` for its files.

Times are seconds since 1970, so that they can be set beside the start of the process. `ready` is when the imports were
done and the data prepared, `told` when each trial was told, in that order.
"""
