"""What is timed. Each file offers `run(task, folder) -> dict`: the figures of a task; `folder` is for its files.

Times are seconds since 1970, so that they can be compared with the start of the process. `ready` is when the imports
were done and the data prepared. `told` is when the result of each trial was reported, in this order.
"""
