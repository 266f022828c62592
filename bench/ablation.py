"""What each default pass of mypipeline is worth: models compiled with all passes, and without one of them at a time.

Passes that change nothing of a model are not left out: that they do is seen from the IR after each. The programs of a
model take turns in one process, on CPUs on one thread; what counts is the least CPU time of a call, or with --wall the
least time: where another device does the work.

    python bench/ablation.py --models mobilenetv2,bert --rounds 5
    python bench/ablation.py --quick
    python bench/ablation.py --target vulkan --models mlp-64,lstm

With --save the table goes to bench/results/ablation.md and ablation.json, of another target to ablation-TARGET.md;
models that were measured before and not now stay in it, with their date. With --programs what is compiled is kept, and
taken from there by the next run with the same folder: to compile first and measure later, when the machine is quiet.

    python bench/ablation.py --models vit --programs /tmp/programs --rounds 0
    python bench/ablation.py --models vit --programs /tmp/programs --save
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
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
from ireekit import Artifact, Pipeline
from ireekit.errors import IreekitError
from ireekit.files import cache_folder, write_atomically

_RESULTS = Path(__file__).parent / "results"
_QUICK = "mobilenetv2,bert,lstm"
_MODELS = (
    "mobilenetv3,resnet50,unet,vit,bert,whisper,gpt2-decode,lstm,mbconv-block,resnext-block,softmax-head,one-window"
)
_ALL = "all passes"
_NONE = "without any pass"
_CLOCKS = {"cpu_ms": time.process_time_ns, "min_ms": time.perf_counter_ns}
_MEANINGS = {"cpu_ms": "least CPU time of a call", "min_ms": "least time of a call"}
_CPU = "cpu"


@dataclass(frozen=True)
class Setting:
    """What to compile for and how to measure.

    Attributes:
      target: as :func:`mypipeline.compile` takes it.
      device: that the programs run on.
      by: ``"cpu_ms"`` or ``"min_ms"``.
      passes: that are left out in turn.
      rounds, seconds: turns of each program, and of a turn.
      lock: a file that is locked during each round.
      programs: folder of compiled programs, to take what is there and keep what is made; ``None``: a temporary one.
    """

    target: str
    device: str
    by: str
    passes: Sequence[str]
    rounds: int
    seconds: float
    lock: Path | None
    programs: Path | None


def main() -> int:
    options = _parser().parse_args()
    names = (options.models or (_QUICK if options.quick else _MODELS)).split(",")
    places = Places(options.cache or cache_folder() / "bench")
    family = options.target.partition(":")[0]
    setting = Setting(
        options.target,
        options.device or ("cpu-sync" if family == _CPU else family),
        "min_ms" if options.wall else "cpu_ms",
        _chosen(options.passes, pass_names(family)),
        (3 if options.quick else 6) if options.rounds is None else options.rounds,
        options.seconds,
        options.lock,
        options.programs,
    )
    run: dict[str, Any] = {
        **description([]),
        "target": options.target,
        "by": setting.by,
        "passes": [_NONE, *pass_names(family)],
        "models": {},
    }
    for name in names:
        try:
            run["models"][name] = _ablated(places, name, setting)
        except (BenchError, IreekitError) as error:
            run["models"][name] = {"problem": one_line(error)}
        if not setting.rounds:
            continue
        run["models"][name] |= {"date": run["date"], "tried": [_NONE, *setting.passes]}
        gc.collect()  # contexts hold the weights of their models
        print(ablation_table(run), flush=True)
        if options.save:
            _save(run, "ablation" if family == _CPU else f"ablation-{family}")
    return 0


def merged(before: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """A run with the models that only the saved one has; the passes are those of today."""
    if any(before[key] != run[key] for key in ("cpu", "target", "by")):
        return run
    known = {"date": before["date"], "tried": before["passes"]}
    dated = {name: {**known, **each} for name, each in before["models"].items()}
    return {**run, "models": {**dated, **run["models"]}}


def _save(run: dict[str, Any], name: str) -> None:
    file = _RESULTS / f"{name}.json"
    if file.exists():
        run = merged(json.loads(file.read_text()), run)
    write_atomically(file, json.dumps(run, indent=1).encode())
    write_atomically(_RESULTS / f"{name}.md", f"{ablation_table(run)}\n".encode())


def pass_names(family: str = _CPU) -> list[str]:
    """Passes of mypipeline for a target family, in the order in which they run first."""
    return list(dict.fromkeys(step.action.name for step in mypipeline.pipeline.steps_for((family,))))


def _chosen(text: str | None, known: list[str]) -> list[str]:
    if not text:
        return known
    wanted = text.split(",")
    found = [name for name in known if name.removeprefix("mypipeline-") in wanted or name in wanted]
    if len(found) < len(set(wanted)):
        sys.exit(f"there is no such pass among {text}; there are {', '.join(known)}")
    return found


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
    rows = [["measured", *(str(each.get("date", run["date"])) for each in models.values())]]
    rows += [[_ALL, *(f"{short(each['times'][_ALL])} ms" for each in models.values())]]
    rows += ([_title(name), *(_cell(each, name, run["passes"]) for each in models.values())] for name in run["passes"])
    head = (
        f"{run['date']}, {run['cpu']}, load {run['load']:.1f}, target {run['target']}: {_MEANINGS[run['by']]}, and "
        "how many times longer it takes without one of the passes; empty: the pass changes nothing of the model; "
        "-: not measured; fails: without the pass the model does not compile or computes something else, see below."
    )
    failed = [f"- {name}: {each['problem']}" for name, each in run["models"].items() if "problem" in each]
    notes = [
        f"- {model} {_title(name)}: {why}" for model, each in models.items() for name, why in each["problems"].items()
    ]
    return "\n\n".join(part for part in (head, table(["", *models], rows), "\n".join([*failed, *notes])) if part)


def _title(name: str) -> str:
    return name if name in (_ALL, _NONE) else f"without `{name.removeprefix('mypipeline-')}`"


def _cell(model: dict[str, Any], name: str, passes: Sequence[str]) -> str:
    if name in model["problems"]:
        return "fails"
    if name not in [*model.get("tried", passes), *model.get("idle", ())]:
        return "-"
    time_ = model["times"].get(name)
    return "" if time_ is None else f"{time_ / model['times'][_ALL]:.2f}"


def _ablated(places: Places, name: str, setting: Setting) -> dict[str, Any]:
    folder = places.model(name)
    model = imported(folder)
    problems: dict[str, str] = {}
    errors: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory() as scratch,
        Turns(folder, setting.device, _CLOCKS[setting.by]) as turns,
    ):
        out = Path(scratch) if setting.programs is None else setting.programs / name
        out.mkdir(parents=True, exist_ok=True)

        def add(what: str, pipeline: Pipeline) -> None:
            file = out / f"{what}.vmfb"
            if file.exists():
                artifact = Artifact.open(file)
            else:
                print(f"{name}: {_title(what)}", file=sys.stderr, flush=True)
                dump = out / "dump" if what == _ALL else None
                artifact = pipeline.compile(model, target=setting.target, cache=False, progress=False, dump=dump)
            errors[what] = turns.add(what, artifact, file)

        changed = out / "changing.json"
        if not changed.exists():
            (out / f"{_ALL}.vmfb").unlink(missing_ok=True)
        add(_ALL, mypipeline.pipeline)
        if not changed.exists():
            known = pass_names(setting.target.partition(":")[0])
            changed.write_text(json.dumps({"known": known, "changes": changing(out / "dump", known)}))
            shutil.rmtree(out / "dump")
        seen: dict[str, list[str]] = json.loads(changed.read_text())
        others = {each: mypipeline.pipeline.without(each) for each in seen["changes"] if each in setting.passes}
        for what, pipeline in {_NONE: Pipeline("none"), **others}.items():
            try:
                add(what, pipeline)
            except (BenchError, IreekitError) as error:
                problems[what] = one_line(error)
        for _ in range(setting.rounds):
            with locked(setting.lock):
                turns.take(setting.seconds)
        idle = [each for each in seen["known"] if each not in seen["changes"]]
        return {"times": turns.milliseconds(), "errors": errors, "problems": problems, "idle": idle}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", help=f"names, separated by commas (default: {_MODELS})")
    parser.add_argument("--quick", action="store_true", help=f"few models ({_QUICK}) and rounds")
    parser.add_argument("--rounds", type=int, help="turns of each program (default: 6, quick: 3); 0: compile only")
    parser.add_argument("--seconds", type=float, default=0.1, help="of a turn (default: 0.1)")
    parser.add_argument("--lock", type=Path, help="a file to lock during each round, where benches share a machine")
    parser.add_argument("--passes", help="names, separated by commas (default: all)")
    parser.add_argument("--programs", type=Path, help="folder to keep compiled programs in, and to take them from")
    parser.add_argument("--target", default=_CPU, help="what to compile for (default: cpu)")
    parser.add_argument("--device", help="that runs it (default: that of the target; one thread of a CPU)")
    parser.add_argument("--wall", action="store_true", help="take wall-clock times, not CPU times")
    parser.add_argument("--cache", type=Path, help="folder of models")
    parser.add_argument("--save", action="store_true", help="keep the table in bench/results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
