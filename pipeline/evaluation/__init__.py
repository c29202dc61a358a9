"""The parts of stage 5: scores, baselines, the report, and the champion as it is served.

`scores` computes metrics and their intervals, `baselines` fits simple models to compare with, `report` puts the results
into numbers and sentences. `champion` writes the folder that is registered; `pyfunc` is the code in this folder.
"""
