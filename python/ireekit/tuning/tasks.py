"""The kernels a search works on, and what it found for each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ireekit.codegen.configuration import CompilationInfo
from ireekit.tuning.database import Subject
from ireekit.tuning.dispatches import Dispatch
from ireekit.tuning.measuring import Measured
from ireekit.tuning.preparing import Prepared
from ireekit.tuning.search import Search

WORTH = 0.97
"""A configuration is kept where the kernel takes at most this share of its former time, measured carefully."""


@dataclass(frozen=True)
class DispatchOutcome:
    """What the search found for a kernel.

    Attributes:
      name: of its function.
      key: of the kernel.
      milliseconds: its dispatches took in one call of the model, before.
      tried: how many candidates were compiled and measured, or known from the database.
      ratio: time of the best over that before, measured alone; 1 where nothing better was found.
      reference: how it is configured without tuning; ``None`` where it cannot be tuned.
      best: the fastest configuration; ``None`` where nothing better was found.
      obstacle: why it cannot be tuned, or why what was found is not used.
    """

    name: str
    key: str
    milliseconds: float
    tried: int = 0
    ratio: float = 1.0
    reference: CompilationInfo | None = None
    best: CompilationInfo | None = None
    obstacle: str = ""


@dataclass
class Task:
    """A kernel that is worked on."""

    dispatch: Dispatch
    names: tuple[str, ...]
    milliseconds: float
    prepared: Prepared | None = None
    search: Search | None = None
    subject: Subject | None = None
    reference: Path | None = None
    careful: Measured | None = None
    obstacle: str = ""

    def outcome(self) -> DispatchOutcome:
        search, found = self.search, self.careful
        better = found is not None and found.ratio <= WORTH and not self.obstacle
        return DispatchOutcome(
            self.dispatch.name,
            self.dispatch.key,
            self.milliseconds,
            0 if search is None else search.tried,
            found.ratio if found is not None and better else 1.0,
            None if self.prepared is None else self.prepared.reference,
            search.best if better and search is not None else None,
            self.obstacle,
        )


def ready(task: Task) -> tuple[Search, Prepared, Subject]:
    """What a task that can be tuned has."""
    assert task.search is not None
    assert task.prepared is not None
    assert task.subject is not None
    return task.search, task.prepared, task.subject
