"""``ireekit tune``."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.cli.guard import tell
from ireekit.cli.options import add_compile_arguments, joined_targets, load_pipeline, shaping_options
from ireekit.cli.output import counted, print_json, print_table

if TYPE_CHECKING:
    from ireekit.facade import Pipeline
    from ireekit.tuning import DispatchOutcome, TuneResult

_EPILOG = """\
The dispatches that take longest are compiled alone with other configurations, run, compared with what they computed
before, and timed. What is measured is kept in a database: run the same command again to go on after an interruption,
or with a larger budget.

examples:
  ireekit tune resnet18.onnx
  ireekit tune resnet18.onnx --budget 1h --top 30 -o resnet18.tuning.json
  ireekit compile resnet18.onnx --tuning resnet18.tuning.json
  ireekit tune model.mlir --dask tcp://scheduler:8786 --jobs 64
  ireekit tune model.mlir --stock --spec spec.mlir
  iree-compile model.mlir --iree-codegen-tuning-spec-path=spec.mlir ...
"""
_UNITS = {"s": 1, "m": 60, "h": 3600}
_HEADERS = ("dispatch", "ms", "tried", "time", "configuration")
_REFUSED = {"--weights": "weights", "--dump": "dump", "--tuning": "tuning", "--verify": "verify", "--cache": "cache"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.epilog = _EPILOG
    parser.add_argument("model", metavar="MODEL", help="file or TensorFlow SavedModel folder")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="tuning file (default: MODEL.tuning.json)")
    parser.add_argument("--spec", type=Path, metavar="FILE", help="also write a tuning specification for iree-compile")
    parser.add_argument("--stock", action="store_true", help="tune what the stock iree-compile makes: without passes")
    parser.add_argument(
        "--forms", action="store_true", help="also try options of passes, and to leave passes out, on the whole model"
    )
    parser.add_argument(
        "--budget", type=_seconds, default=600.0, metavar="TIME", help="of the search: 90s, 10m, 1h (default: 10m)"
    )
    parser.add_argument("--top", type=_positive, default=10, metavar="N", help="how many dispatches (default: 10)")
    parser.add_argument("--candidates", type=_positive, default=64, metavar="N", help="for each (default: 64)")
    parser.add_argument("--threads", type=_positive, default=1, metavar="N", help="that run the program (default: 1)")
    parser.add_argument("--jobs", type=_positive, metavar="N", help="compilations at a time (default: one a CPU)")
    parser.add_argument("--timeout", type=_seconds, default=60.0, metavar="TIME", help="of a candidate (default: 60s)")
    parser.add_argument("--database", type=Path, metavar="FILE", help="of measurements (default: in the cache folder)")
    parser.add_argument("--dask", metavar="ADDRESS", help="compile candidates on the workers of a Dask scheduler")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the order of candidates (default: 0)")
    parser.add_argument("--function", metavar="NAME", help="entry point (default: the only one, or main)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_compile_arguments(parser, default_target="cpu")


def run(arguments: argparse.Namespace) -> int:
    """Tune a model, write the file, and say what it brings."""
    from ireekit.tuning import specification, tune

    _check(arguments)
    model = Path(arguments.model)
    output: Path = arguments.output or _beside(model)
    for file in (output, arguments.spec):
        if file is not None:
            _check_output(file)
    try:
        with _progress(arguments) as progress:
            result = tune(
                model,
                pipeline=_pipeline(arguments),
                target=joined_targets(arguments, "cpu"),
                top=arguments.top,
                budget=arguments.budget,
                threads=arguments.threads,
                jobs=arguments.jobs,
                candidates=arguments.candidates,
                timeout=arguments.timeout,
                database=arguments.database,
                dask=arguments.dask,
                seed=arguments.seed,
                progress=progress,
                compile_options={
                    **shaping_options(arguments),
                    "frontend_settings": dict(arguments.frontend_setting),
                },
                entry_point=arguments.function,
                forms=arguments.forms,
            )
    except KeyboardInterrupt:
        tell("what was measured is kept: the same command goes on from there")
        raise
    result.tuning.save(output)
    if arguments.spec is not None:
        _write_specification(arguments.spec, specification(result))
    if arguments.json:
        print_json(_data(result, output))
    elif not arguments.quiet:
        print_table(_HEADERS, [_row(each) for each in result.dispatches])
        print(_summary(result, output))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for option, name in _REFUSED.items():
        if getattr(arguments, name):
            arguments.usage_error(f"{option} does not go with tune")
    if arguments.stock and (arguments.pipeline or arguments.load):
        arguments.usage_error("--stock is without a pipeline")


def _pipeline(arguments: argparse.Namespace) -> Pipeline:
    from ireekit.facade import Pipeline

    return Pipeline("stock") if arguments.stock else load_pipeline(arguments.pipeline, arguments.load)


def _check_output(output: Path) -> None:
    """Refuse before the search what would fail after it."""
    from ireekit.errors import TuningError

    if output.is_dir():
        raise TuningError(f"the output {output} is a folder", remedy="give a file")
    if not output.parent.is_dir():
        raise TuningError(f"the folder of the output {output} does not exist", remedy=f"mkdir -p {output.parent}")
    if not os.access(output.parent, os.W_OK):
        raise TuningError(f"the folder of the output {output} cannot be written to", remedy="choose another: -o FILE")


def _write_specification(path: Path, made: Any) -> None:
    from ireekit.errors import TuningError
    from ireekit.files import write_atomically

    try:
        write_atomically(path, made.text.encode())
    except OSError as error:
        raise TuningError(f"cannot write {path}: {error.strerror or error}") from None
    for name in made.left_out:
        tell(f"note: {name} cannot be matched by a specification; the tuning file has it")


@contextmanager
def _progress(arguments: argparse.Namespace) -> Generator[Callable[[str], None]]:
    from ireekit.compiler.progress import ProgressLine

    with ProgressLine("tuning", not arguments.quiet) as line:
        yield line.show


def _row(each: DispatchOutcome) -> tuple[str, ...]:
    if each.best is not None:
        tiles = ", ".join(f"{level} {list(sizes)}" for level, sizes in each.best.lowering.tiles.items())
        flags = "".join(f" {flag}" for flag in each.best.translation.flags)
        what = f"{tiles}, {each.best.translation.pipeline}{flags}"
    else:
        what = each.obstacle or "as it was: nothing better found"
    return (
        each.name.partition("_dispatch_")[2] or each.name,
        f"{each.milliseconds:.3f}",
        str(each.tried),
        _share(each),
        what,
    )


def _share(each: DispatchOutcome) -> str:
    return f"{100 * each.ratio:.0f}%" if each.reference is not None else ""


def _summary(result: TuneResult, output: Path) -> str:
    before, after = result.before_milliseconds, result.after_milliseconds
    kernels, forms = len(result.tuning.kernels), "".join(f", {each}" for each in result.tuning.forms)
    ended = "all searches ended" if result.finished else "the budget was spent; the same command goes on"
    times = f"dispatches {before:.3f} ms before, {after:.3f} ms after"
    return (
        f"{output}: {counted(kernels, 'kernel')} tuned{forms}; {times}; "
        f"{result.measured} measured, {result.known} known; {ended}"
    )


def _data(result: TuneResult, output: Path) -> dict[str, Any]:
    return {
        "file": str(output),
        "before_ms": result.before_milliseconds,
        "after_ms": result.after_milliseconds,
        "finished": result.finished,
        "measured": result.measured,
        "known": result.known,
        "forms": list(map(str, result.tuning.forms)),
        "dispatches": [
            {
                "name": each.name,
                "key": each.key,
                "ms": each.milliseconds,
                "tried": each.tried,
                "ratio": each.ratio,
                "configuration": None if each.best is None else str(each.best),
                "obstacle": each.obstacle or None,
            }
            for each in result.dispatches
        ],
    }


def _beside(model: Path) -> Path:
    resolved = model.resolve()
    return resolved.with_name(f"{resolved.name if resolved.is_dir() else resolved.stem}.tuning.json")


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 90s, 10m or 1h")
    return float(match[1]) * _UNITS[match[2] or "s"]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)
