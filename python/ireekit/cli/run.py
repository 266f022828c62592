"""``ireekit run``."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.cli.guard import tell
from ireekit.cli.options import add_compile_arguments, compile_model, given_compile_options, joined_targets

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.runtime import Program
    from ireekit.signature import EntryPoint

_EPILOG = """\
inputs, in the order of the entry point's, or NAME=... anywhere:
  --input 1x3x224x224xf32=0        one value for all elements
  --input '2x2xi32=[[1 2][3 4]]'   every element; brackets and commas are optional
  --input 4xf32=random:7           random values, seed 7 (also: random)
  --input 2x2xf32=@raw.bin         raw little-endian bytes
  --input x.npy, --input all.npz   arrays; those of an .npz go by name, arr_N by position
  --input 3.14, --input random     shape and data type as the program declares them

examples:
  ireekit run model.vmfb --input x.npy --output y.npz
  ireekit run model.onnx --device vulkan --input random --repeat 20
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.epilog = _EPILOG
    parser.add_argument("model", metavar="ARTIFACT_OR_MODEL", help="a .vmfb, or a model to compile first")
    parser.add_argument("--device", help="see `ireekit devices` (default: one the program was compiled for)")
    parser.add_argument("--function", metavar="NAME", help="entry point (default: the only one, or main)")
    parser.add_argument("--input", action="append", default=[], metavar="SPEC", help="see below; may be repeated")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write results to an .npz or .npy")
    parser.add_argument(
        "--parameters",
        action="append",
        default=[],
        metavar="[SCOPE=]FILE",
        help="archive of weights, where it is not beside the program",
    )
    parser.add_argument("--repeat", type=_positive, metavar="N", help="call N times more and print times")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="compare results with an .npz or .npy")
    parser.add_argument("--rtol", type=float, default=1e-4, help="relative tolerance (default: 1e-4)")
    parser.add_argument("--atol", type=float, default=1e-5, help="absolute tolerance (default: 1e-5)")
    add_compile_arguments(parser, default_target="that of --device, else cpu")


def run(arguments: argparse.Namespace) -> int:
    """Run one entry point; 1 where results differ from those expected."""
    from ireekit.cli.input_spec import parse_input
    from ireekit.cli.input_values import bind_inputs
    from ireekit.cli.results import check_output, compare, named_results, print_results, save_results

    # Parsed before anything is compiled: a typing error should not cost a compilation.
    specs = [parse_input(text) for text in arguments.input]
    program = _flattened(_artifact(arguments)).load(arguments.device, parameters=_parameters(arguments))
    entry, function = _function(program, arguments.function)
    if arguments.output is not None:
        check_output(arguments.output, entry)
    values = bind_inputs(specs, entry)
    results = named_results(entry, function(*values, returns="numpy"))
    if not arguments.quiet:
        print_results(results)
    if arguments.output is not None:
        save_results(results, arguments.output)
    if arguments.repeat:
        print(_times(lambda: function(*values, returns="numpy"), arguments.repeat))
    if arguments.expected is None:
        return 0
    differences = compare(results, arguments.expected, rtol=arguments.rtol, atol=arguments.atol)
    if differences:
        tell("\n".join(["results differ from those expected:", *(f"  {line}" for line in differences[:18])]))
        return 1
    print(f"results are as in {arguments.expected}")
    return 0


def _artifact(arguments: argparse.Namespace) -> Artifact:
    from ireekit.artifact import Artifact

    if not _is_model(Path(arguments.model)):
        if given := given_compile_options(arguments):
            arguments.usage_error(f"{given[0]} is for models; {arguments.model} is compiled already")
        return Artifact.open(arguments.model)
    target = joined_targets(arguments, "cpu" if arguments.device is None else _target_of(arguments.device))
    return compile_model(arguments, target=target)


def _is_model(path: Path) -> bool:
    from ireekit.frontends.registry import FRONTENDS

    return path.is_dir() or any(path.suffix in frontend.suffixes for frontend in FRONTENDS)


def _target_of(device: str) -> str:
    from ireekit.runtime import open_device
    from ireekit.targets import target_of_device

    info = open_device(device).info
    return target_of_device(info.driver, info.name) or "cpu"


def _flattened(artifact: Artifact) -> Artifact:
    """The same program, called with flat lists of arrays: what a command line can give and print."""
    from dataclasses import replace

    from ireekit.artifact import Artifact
    from ireekit.signature import EntryPoint

    if artifact.metadata is None:
        return artifact
    entries = tuple(
        EntryPoint.flat(entry.name, entry.inputs, entry.results, stateful=entry.stateful)
        for entry in artifact.metadata.entry_points
    )
    return Artifact(artifact.path or artifact.data, replace(artifact.metadata, entry_points=entries))


def _function(program: Program, name: str | None) -> tuple[EntryPoint, Callable[..., Any]]:
    from ireekit.errors import InputError

    entries = {entry.name: entry for entry in program.entry_points}
    if name is None:
        name = next(iter(entries)) if len(entries) == 1 else "main"
        if name not in entries:
            raise InputError(
                "the program has several entry points and none is named main",
                remedy=f"choose one: --function {next(iter(entries))}; it has {', '.join(entries)}",
            )
    function = program[name]
    return entries[name], function


def _parameters(arguments: argparse.Namespace) -> dict[str, str] | str | None:
    given = [text.partition("=") for text in arguments.parameters]
    if not given:
        return None
    if len(given) == 1 and not given[0][1]:
        return given[0][0]
    if any(not separator for _, separator, _ in given):
        arguments.usage_error("several archives need their scopes: --parameters SCOPE=FILE")
    return {scope: path for scope, _, path in given}


def _times(call: Callable[[], Any], count: int) -> str:
    spent: list[float] = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        spent.append(1000 * (time.perf_counter() - started))
    return f"{count} calls: min {min(spent):.3f} ms, median {statistics.median(spent):.3f} ms"


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of calls")
    return int(text)
