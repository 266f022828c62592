"""Imports a model of the zoo into its folder, as MLIR. Run as a process of its own.

python -m suite.importing MODEL FOLDER
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path

from suite.folders import ModelFolder, digest_of

_FRONTEND = "torch"
_PACKAGES = ("iree-base-compiler", "torch", "transformers")


def import_digest() -> str:
    """Names what shapes an import besides the model: sources of ireekit's frontend, and versions."""
    from importlib.metadata import version

    import ireekit.frontends

    folder = Path(ireekit.frontends.__file__).parent
    files = [*folder.glob("*.py"), *folder.joinpath(_FRONTEND).rglob("*.py")]
    sources = (file.read_bytes() for file in sorted(files))
    return digest_of(Path(__file__).read_bytes(), *sources, *(f"{each} {version(each)}" for each in _PACKAGES))


def make(folder: ModelFolder) -> None:
    """Write the bytecode and what belongs to it; where the model cannot be imported, why."""
    from ireekit.files import write_atomically
    from suite.failures import one_line

    state = {"digest": import_digest()}
    try:
        content, described = _imported(folder.name)
    except Exception as error:  # whatever a frontend raises is a cell of the table
        state["problem"] = one_line(error)
    else:
        write_atomically(folder.bytecode, content)
        write_atomically(folder.bytecode.with_suffix(".json"), described)
        state["content"] = digest_of(content, described)
    write_atomically(folder.import_state, json.dumps(state).encode())


def _imported(name: str) -> tuple[bytes, bytes]:
    from ireekit import Pipeline
    from ireekit.bindings.bytecode import write_aligned
    from suite.reference import built

    model, inputs = built(name)
    imported = Pipeline("bench").import_model(model, *inputs)
    described = {
        "entry_points": [entry.to_json() for entry in imported.entry_points],
        "input_type": imported.input_type,
        "framework": imported.framework,
        "flags": list(imported.compiler_flags),
    }
    return bytes(write_aligned(imported.module.operation)), json.dumps(described).encode()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    make(ModelFolder(sys.argv[1], Path(sys.argv[2])))
