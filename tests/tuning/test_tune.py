"""A search on this machine: what it finds, what compiling makes of it, and how it goes on."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ireekit.codegen import CompilationInfo, LoweringConfig, Translation
from ireekit.codegen.tuned.kernels import Loops
from ireekit.errors import CompileWarning, TuningError
from ireekit.targets.machines import Machine
from ireekit.tuning import Tuning, run
from ireekit.tuning.candidates import first_candidates
from ireekit.tuning.tasks import WORTH

from .conftest import COLUMNS, ROWS, SUMMED, Tuned, plain, product, tuned_again


def test_finds_something_faster(tuned: Tuned) -> None:
    (found,) = tuned.result.dispatches
    assert found.best is not None
    assert found.ratio < WORTH
    assert found.tried == 4
    (kernel,) = tuned.result.tuning.kernels
    assert kernel.key == found.key
    assert kernel.after_microseconds < WORTH * kernel.before_microseconds
    assert tuned.result.after_milliseconds < tuned.result.before_milliseconds
    assert any("best" in line for line in tuned.said)


def test_compile_configures_what_it_found(tuned: Tuned, tmp_path: Path) -> None:
    file, dump = tmp_path / "product.tuning.json", tmp_path / "dump"
    tuned.result.tuning.save(file)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CompileWarning)
        artifact = plain().compile(tuned.model, tuning=file, dump=dump, cache=False)
    (configured,) = dump.glob("*configure-tuned-kernels.mlir")
    info = tuned.result.tuning.kernels[0].info
    text = configured.read_text()
    assert str(info.lowering) in text
    assert str(info.translation) in text
    random = np.random.default_rng(0)
    x, w = random.random((ROWS, SUMMED), np.float32), random.random((SUMMED, COLUMNS), np.float32)
    np.testing.assert_allclose(np.asarray(artifact(x, w)), x @ w, rtol=1e-5)


def test_the_cache_tells_tunings_apart(tuned: Tuned, tmp_path: Path) -> None:
    def compile_(tuning: Tuning | None) -> tuple[bool, bytes]:
        artifact = plain().compile(tuned.model, tuning=tuning, cache=tmp_path)
        return artifact.from_cache, bytes(artifact.data)

    without, with_it = compile_(None), compile_(tuned.result.tuning)
    assert not with_it[0]
    assert with_it[1] != without[1]
    assert compile_(tuned.result.tuning) == (True, with_it[1])


def test_a_second_run_measures_nothing_again(tuned: Tuned) -> None:
    again = tuned_again(tuned.model, tuned.database)
    assert (again.measured, again.known) == (0, 4)
    assert again.tuning == tuned.result.tuning
    assert again.finished


def test_a_larger_search_goes_on(tuned: Tuned, tmp_path: Path) -> None:
    database = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(tuned.database)) as source, closing(sqlite3.connect(database)) as copy:
        source.backup(copy)
    further = tuned_again(tuned.model, database, candidates=5)
    assert (further.measured, further.known) == (1, 4)


def test_a_run_that_is_interrupted_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, database = tmp_path / "product.mlir", tmp_path / "measurements.sqlite"
    model.write_text(product(67, 32, 32))
    measure, measured = run.measure, 0

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        nonlocal measured
        if measured == 1:
            raise KeyboardInterrupt
        measured += 1
        return measure(*args, **kwargs)

    monkeypatch.setattr(run, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tuned_again(model, database, candidates=2)
    monkeypatch.setattr(run, "measure", measure)
    again = tuned_again(model, database, candidates=2)
    assert (again.measured, again.known) == (1, 1)


def test_candidates_that_do_not_compile_are_lost_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "product.mlir"
    model.write_text(product())
    broken = CompilationInfo(
        LoweringConfig({"distribution": (0, 0, 0), "vector_common_parallel": (197, 96, 0)}),
        Translation("LinalgExtTileAndVectorize"),
    )

    def candidates(loops: Loops, machine: Machine, reference: CompilationInfo) -> Iterator[CompilationInfo]:
        yield broken
        yield from list(first_candidates(loops, machine, reference))[:2]

    monkeypatch.setattr("ireekit.tuning.search.first_candidates", candidates)
    database = tmp_path / "measurements.sqlite"
    result = tuned_again(model, database, candidates=3)
    assert result.tuning.kernels[0].info != broken
    with closing(sqlite3.connect(database)) as rows:
        found = dict(rows.execute("select candidate, status from measurements"))
    assert found[str(broken)] == "failed"
    assert sorted(found.values()) == ["failed", "ok", "ok"]


def test_the_budget_ends_a_search(tuned: Tuned, tmp_path: Path) -> None:
    result = tuned_again(tuned.model, tmp_path / "empty.sqlite", budget=1e-3)
    assert not result.finished
    assert result.measured == 0
    assert not result.tuning.kernels
    assert result.after_milliseconds == result.before_milliseconds


def test_what_is_slower_in_the_model_is_dropped(tuned: Tuned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "WORSE", 0.0)
    result = tuned_again(tuned.model, tuned.database)
    assert not result.tuning.kernels
    assert "not in the model" in result.dispatches[0].obstacle


@pytest.mark.parametrize("target", ["vulkan", "cpu,vulkan"])
def test_only_kernels_of_one_cpu(tuned: Tuned, target: str) -> None:
    with pytest.raises(TuningError, match="only kernels of one CPU"):
        tuned_again(tuned.model, tuned.database, target=target)
