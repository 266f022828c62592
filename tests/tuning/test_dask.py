"""Candidates compiled on a Dask cluster."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from ireekit.errors import MissingDependencyError, TuningError
from ireekit.tuning.building import build
from ireekit.tuning.executors import builders
from ireekit.tuning.preparing import FROM, Prepared

from .conftest import product, tuned_again

has_dask = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not has_dask, reason="the Python package distributed is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with one worker process."""
    from distributed import LocalCluster  # pyright: ignore[reportMissingImports, reportUnknownVariableType]

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as made:
        yield str(made.scheduler_address)


@needs_dask
def test_compiles_on_workers(cluster: str, prepared: Prepared) -> None:
    with builders(None, cluster) as made:
        assert made.count == 1
        built = made.executor.submit(build, prepared.text, (), 60.0, start=FROM).result(60)
    assert built.program is not None, built.reason


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


@pytest.mark.skipif(has_dask, reason="the Python package distributed is installed")
def test_dask_is_not_installed() -> None:
    with pytest.raises(MissingDependencyError, match="distributed") as caught, builders(None, "tcp://127.0.0.1:9"):
        pass
    assert "ireekit[dask]" in (caught.value.remedy or "")
