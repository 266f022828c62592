"""``mypipeline.compile(model, target="cpu")``."""

from __future__ import annotations

import mmap
from pathlib import Path

from suite.engines import Built, Run, iree_program
from suite.engines.iree_program import arrays
from suite.engines.timing import Timed
from suite.folders import ModelFolder

__all__ = ["arrays", "build", "load"]


def build(model: ModelFolder, out: Path) -> Built:
    described = iree_program.described(model)
    import mypipeline
    from ireekit.bindings import CompilerSession
    from ireekit.bindings.bytecode import parse_aligned
    from ireekit.frontends import ImportedModule
    from ireekit.signature import EntryPoint

    content = model.bytecode.read_bytes()
    memory = mmap.mmap(-1, len(content))
    memory.write(content)
    imported = ImportedModule(
        parse_aligned(memory, CompilerSession().context),
        tuple(EntryPoint.from_json(entry) for entry in described["entry_points"]),
        described["input_type"],
        described["framework"],
        compiler_flags=tuple(described["flags"]),
    )
    with Timed() as timed:
        artifact = mypipeline.compile(imported, target="cpu", cache=False, progress=False)
    artifact.save(out / "model.vmfb")
    return Built(timed.seconds, timed.cpu_seconds, artifact.size)


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    return iree_program.load(model, out / "model.vmfb", threads)
