"""Frontends: turn models of any framework into :class:`ImportedModule`.

No framework is imported until one of its models is met.
"""

from ireekit.frontends.imported import EntryPointRequest, ImportedModule, ParameterArchive, entry
from ireekit.frontends.registry import FRONTENDS, Frontend, ImportOptions, import_model

__all__ = [
    "FRONTENDS",
    "EntryPointRequest",
    "Frontend",
    "ImportOptions",
    "ImportedModule",
    "ParameterArchive",
    "entry",
    "import_model",
]
