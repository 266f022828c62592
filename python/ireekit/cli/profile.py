"""``ireekit profile``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.cli.guard import tell
from ireekit.cli.options import (
    add_compile_arguments,
    compile_model,
    given_compile_options,
    joined_targets,
    load_pipeline,
)
from ireekit.cli.output import print_json, print_table

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.profiling import DispatchFacts
    from ireekit.signature import EntryPoint

_EPILOG = """\
A model is compiled first, which tells the work and the layers of each dispatch. Of a .vmfb only the names of dispatches
are known. Inputs are given as for `ireekit run`; without them values are random.

columns:
  ms         in one call, the least of all calls      GFLOP, MB  arithmetic and memory traffic it needs at least
  bound      which of both takes the machine longer   % of roof  share of its time that the machine needs at least
  lost ms    what could be won at most                from       layer and source line (+ how many further layers)

examples:
  ireekit profile model.onnx
  ireekit profile model.mlir --device 'cpu?threads=2' --top 10 --markdown
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.epilog = _EPILOG
    parser.add_argument("model", metavar="MODEL_OR_ARTIFACT", help="a model to compile, or a .vmfb")
    parser.add_argument(
        "--device", default="cpu-sync", help="cpu-sync (one thread), cpu or cpu?threads=N (default: cpu-sync)"
    )
    parser.add_argument("--function", metavar="NAME", help="entry point (default: the only one, or main)")
    parser.add_argument("--input", action="append", default=[], metavar="SPEC", help="as for `ireekit run`")
    parser.add_argument("--calls", type=_positive, default=20, metavar="N", help="how many to measure (default: 20)")
    parser.add_argument("--top", type=_positive, metavar="N", help="print only the N longest")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument(
        "--measure-machine", action="store_true", help="measure anew what the machine can do, and say it"
    )
    add_compile_arguments(parser, default_target="cpu")


def run(arguments: argparse.Namespace) -> int:
    """Print where the time of a call goes."""
    from ireekit.cli.input_spec import parse_input
    from ireekit.cli.input_values import bind_inputs
    from ireekit.profiling import measured_machine, profile
    from ireekit.profiling.api import chosen_entry_point, thread_count
    from ireekit.profiling.output import HEADERS, markdown, rows, summary, table_comparison

    specs = [parse_input(text) for text in arguments.input]
    artifact, facts = _artifact(arguments)
    if arguments.measure_machine:
        measured = measured_machine(thread_count(arguments.device), again=True)
        tell("\n".join(table_comparison(measured)))
    entry: EntryPoint = chosen_entry_point(artifact, arguments.function)
    found = profile(
        artifact,
        *(bind_inputs(specs, entry) if specs else ()),
        facts=facts,
        entry_point=entry.name,
        device=arguments.device,
        calls=arguments.calls,
    )
    if arguments.json:
        print_json(found.to_json())
    elif arguments.markdown:
        print(markdown(found, limit=arguments.top))
    else:
        print("\n".join(summary(found)))
        print()
        print_table(HEADERS, rows(found, limit=arguments.top))
    return 0


def _artifact(arguments: argparse.Namespace) -> tuple[Artifact, list[DispatchFacts]]:
    from ireekit.artifact import Artifact
    from ireekit.frontends.registry import FRONTENDS
    from ireekit.profiling.api import collecting

    path = Path(arguments.model)
    if not path.is_dir() and not any(path.suffix in frontend.suffixes for frontend in FRONTENDS):
        if given := given_compile_options(arguments):
            arguments.usage_error(f"{given[0]} is for models; {arguments.model} is compiled already")
        return Artifact.open(path), []
    pipeline, facts = collecting(load_pipeline(arguments.pipeline, arguments.load))
    arguments.no_cache = True  # what comes from the cache tells nothing of its dispatches
    return compile_model(arguments, target=joined_targets(arguments, "cpu"), pipeline=pipeline), facts


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)
