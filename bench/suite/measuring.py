"""Engines measured in turn, so that drifts of the machine hit them alike."""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite.client import Client
from suite.engines import Engine
from suite.failures import BenchError
from suite.folders import ModelFolder
from suite.locks import locked
from suite.places import Places

_LOAD_SECONDS, _RUN_SECONDS = 900.0, 300.0
_GAIN = 0.995
_PAUSE_SECONDS = 0.02  # thread pools of the engine before stop spinning


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
      rounds: turns of each engine, at most.
      settled: rounds in which no engine's least time fell, by half a percent, that end the turns early; 0: none do.
      seconds: of a turn; at least two calls are timed in any case.
      threads: numbers of threads to measure with.
      lock: a file that is locked during each round, for several benches on one machine.
      again: build again what was built before.
    """

    rounds: int = 10
    settled: int = 3
    seconds: float = 0.3
    threads: Sequence[int] = (1, 2)
    lock: Path | None = None
    again: bool = False


@dataclass
class _Turns:
    """A running worker and what was measured of it."""

    client: Client
    load_seconds: float
    error: float
    times: list[int] = field(default_factory=list[int])
    cpu: list[int] = field(default_factory=list[int])
    last_gain: int = 0


def measure(places: Places, model: ModelFolder, engines: Sequence[Engine], plan: Plan) -> dict[str, Any]:
    """Name of engine -> what it is about a model, as JSON: ``built``, ``threads`` or ``problem``."""
    results: dict[str, Any] = {}
    for engine in engines:
        _say(f"{model.name}: {engine.name} builds")
        try:
            results[engine.name] = {"built": places.built(engine, model, again=plan.again), "threads": {}}
        except BenchError as error:
            results[engine.name] = {"problem": str(error)}
    running = [engine for engine in engines if "threads" in results[engine.name]]
    for threads in plan.threads:
        cells = _with_threads(places, model, running, plan, threads)
        for name, cell in cells.items():
            results[name]["threads"][str(threads)] = cell
    for engine in engines:
        places.discard(engine, model)
    return results


def _with_threads(
    places: Places, model: ModelFolder, engines: Sequence[Engine], plan: Plan, threads: int
) -> dict[str, Any]:
    turns: dict[str, _Turns] = {}
    cells: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        for engine in engines:
            try:
                turns[engine.name] = _started(places, model, engine, threads, stack)
            except BenchError as error:
                cells[engine.name] = {"problem": str(error)}
        for round_ in range(plan.rounds):
            _say(f"{model.name}: {threads} threads, round {round_ + 1} of {plan.rounds}")
            with locked(plan.lock):
                for name in list(turns):
                    try:
                        _take_turn(turns[name], plan.seconds, round_)
                    except BenchError as error:
                        cells[name] = {"problem": str(error)}
                        del turns[name]
            if plan.settled and all(round_ - turn.last_gain >= plan.settled for turn in turns.values()):
                break
        for name, turn in turns.items():
            try:
                cells[name] = _cell(turn)
            except BenchError as error:
                cells[name] = {"problem": str(error)}
    return cells


def _started(places: Places, model: ModelFolder, engine: Engine, threads: int, stack: contextlib.ExitStack) -> _Turns:
    client = stack.enter_context(places.client(engine, model))
    loaded = client.ask("load", threads=threads, timeout=_LOAD_SECONDS)
    checked = client.ask("check", timeout=_RUN_SECONDS)
    return _Turns(client, loaded["seconds"], checked["error"])


def _take_turn(turn: _Turns, seconds: float, round_: int) -> None:
    time.sleep(_PAUSE_SECONDS)
    before = (min(turn.times, default=None), min(turn.cpu, default=None))
    answer = turn.client.ask("run", seconds=seconds, timeout=_RUN_SECONDS)
    turn.times += answer["times"]
    turn.cpu.append(answer["cpu"])
    after = (min(turn.times), min(turn.cpu))
    if any(old is None or new < old * _GAIN for old, new in zip(before, after, strict=True)):
        turn.last_gain = round_


def _cell(turn: _Turns) -> dict[str, Any]:
    return {
        "min_ms": min(turn.times) / 1e6,
        "median_ms": statistics.median(turn.times) / 1e6,
        "cpu_ms": min(turn.cpu) / 1e6,
        "runs": len(turn.times),
        "error": turn.error,
        "load_seconds": turn.load_seconds,
        "peak_bytes": turn.client.ask("memory", timeout=_RUN_SECONDS)["peak"],
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
