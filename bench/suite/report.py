"""Runs of the bench as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from suite.zoo import MODELS

PEERS = ("onnxruntime", "executorch")
"""The engines of the goal: ours against the faster of these."""

_RATIOS = (
    ("faster of ONNX Runtime and XNNPACK", PEERS),
    ("stock", ("stock",)),
    ("stock, NHWC", ("stock-nhwc",)),
    ("torch", ("torch", "torch-compile")),
    ("OpenVINO", ("openvino",)),
)
_MIB = 1 << 20
_MEANINGS = {"min_ms": "min (median)", "cpu_ms": "least CPU time (median of wall clock)"}
_COSTS = (
    "Largest error against torch, relative to the largest magnitude; compile time (s; for engines that compile when "
    "they load: loading), when it was built, maybe beside other work, and the CPU time of all its threads; size of "
    "what is shipped, and peak memory of the process (MiB, first number of threads):"
)


def tables(run: dict[str, Any]) -> str:
    """Everything about one run; by CPU time where ``run["by"]`` is ``cpu_ms``."""
    packages = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    parts = [
        f"{run['date']}, {run['cpu']}, {run['cores']} cores, load {run['load']:.1f}.",
        f"Python {run['python']}, {packages}.",
        f"Milliseconds a call, {_MEANINGS[run['by']]}. `!`: further from torch's results than the model's tolerance.",
        table(["model", "threads", *run["engines"]], _time_rows(run)),
        "How many times faster ours is (ratio of minima):",
        table(["model", "threads", *(name for name, _ in _RATIOS)], _ratio_rows(run)),
        _COSTS,
        table(["model", "", *run["engines"]], _cost_rows(run)),
    ]
    notes = list(_notes(run))
    if notes:
        parts.append("\n".join(["Notes:", "", *notes]))
    return "\n\n".join(parts)


def history_table(runs: Sequence[dict[str, Any]]) -> str:
    """A line for each run: geometric means over its models."""
    headers = ["date", "models", "threads", *(name for name, _ in _RATIOS)]
    rows: list[list[str]] = []
    for run in reversed(runs):
        for threads in _threads(run):
            means = [_mean(run, threads, peers) for _, peers in _RATIOS]
            rows.append([run["date"], str(len(run["models"])), threads, *means])
    return "History, geometric means, latest first:\n\n" + table(headers, rows)


def ratio(run: dict[str, Any], model: str, threads: str, peers: Sequence[str]) -> float | None:
    """How many times faster ours is than the fastest of ``peers``; ``None`` where either is missing."""
    ours = _cell(run, model, "ours", threads).get(run["by"])
    others = [time for peer in peers if (time := _cell(run, model, peer, threads).get(run["by"]))]
    return min(others) / ours if ours and others else None


def _time_rows(run: dict[str, Any]) -> Iterator[list[str]]:
    for model in run["models"]:
        for threads in _threads(run):
            cells = (_time_text(run, model, _cell(run, model, engine, threads)) for engine in run["engines"])
            yield [model, threads, *cells]


def _time_text(run: dict[str, Any], model: str, cell: dict[str, Any]) -> str:
    if "min_ms" not in cell:
        return "failed" if "problem" in cell else ""
    mark = "!" if cell["error"] > MODELS[model].tolerance else ""
    return f"{short(cell[run['by']])} ({short(cell['median_ms'])}){mark}"


def _ratio_rows(run: dict[str, Any]) -> Iterator[list[str]]:
    for model in run["models"]:
        for threads in _threads(run):
            ratios = (ratio(run, model, threads, peers) for _, peers in _RATIOS)
            yield [model, threads, *("" if each is None else f"{each:.2f}" for each in ratios)]
    if len(run["models"]) > 1:
        for threads in _threads(run):
            yield ["geometric mean", threads, *(_mean(run, threads, peers) for _, peers in _RATIOS)]


def _mean(run: dict[str, Any], threads: str, peers: Sequence[str]) -> str:
    found = [each for model in run["models"] if (each := ratio(run, model, threads, peers)) is not None]
    return f"{math.exp(sum(map(math.log, found)) / len(found)):.2f}" if found else ""


def _cost_rows(run: dict[str, Any]) -> Iterator[list[str]]:
    threads = _threads(run)
    if not threads:
        return
    for model, each in run["models"].items():
        cells = [_cell(run, model, engine, threads[0]) for engine in run["engines"]]
        built = [each["engines"].get(engine, {}).get("built", {}) for engine in run["engines"]]
        yield [model, "error", *(f"{cell['error']:.1e}" if "error" in cell else "" for cell in cells)]
        seconds = (made.get("seconds") or cell.get("load_seconds") for made, cell in zip(built, cells, strict=True))
        yield [model, "compile s", *("" if found is None else f"{found:.1f}" for found in seconds)]
        cpu = (f"{made['cpu_seconds']:.1f}" if made.get("cpu_seconds") else "" for made in built)
        yield [model, "compile CPU s", *cpu]
        yield [model, "size MiB", *(f"{made['size'] / _MIB:.1f}" if "size" in made else "" for made in built)]
        yield [model, "peak MiB", *(f"{c['peak_bytes'] / _MIB:.0f}" if "peak_bytes" in c else "" for c in cells)]


def _notes(run: dict[str, Any]) -> Iterator[str]:
    for model, each in run["models"].items():
        if "problem" in each:
            yield f"- {model}: {each['problem']}"
        for engine, result in each["engines"].items():
            if "problem" in result:
                yield f"- {model}, {engine}: {result['problem']}"
            if note := result.get("built", {}).get("note"):
                yield f"- {model}, {engine}: {note}"
            for threads, cell in result.get("threads", {}).items():
                if "problem" in cell:
                    yield f"- {model}, {engine}, {threads} threads: {cell['problem']}"


def _cell(run: dict[str, Any], model: str, engine: str, threads: str) -> dict[str, Any]:
    result = run["models"][model]["engines"].get(engine, {})
    return result if "problem" in result else result.get("threads", {}).get(threads, {})


def _threads(run: dict[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    for model in run["models"].values():
        for result in model["engines"].values():
            found.update(dict.fromkeys(result.get("threads", {})))
    return list(found)


def short(value: float) -> str:
    """Three significant digits."""
    return (
        f"{value:.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 1
        else f"{value:.3f}"
    )


def table(headers: Sequence[str], rows: Iterator[list[str]] | list[list[str]]) -> str:
    """Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
