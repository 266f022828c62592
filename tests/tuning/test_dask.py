"""Candidates compiled on a Dask cluster."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ireekit.errors import MissingDependencyError, TuningError
from ireekit.tuning.executors import builders

from .conftest import product, tuned_again

has_dask = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not has_dask, reason="the Python package distributed is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with one worker process."""
    from importlib import import_module

    local_cluster: Any = import_module("distributed").LocalCluster
    with local_cluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as made:
        yield str(made.scheduler_address)


@needs_dask
def test_a_search(cluster: str, tmp_path: Path) -> None:
    model = tmp_path / "product.mlir"
    model.write_text(product())
    said: list[str] = []
    result = tuned_again(model, tmp_path / "m.sqlite", candidates=2, dask=cluster, progress=said.append)
    assert result.measured == 2
    assert any("Dask" in line for line in said)


@needs_dask
def test_no_cluster_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ireekit.tuning.executors._CONNECT_SECONDS", 1)
    with (
        pytest.raises(TuningError, match="no Dask cluster answers at tcp:"),
        builders(None, "tcp://127.0.0.1:9"),
    ):
        pass


def test_dask_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependencyError, match="distributed") as caught, builders(None, "tcp://127.0.0.1:9"):
        pass
    assert "ireekit[dask]" in (caught.value.remedy or "")
