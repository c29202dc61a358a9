"""What reaches the terminal, and what the log file."""

import logging
import os
from pathlib import Path

import pytest

from pipeline.commands._terminal import only_ours


def test_what_libraries_print_and_the_pipeline_logs_goes_to_the_log_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("pipeline")
    before = (logger.level, list(logger.handlers))
    with only_ours(tmp_path / "logs" / "run.log") as console:
        os.write(1, b"printed by C\n")
        logger.info("trial %d is trained by model.fit", 7)
        console.print("trial 7 of 20")
    assert (logger.level, logger.handlers) == before
    assert capfd.readouterr() == ("trial 7 of 20\n", "")
    printed, logged = (tmp_path / "logs" / "run.log").read_text().splitlines()
    assert printed == "printed by C"
    assert logged.endswith(" trial 7 is trained by model.fit")
