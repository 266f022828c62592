"""Whole models by every engine: ours, stock IREE, and what people would use instead.

Every engine runs each model in a process and an environment of its own (made with pip in the cache folder); they take
turns, round after round. A result that differs from torch's is marked, and what fails is a cell with the reason.

    python bench/models.py --models resnet18,bert --engines ours,stock,onnxruntime --threads 1,2 --rounds 10

With --save the run is added to bench/results/models.json and bench/results/models.md is written anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from suite.engines import ENGINES
from suite.failures import BenchError
from suite.history import append, description
from suite.measuring import Plan, measure
from suite.places import Places
from suite.report import history_table, tables
from suite.zoo import MODELS

from ireekit.files import cache_folder, write_atomically

_RESULTS = Path(__file__).parent / "results"


def main() -> int:
    options = _parser().parse_args()
    if options.list:
        print(_listing())
        return 0
    models = _chosen(options.models, MODELS, "model")
    engines = [ENGINES[name] for name in _chosen(options.engines, ENGINES, "engine")]
    threads = [int(text) for text in options.threads.split(",")]
    plan = Plan(options.rounds, options.settled, options.seconds, threads, options.lock, options.again)
    places = Places(options.cache or cache_folder() / "bench")
    run: dict[str, Any] = {
        **description(engines),
        "rounds": plan.rounds,
        "by": "cpu_ms" if options.cpu else "min_ms",
        "models": {},
    }
    for name in models:
        try:
            run["models"][name] = {"engines": measure(places, places.model(name), engines, plan)}
        except BenchError as error:
            run["models"][name] = {"problem": str(error), "engines": {}}
        print(tables({**run, "models": {name: run["models"][name]}}), flush=True)
    text = tables(run)
    if len(models) > 1:
        print(text)
    if options.json:
        write_atomically(options.json, json.dumps(run, indent=1).encode())
    if options.save:
        runs = append(_RESULTS / "models.json", run)
        write_atomically(_RESULTS / "models.md", f"{text}\n\n{history_table(runs)}\n".encode())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="all", help="names, separated by commas (default: all)")
    parser.add_argument("--engines", default="all", help="names, separated by commas (default: all)")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default: 1,2)")
    parser.add_argument("--rounds", type=int, default=10, help="turns of each engine, at most (default: 10)")
    parser.add_argument(
        "--settled",
        type=int,
        default=3,
        help="rounds without better times that end them early; 0: none (default: 3)",
    )
    parser.add_argument("--seconds", type=float, default=0.3, help="of a turn (default: 0.3)")
    parser.add_argument("--cpu", action="store_true", help="tables of CPU times: one thread on a machine that is busy")
    parser.add_argument("--again", action="store_true", help="build again what was built before")
    parser.add_argument("--lock", type=Path, help="a file to lock during each round, where benches share a machine")
    parser.add_argument("--cache", type=Path, help="folder of environments, models and programs")
    parser.add_argument("--json", type=Path, help="write the run there")
    parser.add_argument("--save", action="store_true", help="keep the run in bench/results")
    parser.add_argument("--list", action="store_true", help="list models and engines")
    return parser


def _chosen(text: str, known: Iterable[str], noun: str) -> list[str]:
    if text == "all":
        return list(known)
    wanted = text.split(",")
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"there is no {noun} {unknown[0]!r}; there are {', '.join(known)}")
    return wanted


def _listing() -> str:
    lines = ["models", *(f"  {model.name:14} {model.about}" for model in MODELS.values())]
    return "\n".join([*lines, "engines", *(f"  {engine.name:14} {engine.about}" for engine in ENGINES.values())])


if __name__ == "__main__":
    sys.exit(main())
