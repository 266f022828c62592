"""Searching for configurations of kernels that are faster on a machine than those chosen by rules.

Names are imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.lazy_names import lazy_names

if TYPE_CHECKING:
    from ireekit.codegen.tuned.apply import with_tuning
    from ireekit.codegen.tuned.file import Form, TunedKernel, Tuning
    from ireekit.tuning.api import TuneResult, tune
    from ireekit.tuning.database import Database
    from ireekit.tuning.export import specification
    from ireekit.tuning.tasks import DispatchOutcome

__all__ = [
    "Database",
    "DispatchOutcome",
    "Form",
    "TuneResult",
    "TunedKernel",
    "Tuning",
    "specification",
    "tune",
    "with_tuning",
]

_HOMES = {
    "Database": "database",
    "DispatchOutcome": "tasks",
    "Form": ".codegen.tuned.file",
    "TuneResult": "api",
    "TunedKernel": ".codegen.tuned.file",
    "Tuning": ".codegen.tuned.file",
    "specification": "export",
    "tune": "api",
    "with_tuning": ".codegen.tuned.apply",
}


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
