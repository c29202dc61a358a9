"""The parts of stage 5: scores, baselines, the report, and the champion as it is served."""
