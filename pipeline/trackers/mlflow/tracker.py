"""A search's tracker: it writes lines into a spool, and starts the process that delivers them to MLflow."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, final

import pipeline
from pipeline.trackers import Links
from pipeline.trackers.mlflow.encoding import Message, Opened, encode
from pipeline.trackers.mlflow.links import addresses, root
from pipeline.trackers.mlflow.spool import Spool
from pipeline.values.events import ChampionRegistered, Event, FileAttached, SearchRecord

STARTS: Final = 4
"""How often a writer is started at most, if it dies before all is delivered."""
GAVE_UP: Final = 3
"""The exit status of a writer that stopped because MLflow did not answer."""


@final
class MlflowTracker:
    """Writes lines, and never imports MLflow. It is called from one thread.

    `wait` is the number of seconds that `close` waits for a store that does not answer. The first writer is started
    before there is a search: importing MLflow and making a new database take seconds, in which the search's process
    reads its data and imports Keras on another core. A writer that is never told its search ends with this process.
    """

    def __init__(self, folder: Path, wait: float) -> None:
        self._folder = folder.absolute()
        self._wait = wait
        self._spool: Spool
        self._file: IO[bytes]
        self._writer = self._start()

    def open(self, search: SearchRecord) -> None:
        self._spool = Spool(self._folder, search.identity)
        self._file = self._spool.appending()
        self._append(Opened(search))
        told = self._writer.stdin
        assert told is not None  # noqa: S101  # for the type checker
        try:
            told.write(f"{search.identity}\n".encode())
        except BrokenPipeError:  # it has died
            self._writer.wait()
            self._writer = self._start(search.identity)
        finally:
            told.close()

    def record(self, event: Event) -> None:
        match event:
            case FileAttached(path):
                self._append(replace(event, path=path.absolute()))
            case ChampionRegistered(folder):
                self._append(replace(event, folder=folder.absolute()))
            case _:
                self._append(event)

    def close(self) -> Links:
        self._file.close()
        for _ in range(STARTS - 1):
            if self._writer.wait() in (0, GAVE_UP):
                break
            self._writer = self._start(self._spool.search)
        self._writer.wait()
        state = self._spool.state
        found = addresses(state.place, root(self._folder)) if state.place else {}
        return Links(found, self._spool.owed, state.notes)

    def _append(self, message: Message) -> None:
        self._file.write(encode(int(time.time() * 1000), message))

    def _start(self, search: str = "") -> "subprocess.Popen[bytes]":
        """A writer for `search`, or without a name one that waits for the name on its standard input."""
        logs = self._folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        house = str(Path(pipeline.__file__).parent.parent)
        given = os.environ.get("PYTHONPATH")
        told = (str(self._folder), *([search] if search else []), "--wait", str(self._wait))
        with writer_log(self._folder, search or "writer").open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # its own module, with its own arguments
                [sys.executable, "-m", "pipeline.trackers.mlflow.writer", *told],
                bufsize=0,
                stdin=subprocess.DEVNULL if search else subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": f"{house}{os.pathsep}{given}" if given else house},
                # Ctrl-C in the terminal must stop the search alone: the writer then delivers the rest
                start_new_session=True,
            )


def writer_log(folder: Path, name: str) -> Path:
    """The file to which the writer of the search `name` prints."""
    return folder / "logs" / f"{name}.log"
