"""ireekit: compiler plugins in Python on the real MLIR bindings of IREE.

Everything is loaded when first used; importing this package costs milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.lazy_names import lazy_names

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
    "Artifact": "artifact",
    "ImportedModule": "frontends",
    "IreekitError": "errors",
    "NativePasses": "passes",
    "Pass": "passes",
    "Pipeline": "facade",
    "Program": "runtime",
    "Target": "targets",
    "devices": "runtime",
    "entry": "frontends",
    "find": "passes",
    "walk": "passes",
}


def load(path: Any) -> Artifact:
    """Read an artifact, or any ``.vmfb``, from a file; see :meth:`Artifact.open`."""
    from ireekit.artifact import Artifact

    return Artifact.open(path)


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
