"""``ireekit compile``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.cli.observation import add_observation_arguments, given_observation, observed
from ireekit.cli.options import (
    add_compile_arguments,
    compile_model,
    joined_targets,
    load_pipeline,
    shaping_options,
    tell_notes,
)
from ireekit.cli.output import human_bytes
from ireekit.cli.reports import REPORTS, print_report

if TYPE_CHECKING:
    from ireekit.artifact import Artifact

_EPILOG = """\
examples:
  ireekit compile model.onnx
  ireekit compile model.mlir -o out.vmfb --target cpu,vulkan -O3 --report size
  ireekit compile model.mlir --target cpu:cortex-m7 --static-library firmware --name model
  ireekit compile model.mlir --timing --print-ir-after iree-flow-outline-dispatch-regions
  ireekit compile model.mlir -- --iree-llvmcpu-stack-allocation-limit=262144
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.epilog = _EPILOG
    parser.add_argument("model", metavar="MODEL", help="file or TensorFlow SavedModel folder")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: MODEL.vmfb")
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        choices=REPORTS,
        help="also print where bytes or seconds went, or which passes ran; may be repeated",
    )
    add_compile_arguments(parser, default_target="cpu")
    add_observation_arguments(parser)
    bare = parser.add_argument_group("bare metal")
    bare.add_argument(
        "--static-library",
        type=Path,
        metavar="DIR",
        help="write NAME.o, NAME.h and NAME.c instead of a .vmfb",
    )
    bare.add_argument("--name", help="of these files (default: model)")


def run(arguments: argparse.Namespace) -> int:
    """Compile a model and say in one line what came of it."""
    if arguments.static_library is not None:
        return _static_library(arguments)
    if arguments.name is not None:
        arguments.usage_error("--name goes with --static-library")
    output: Path = arguments.output or _default_output(Path(arguments.model))
    _check_output(output, Path(arguments.model))
    started = time.perf_counter()
    with observed(arguments) as further:
        artifact = compile_model(arguments, target=joined_targets(arguments, "cpu"), **further)
    artifact.save(output)
    if not arguments.quiet:
        print(_summary(artifact, output, time.perf_counter() - started))
    for report in arguments.report:
        print_report(report, artifact)
    return 0


def _static_library(arguments: argparse.Namespace) -> int:
    refused = {
        "--output": arguments.output,
        "--weights": arguments.weights,
        "--dump": arguments.dump,
        "--cache": arguments.cache,
        "--tuning": arguments.tuning,
        "--verify": arguments.verify,
        **dict.fromkeys(given_observation(arguments), True),
        "--report": [kind for kind in arguments.report if kind != "size"],
    }
    for option, value in refused.items():
        if value:
            arguments.usage_error(f"{option} does not go with --static-library")
    target = joined_targets(arguments, "cpu")
    started = time.perf_counter()
    library = load_pipeline(arguments.pipeline, arguments.load).compile_static_library(
        Path(arguments.model),
        folder=arguments.static_library,
        target=target,
        name=arguments.name or "model",
        frontend_settings=dict(arguments.frontend_setting),
        **shaping_options(arguments),
    )
    tell_notes(target)
    if not arguments.quiet:
        files = (library.object_file, library.header, library.c_source)
        names = ", ".join(entry.name for entry in library.entry_points)
        print(
            f"{', '.join(map(str, files))}: text {human_bytes(library.sizes.get('text', 0))}, {target}, "
            f"entry points: {names}, {time.perf_counter() - started:.2f} s"
        )
    if arguments.report:
        print(library)
    return 0


def _default_output(model: Path) -> Path:
    # The name of a folder has no suffix to replace, whatever dots are in it.
    return model.resolve().with_name(f"{model.resolve().name}.vmfb") if model.is_dir() else model.with_suffix(".vmfb")


def _check_output(output: Path, model: Path) -> None:
    """Refuse before the compilation what would fail after it."""
    from ireekit.errors import ArtifactError

    if output == model or (output.exists() and model.exists() and output.samefile(model)):
        raise ArtifactError(f"the output {output} is the model itself", remedy="give another file: -o out.vmfb")
    if output.is_dir():
        raise ArtifactError(f"the output {output} is a folder", remedy=f"give a file: -o {output / 'out.vmfb'}")
    if output.parent.is_file():
        raise ArtifactError(f"{output.parent} is a file, not a folder", remedy="give another output: -o out.vmfb")
    if not output.parent.is_dir():
        raise ArtifactError(f"the folder of the output {output} does not exist", remedy=f"mkdir -p {output.parent}")


def _summary(artifact: Artifact, output: Path, seconds: float) -> str:
    names = ", ".join(entry.name for entry in artifact.entry_points)
    size = human_bytes(artifact.size)
    external = sum(reference.byte_size for reference in artifact.metadata.parameters) if artifact.metadata else 0
    if external:
        size += f" and weights of {human_bytes(external)}"
    targets = ",".join(map(str, artifact.targets))
    origin = ", from the cache" if artifact.from_cache else ""
    return f"{output}: {size}, {targets}, entry points: {names}, {seconds:.2f} s{origin}"
