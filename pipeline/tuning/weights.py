"""The kept weights of trials on disk: after the process was killed, the search still has its champion."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import final

from pipeline.config.paths import replacing
from pipeline.values.trial import Fitted


@final
class WeightStore(Mapping[int, Fitted]):
    """The kept weights of a search by trial number, one file each in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, number: int, fitted: Fitted) -> None:
        """Write a trial's weights, if it has any; the file is either complete or absent."""
        import numpy as np

        if not fitted.weights:
            return

        with replacing(self._path(number)) as part, part.open("wb") as file:
            np.savez(file, *fitted.weights)

    def keep_only(self, numbers: Collection[int]) -> None:
        """Remove the weights of all other trials."""
        for number in set(self) - set(numbers):
            self._path(number).unlink()

    def __getitem__(self, number: int) -> Fitted:
        import numpy as np

        if number not in self:
            raise KeyError(number)
        with np.load(self._path(number)) as arrays:
            return Fitted(tuple(arrays[name] for name in arrays.files))

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self._path(number).is_file()

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(int(entry.name[:-4]) for entry in os.scandir(self._folder) if entry.name.endswith(".npz")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.npz"
