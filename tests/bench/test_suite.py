"""The bench of models: failures are cells, processes that hang or die are ended, tables add up."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"

RUN: dict[str, Any] = {
    "date": "2026-01-01 00:00",
    "cpu": "abacus",
    "cores": 2,
    "load": 0.5,
    "python": "3.11",
    "versions": {"onnxruntime": "1.0"},
    "engines": ["ours", "stock", "onnxruntime", "executorch"],
    "by": "min_ms",
}


@pytest.fixture(autouse=True)
def on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


def cell(milliseconds: float, error: float = 1e-6) -> dict[str, Any]:
    return {
        "min_ms": milliseconds,
        "median_ms": 2 * milliseconds,
        "cpu_ms": milliseconds / 2,
        "runs": 3,
        "error": error,
        "load_seconds": 0.5,
        "peak_bytes": 1 << 20,
    }


def engine(milliseconds: float, **options: Any) -> dict[str, Any]:
    built = {"seconds": 1.0, "cpu_seconds": 2.0, "size": 2 << 20, "note": options.pop("note", "")}
    return {"built": built, "threads": {"1": cell(milliseconds, **options)}}


def run() -> dict[str, Any]:
    models = {
        "bert": {
            "ours": engine(2.0),
            "stock": engine(8.0, note="O3"),
            "onnxruntime": engine(4.0),
            "executorch": engine(3.0),
        },
        "vit": {
            "ours": engine(4.0, error=0.1),
            "stock": {"problem": "it does not compile"},
            "onnxruntime": engine(3.0),
            "executorch": {**engine(1.0), "threads": {"1": {"problem": "killed by SIGSEGV"}}},
        },
    }
    return {**RUN, "models": {name: {"engines": engines} for name, engines in models.items()}}


def test_ratios() -> None:
    from suite.report import PEERS, ratio

    assert ratio(run(), "bert", "1", PEERS) == 1.5
    assert ratio(run(), "vit", "1", PEERS) == 0.75
    assert ratio(run(), "bert", "1", ["stock"]) == 4.0
    assert ratio(run(), "vit", "1", ["stock"]) is None


def test_tables() -> None:
    from suite.report import history_table, tables

    text = tables(run())
    assert "| bert | 1 | 2.00 (4.00) | 8.00 (16.0) | 4.00 (8.00) | 3.00 (6.00) |" in text
    # Of vit our result is wrong, and two engines fail.
    assert "| vit | 1 | 4.00 (8.00)! | failed | 3.00 (6.00) | failed |" in text
    assert "- vit, stock: it does not compile" in text
    assert "- vit, executorch, 1 threads: killed by SIGSEGV" in text
    assert "- bert, stock: O3" in text
    assert "| geometric mean | 1 | 1.06 | 4.00 |" in text
    assert "| 2026-01-01 00:00 | 2 | 1 | 1.06 | 4.00 |" in history_table([run()])
    assert "1.00 (4.00)" in tables({**run(), "by": "cpu_ms"})


def test_runs_are_kept(tmp_path: Path) -> None:
    from suite.history import append

    file = tmp_path / "results" / "models.json"
    append(file, run())
    assert len(append(file, {**run(), "date": "later"})) == 2
    assert [each["date"] for each in json.loads(file.read_text())["runs"]] == [RUN["date"], "later"]


WORKER = """
import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "die":
        os.abort()
    if request["do"] == "leave":
        sys.exit(3)
    if request["do"] == "hang":
        time.sleep(100)
    answer = {"problem": "no"} if request["do"] == "refuse" else request
    print(json.dumps(answer), flush=True)
"""


@pytest.mark.parametrize(
    ("request_", "reason"),
    [("die", "killed by SIGABRT"), ("leave", "ended with 3"), ("refuse", "^no$"), ("hang", "not done after 0 s")],
)
def test_a_worker_that_fails_is_a_reason(request_: str, reason: str, tmp_path: Path) -> None:
    from suite.client import Client
    from suite.failures import BenchError

    with Client([sys.executable, "-c", WORKER], {}, tmp_path / "log") as client:
        assert client.ask("echo", value=3, timeout=20)["value"] == 3
        started = time.monotonic()
        with pytest.raises(BenchError, match=reason):
            client.ask(request_, timeout=0.4 if request_ == "hang" else 20)
        assert time.monotonic() - started < 15


class FakeClient:
    """A worker whose calls take less time in the first rounds."""

    def __init__(self, times: list[int]) -> None:
        self.times = times
        self.rounds = 0

    def ask(self, do: str, **_: Any) -> dict[str, Any]:
        if do == "run":
            self.rounds += 1
            time_ = self.times[min(self.rounds, len(self.times)) - 1]
            return {"times": [time_], "cpu": time_}
        return {"seconds": 0.0, "error": 0.0, "peak": 0}

    def __enter__(self) -> FakeClient:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("settled", "rounds"), [(3, 5), (0, 10)])
def test_rounds_end_when_times_settle(settled: int, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from suite import measuring
    from suite.engines import ENGINES

    monkeypatch.setattr(measuring, "_PAUSE_SECONDS", 0.0)
    clients = {"ours": FakeClient([2000, 1000, 999]), "stock": FakeClient([3000])}

    class FakePlaces:
        def client(self, engine: Any, model: Any) -> FakeClient:
            return clients[engine.name]

    plan = measuring.Plan(rounds=10, settled=settled)
    places: Any = FakePlaces()
    model: Any = type("Model", (), {"name": "fake"})
    cells = measuring._with_threads(places, model, [ENGINES["ours"], ENGINES["stock"]], plan, 1)
    assert [client.rounds for client in clients.values()] == [rounds, rounds]
    assert cells["ours"]["min_ms"] == 999 / 1e6


def test_the_zoo_and_the_engines_have_what_the_command_needs() -> None:
    from suite.engines import ENGINES
    from suite.report import PEERS
    from suite.zoo import MODELS

    assert len(MODELS) == 18
    assert set(PEERS) < set(ENGINES)
    for each in ENGINES.values():
        source = (BENCH / f"{each.module.replace('.', '/')}.py").read_text()
        for name in ("build", "load"):
            assert f"def {name}(" in source or f" {name}," in source or f", {name}\n" in source


def test_one_line() -> None:
    from suite.failures import BenchError, one_line

    assert one_line(ValueError("\n  a\nb")) == "ValueError: a"
    assert one_line(BenchError("why")) == "why"
    assert one_line(RuntimeError()) == "RuntimeError: RuntimeError"
    assert len(one_line("x" * 1000)) == 160
