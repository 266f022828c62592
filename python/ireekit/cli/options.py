"""Options shared by the commands that compile, and the compilation they ask for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.cli.guard import tell

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.facade import Pipeline
    from ireekit.pipeline import PipelineDefinition

DEFAULT_PIPELINE = "mypipeline"


def add_compile_arguments(parser: argparse.ArgumentParser, *, default_target: str) -> None:
    """Add the options of a compilation; ``default_target`` is for the help text."""
    group = parser.add_argument_group("compilation")
    group.add_argument(
        "-p",
        "--pipeline",
        metavar="NAME",
        help=f"installed pipeline to compile with (default: {DEFAULT_PIPELINE})",
    )
    group.add_argument(
        "--load",
        action="append",
        default=[],
        metavar="FILE",
        help="Python file with pipelines: the one it has, or that of --pipeline; may be repeated",
    )
    group.add_argument(
        "-t",
        "--target",
        action="append",
        metavar="TARGET[,TARGET]",
        help=f"what to compile for, see `ireekit targets` (default: {default_target})",
    )
    group.add_argument(
        "-O",
        dest="optimize",
        choices=("0", "1", "2", "3"),
        help="optimization level (default: 2 for cpu, 1 for others)",
    )
    group.add_argument(
        "--data-types",
        action="append",
        default=[],
        type=_pairs,
        metavar="FROM=TO[,...]",
        help="convert the whole program, e.g. f32=f16",
    )
    group.add_argument("--weights", type=Path, metavar="FILE", help="write weights to this .irpa or .safetensors file")
    group.add_argument("--dump", type=Path, metavar="DIR", help="write the IR after each phase and pass")
    group.add_argument(
        "--flag",
        action="append",
        default=[],
        metavar="FLAG",
        help="further flag of iree-compile: --flag=--iree-...; flags may also follow --",
    )
    group.add_argument(
        "--frontend-setting",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="setting of the frontend; VALUE is JSON or plain text",
    )
    group.add_argument("--tuning", type=Path, metavar="FILE", help="configurations that `ireekit tune` found")
    cache = group.add_mutually_exclusive_group()
    cache.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    cache.add_argument("--cache", type=Path, metavar="DIR", help="folder of the cache")
    group.add_argument("--verify", action="store_true", help="verify the IR after each compiler pass")
    progress = group.add_mutually_exclusive_group()
    progress.add_argument("-q", "--quiet", action="store_true", help="no progress, no summary")
    progress.add_argument("--progress", action="store_true", help="show progress even outside a terminal")


def given_compile_options(arguments: argparse.Namespace) -> list[str]:
    """Names of the compile options on the command line, for commands that must refuse them."""
    table = {
        "--pipeline": arguments.pipeline,
        "--load": arguments.load,
        "--target": arguments.target,
        "-O": arguments.optimize,
        "--data-types": arguments.data_types,
        "--weights": arguments.weights,
        "--dump": arguments.dump,
        "--tuning": arguments.tuning,
        "--flag": arguments.flag,
        "--frontend-setting": arguments.frontend_setting,
        "--no-cache": arguments.no_cache,
        "--cache": arguments.cache,
        "--verify": arguments.verify,
        "--": arguments.trailing_flags,
    }
    return [name for name, value in table.items() if value]


def load_pipeline(name: str | None, files: Sequence[str] = ()) -> Pipeline:
    """The pipeline to compile with: of Python ``files``, where they have it, else an installed one.

    Raises:
      PipelineError: there is none of that name, it cannot be imported, or cannot compile.
    """
    from ireekit.errors import PipelineError
    from ireekit.facade import Pipeline
    from ireekit.pipeline import find_pipeline

    found = _in_files(name, files)
    if found is None:
        installed = find_pipeline(name or DEFAULT_PIPELINE)
        found, where = installed.load(), installed.reference
    else:
        where = f"pipeline {found.name!r}"
    if not isinstance(found, Pipeline):
        raise PipelineError(
            f"{where} is a {type(found).__name__}, which cannot compile by itself", remedy="make it an ireekit.Pipeline"
        )
    return found


def _in_files(name: str | None, files: Sequence[str]) -> PipelineDefinition | None:
    if not files:
        return None
    from ireekit.cli.loading import load_file
    from ireekit.errors import PipelineError

    found = [pipeline for file in files for pipeline in load_file(file).pipelines]
    wanted = found if name is None else [pipeline for pipeline in found if pipeline.name == name]
    if len(wanted) > 1:
        names = ", ".join(pipeline.name for pipeline in wanted)
        raise PipelineError(f"there are several pipelines: {names}", remedy="choose one with --pipeline NAME")
    if name is None and not wanted:
        raise PipelineError(f"there is no pipeline in {', '.join(files)}", remedy="define an ireekit.Pipeline in it")
    return wanted[0] if wanted else None


def compile_model(
    arguments: argparse.Namespace, *, target: str, pipeline: Pipeline | None = None, **further: Any
) -> Artifact:
    """Compile ``arguments.model`` as the options say, with ``further`` arguments of :meth:`ireekit.Pipeline.compile`.

    Args:
      arguments: of the command.
      target: what to compile for.
      pipeline: to compile with, in place of the one the options name.
      further: arguments that have no option.

    Raises:
      IreekitError: see :meth:`ireekit.Pipeline.compile`.
    """
    artifact = (pipeline or load_pipeline(arguments.pipeline, arguments.load)).compile(
        Path(arguments.model),
        target=target,
        weights=arguments.weights,
        dump=arguments.dump,
        progress=_progress(arguments),
        cache=False if arguments.no_cache else arguments.cache or True,
        verify=arguments.verify,
        frontend_settings=dict(arguments.frontend_setting),
        tuning=arguments.tuning,
        **shaping_options(arguments),
        **further,
    )
    tell_notes(target)
    return artifact


def shaping_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that every kind of compilation takes, as keyword arguments."""
    return {
        "optimize": f"O{arguments.optimize}" if arguments.optimize else None,
        "data_types": {source: to for pairs in arguments.data_types for source, to in pairs},
        "flags": (*arguments.flag, *arguments.trailing_flags),
    }


def joined_targets(arguments: argparse.Namespace, default: str) -> str:
    """All targets on the command line as one text."""
    return ",".join(arguments.target or [default])


def tell_notes(target: str) -> None:
    """Tell where compiled code differs from what a target's name promises."""
    from ireekit.targets import parse_targets

    for each in parse_targets(target).targets:
        if each.note:
            tell(f"note: {each}: {each.note}")


def _progress(arguments: argparse.Namespace) -> bool | None:
    if arguments.quiet:
        return False
    return True if arguments.progress else None


def _pairs(text: str) -> list[Sequence[str]]:
    pairs = [part.split("=") for part in text.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form FROM=TO, e.g. f32=f16")
    return [tuple(pair) for pair in pairs]


def _setting(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not key or not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form KEY=VALUE")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value
