"""``mypipeline.compile(model, target="cpu")``."""

from __future__ import annotations

from pathlib import Path

from suite.engines import Built, Run, iree_program
from suite.engines.iree_program import arrays
from suite.engines.timing import Timed
from suite.folders import ModelFolder
from suite.imports import imported

__all__ = ["arrays", "build", "load"]


def build(model: ModelFolder, out: Path) -> Built:
    module = imported(model)
    import mypipeline

    with Timed() as timed:
        artifact = mypipeline.compile(module, target="cpu", cache=False, progress=False)
    artifact.save(out / "model.vmfb")
    return Built(
        timed.seconds,
        timed.cpu_seconds,
        artifact.size,
        "; ".join(artifact.metadata.remarks if artifact.metadata else ()),
    )


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    return iree_program.load(model, out / "model.vmfb", threads)
