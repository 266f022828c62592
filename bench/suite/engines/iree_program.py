"""Running a ``.vmfb`` with ireekit's runtime, the same way for every compiler that made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from suite.engines import Run
from suite.failures import BenchError
from suite.folders import Arrays, ModelFolder


def described(model: ModelFolder) -> dict[str, Any]:
    """What the import says of the bytecode.

    Raises:
      BenchError: the model could not be imported.
    """
    if problem := model.problem("import"):
        raise BenchError(f"import: {problem}")
    return json.loads(model.bytecode.with_suffix(".json").read_text())


def load(model: ModelFolder, program: Path, threads: int) -> Run:
    """One thread: the calling one (``local-sync``); more: as many workers (``local-task``), not pinned."""
    from ireekit.runtime import Program, empty
    from ireekit.signature import EntryPoint

    entries = [EntryPoint.from_json(entry) for entry in described(model)["entry_points"]]
    device = "cpu-sync" if threads == 1 else f"cpu?threads={threads}"
    loaded = Program.load(program, device=device, entry_points=entries)
    inputs: list[Any] = []
    for array in model.inputs():
        aligned = empty(array.shape, array.dtype.name)
        aligned[...] = array
        inputs.append(aligned)
    function = loaded.main
    return lambda: function(*inputs)


def arrays(result: Any) -> Arrays:
    return list(result) if isinstance(result, tuple | list) else [result]
