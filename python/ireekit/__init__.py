"""ireekit: compiler plugins in Python on the real MLIR bindings of IREE.

Everything is loaded when first used; importing this package costs milliseconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.errors import IreekitError
    from ireekit.facade import Pipeline
    from ireekit.frontends import ImportedModule, entry
    from ireekit.passes import NativePasses, Pass, find, walk
    from ireekit.runtime import Program, devices
    from ireekit.targets import Target

__all__ = [
    "Artifact",
    "ImportedModule",
    "IreekitError",
    "NativePasses",
    "Pass",
    "Pipeline",
    "Program",
    "Target",
    "devices",
    "entry",
    "find",
    "load",
    "walk",
]

_HOMES = {
    "Artifact": "ireekit.artifact",
    "ImportedModule": "ireekit.frontends",
    "IreekitError": "ireekit.errors",
    "NativePasses": "ireekit.passes",
    "Pass": "ireekit.passes",
    "Pipeline": "ireekit.facade",
    "Program": "ireekit.runtime",
    "Target": "ireekit.targets",
    "devices": "ireekit.runtime",
    "entry": "ireekit.frontends",
    "find": "ireekit.passes",
    "walk": "ireekit.passes",
}


def load(path: Any) -> Artifact:
    """Read an artifact, or any ``.vmfb``, from a file; see :meth:`Artifact.open`."""
    from ireekit.artifact import Artifact

    return Artifact.open(path)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'ireekit' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
