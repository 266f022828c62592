"""Programs for bare metal: a static library of kernels and the schedule as C source, for IREE's C runtime."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ireekit.artifact.files import write_atomically
from ireekit.bindings.elf import loaded_sizes
from ireekit.compiler.host import TargetLike, import_for, run_phases
from ireekit.compiler.options import CompileOptions
from ireekit.errors import ArtifactError, TargetError
from ireekit.frontends import ImportOptions
from ireekit.pipeline import PipelineDefinition
from ireekit.signature import EntryPoint
from ireekit.targets import parse_targets


@dataclass(frozen=True)
class StaticLibrary:
    """What was written.

    Attributes:
      object_file: kernels and constants, for the target's linker.
      header: declares the library's query function.
      c_source: the program over IREE's VM, in C.
      entry_points: its callables.
      sizes: bytes by file name, and ``"text"``, ``"rodata"``, ``"data"``, ``"bss"`` of the object file.
    """

    object_file: Path
    header: Path
    c_source: Path
    entry_points: tuple[EntryPoint, ...]
    sizes: Mapping[str, int]

    def __str__(self) -> str:
        return "\n".join(f"{size:>12,}  {name}" for name, size in self.sizes.items())


def compile_static_library(
    pipeline: PipelineDefinition,
    model: Any,
    inputs: Sequence[Any],
    folder: str | os.PathLike[str],
    *,
    name: str = "model",
    target: TargetLike,
    options: CompileOptions | None = None,
    keyword_inputs: Mapping[str, Any] | None = None,
    dynamic_shapes: Any = None,
    import_options: ImportOptions | None = None,
) -> StaticLibrary:
    """Compile ``model`` to ``NAME.o``, ``NAME.h`` and ``NAME.c`` in ``folder``; all of them or none.

    Raises:
      TargetError: the target is not a single CPU architecture.
      ArtifactError: the folder cannot be written.
    """
    targets = parse_targets(target)
    if len(targets.targets) != 1 or not targets.targets[0].row.static_library:
        raise TargetError(
            f"no static library can be made for {targets}",
            remedy="one CPU architecture, e.g. target='cpu:cortex-m7'",
        )
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ArtifactError(f"{name!r} cannot be the name of files", remedy="use letters, digits, _, - and .")
    options = replace(options or CompileOptions(), cache=False).on(targets)
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ireekit-", dir=folder) as temporary:
            made = Path(temporary) / f"{name}.o"
            session = import_for(
                pipeline,
                model,
                inputs,
                target=targets,
                options=options,
                extra_flags=_flags(made),
                keyword_inputs=keyword_inputs,
                dynamic_shapes=dynamic_shapes,
                import_options=import_options,
            )
            source = run_phases(pipeline, session, options, c_source=True)
            files = {
                f"{name}.o": made.read_bytes(),
                f"{name}.h": made.with_suffix(".h").read_bytes(),
                f"{name}.c": source,
            }
        for file, data in files.items():
            write_atomically(folder / file, data)
    except OSError as error:
        raise ArtifactError(f"cannot write into {folder}: {error.strerror or error}") from None
    return StaticLibrary(
        folder / f"{name}.o",
        folder / f"{name}.h",
        folder / f"{name}.c",
        session.imported.entry_points,
        {file: len(data) for file, data in files.items()} | loaded_sizes(files[f"{name}.o"]),
    )


def _flags(object_file: Path) -> tuple[str, ...]:
    return (
        "--iree-llvmcpu-link-embedded=false",
        "--iree-llvmcpu-link-static",
        f"--iree-llvmcpu-static-library-output-path={object_file}",
        "--iree-torch-emit-async-entry-points=false",
    )
