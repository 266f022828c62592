"""Operations that the compiler does not know, told before its later phases die on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from ireekit.bindings.phases import PHASES
from ireekit.errors import CompileError
from ireekit.locations import describe_location
from ireekit.passes import walk
from ireekit.pipeline import Step

if TYPE_CHECKING:
    from iree.compiler import ir

LAST_OPEN_PHASE = "preprocessing"
"""From here on every operation must be known to the compiler: its later phases die on one that is not."""

OPEN_PHASES = PHASES[: PHASES.index(LAST_OPEN_PHASE)]
"""Phases after which operations of every kind may be left."""


def refuse_unknown_operations(
    module: ir.Operation, phase: str, steps: Sequence[Step], dialects: Collection[str]
) -> None:
    """Stop before the compiler meets, after ``phase``, operations it does not know.

    Args:
      module: the program.
      phase: that just ended, its steps included.
      steps: all that run.
      dialects: names of those of the pipeline, registered or not.

    Raises:
      CompileError: names the first one.
    """
    if phase in OPEN_PHASES or not (phase == LAST_OPEN_PHASE or any(step.phase == phase for step in steps)):
        return
    context: Any = module.context
    # Registered ones of the pipeline are no danger: some later step may lower them.
    foreign = () if _steps_after(phase, steps) else dialects
    known: dict[str, bool] = {}
    for op in walk(module):
        if op.name not in known:
            known[op.name] = op.name.partition(".")[0] not in foreign and context.is_registered_operation(op.name)
        if not known[op.name]:
            raise CompileError(
                f"nothing lowered {op.name!r}: no pass rewrote it and the compiler does not know it",
                op=op.name,
                location=describe_location(op.location),
                phase=f"after phase {phase}",
                remedy=f"add a pass that lowers it, at the latest at phase {phase!r}",
            )


def _steps_after(phase: str, steps: Sequence[Step]) -> bool:
    later = PHASES[PHASES.index(phase) + 1 :]
    return any(step.point.is_pass or step.phase in later for step in steps)
