"""A model's folder: what every engine is given, whatever its environment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = list[NDArray[Any]]


@dataclass(frozen=True)
class ModelFolder:
    """Files that :mod:`suite.reference` and :mod:`suite.importing` write, by the model's name in the zoo.

    Attributes:
      name: of the model.
      path: of the folder.
    """

    name: str
    path: Path

    @property
    def weights(self) -> Path:
        """A state dictionary of torch."""
        return self.path / "weights.pt"

    @property
    def onnx(self) -> Path:
        return self.path / "model.onnx"

    @property
    def bytecode(self) -> Path:
        """MLIR as ireekit's torch frontend imports it."""
        return self.path / "model.mlirbc"

    @property
    def import_state(self) -> Path:
        """What the bytecode was made with and is, or why it is missing."""
        return self.path / "import.json"

    def inputs(self) -> Arrays:
        return read_arrays(self.path / "inputs.npz")

    def expected(self) -> Arrays:
        """What torch computes, eagerly."""
        return read_arrays(self.path / "expected.npz")

    def facts(self) -> dict[str, Any]:
        """Versions, and under ``problems`` why the ONNX file is missing."""
        return json.loads((self.path / "facts.json").read_text())

    def imported(self) -> dict[str, str]:
        """Under ``digest`` what the import was made with, and either ``content``, a digest of it, or ``problem``."""
        return json.loads(self.import_state.read_text()) if self.import_state.exists() else {}

    def problem(self, part: str) -> str | None:
        """Why ``part`` (``"onnx"``, ``"import"``) could not be made."""
        if part == "import":
            return self.imported().get("problem")
        return self.facts()["problems"].get(part)


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Arrays by position."""
    np.savez(path, *arrays)


def read_arrays(path: Path) -> Arrays:
    """Arrays by position."""
    with np.load(path) as loaded:
        return [loaded[f"arr_{index}"] for index in range(len(loaded.files))]


def digest_of(*parts: str | bytes) -> str:
    """Twelve hexadecimal digits that name ``parts``."""
    import hashlib

    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
        found.update(b"\0")
    return found.hexdigest()[:12]
