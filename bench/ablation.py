"""What each default pass of mypipeline is worth: models compiled with all passes, and without one of them at a time.

Passes that change nothing of a model are not left out: that they do is seen from the IR after each. The programs of a
model take turns in one process on one thread; what counts is the least CPU time of a call.

    python bench/ablation.py --models mobilenetv2,bert --rounds 5
    python bench/ablation.py --quick

With --save the table goes to bench/results/ablation.md and bench/results/ablation.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from suite.failures import BenchError, one_line
from suite.history import description
from suite.imports import imported
from suite.locks import locked
from suite.places import Places
from suite.programs import Turns
from suite.report import short, table

import mypipeline
from ireekit.errors import IreekitError
from ireekit.files import cache_folder, write_atomically

_RESULTS = Path(__file__).parent / "results"
_QUICK = "mobilenetv2,bert,lstm"
_MODELS = "mobilenetv2,mobilenetv3,resnet18,unet,bert,vit,whisper,gpt2-decode,lstm,mlp-64"
_ALL = "all passes"


def main() -> int:
    options = _parser().parse_args()
    names = (options.models or (_QUICK if options.quick else _MODELS)).split(",")
    rounds = options.rounds or (3 if options.quick else 6)
    places = Places(options.cache or cache_folder() / "bench")
    passes = pass_names()
    run: dict[str, Any] = {**description([]), "by": "cpu_ms", "passes": passes, "models": {}}
    for name in names:
        try:
            run["models"][name] = _ablated(places, name, passes, rounds, options.seconds, options.lock)
        except (BenchError, IreekitError) as error:
            run["models"][name] = {"problem": one_line(error)}
        print(ablation_table(run), flush=True)
    if options.save:
        write_atomically(_RESULTS / "ablation.json", json.dumps(run, indent=1).encode())
        write_atomically(_RESULTS / "ablation.md", f"{ablation_table(run)}\n".encode())
    return 0


def pass_names(target: str = "cpu") -> list[str]:
    """Passes of mypipeline that can be left out for a target family, in the order in which they run first."""
    return list(dict.fromkeys(step.action.name for step in mypipeline.pipeline.steps_for((target,))))


def changing(folder: Path, passes: Sequence[str]) -> list[str]:
    """Passes after which the dumped IR is not what it was before."""
    found: list[str] = []
    before = ""
    for file in sorted(folder.iterdir()):
        text, name = file.read_text(), file.stem.partition("-")[2]
        if name in passes and text != before:
            found.append(name)
        before = text
    return list(dict.fromkeys(found))


def ablation_table(run: dict[str, Any]) -> str:
    """Markdown: a row for each pass, a column for each model."""
    models = {name: each for name, each in run["models"].items() if "times" in each}
    rows = [[_ALL, *(f"{short(each['times'][_ALL])} ms" for each in models.values())]]
    rows += (
        [f"without `{name.removeprefix('mypipeline-')}`", *(_cell(each, name) for each in models.values())]
        for name in run["passes"]
    )
    head = (
        f"{run['date']}, {run['cpu']}, load {run['load']:.1f}: least CPU time of a call on one thread, and how many "
        "times longer it takes without one of the passes; empty: the pass changes nothing of the model."
    )
    failed = [f"- {name}: {each['problem']}" for name, each in run["models"].items() if "problem" in each]
    notes = [
        f"- {model} without `{name}`: {why}" for model, each in models.items() for name, why in each["problems"].items()
    ]
    return "\n\n".join(part for part in (head, table(["", *models], rows), "\n".join([*failed, *notes])) if part)


def _cell(model: dict[str, Any], name: str) -> str:
    if name in model["problems"]:
        return "fails"
    time_ = model["times"].get(name)
    return "" if time_ is None else f"{time_ / model['times'][_ALL]:.2f}"


def _ablated(
    places: Places, name: str, passes: Sequence[str], rounds: int, seconds: float, lock: Path | None
) -> dict[str, Any]:
    folder = places.model(name)
    model = imported(folder)
    problems: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch, Turns(folder) as turns:
        out = Path(scratch)
        dumped = out / "dump"
        print(f"{name}: {_ALL}", file=sys.stderr, flush=True)
        whole = mypipeline.pipeline.compile(model, target="cpu", cache=False, progress=False, dump=dumped)
        turns.add(_ALL, whole, out / "all.vmfb")
        for each in changing(dumped, passes):
            print(f"{name}: without {each}", file=sys.stderr, flush=True)
            try:
                less = mypipeline.pipeline.without(each)
                turns.add(each, less.compile(model, target="cpu", cache=False, progress=False), out / f"{each}.vmfb")
            except IreekitError as error:
                problems[each] = one_line(error)
        for _ in range(rounds):
            with locked(lock):
                turns.take(seconds)
        return {"times": turns.cpu_milliseconds(), "problems": problems, "at": time.time()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", help=f"names, separated by commas (default: {_MODELS})")
    parser.add_argument("--quick", action="store_true", help=f"few models ({_QUICK}) and rounds")
    parser.add_argument("--rounds", type=int, help="turns of each program (default: 6, quick: 3)")
    parser.add_argument("--seconds", type=float, default=0.1, help="of a turn (default: 0.1)")
    parser.add_argument("--lock", type=Path, help="a file to lock during each round, where benches share a machine")
    parser.add_argument("--cache", type=Path, help="folder of models")
    parser.add_argument("--save", action="store_true", help="keep the table in bench/results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
