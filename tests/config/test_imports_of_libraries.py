"""The first import of a library goes without garbage collection; later ones change nothing."""

import gc
import sys

import pytest

from pipeline.config.imports import uncollected


def test_collection_rests_only_during_the_first_import(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_freeze_count()
    with uncollected("sys"):
        assert gc.isenabled()
    assert gc.get_freeze_count() == before
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    try:
        with pytest.raises(ImportError), uncollected("colorsys"):
            assert not gc.isenabled()
            raise ImportError
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
