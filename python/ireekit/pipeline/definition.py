"""What a pipeline is: passes at phases, and nothing about the host that runs them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from ireekit.bindings import PHASES
from ireekit.errors import PipelineError
from ireekit.passes import NativePasses, Pass


@dataclass(frozen=True)
class Step:
    """A pass at a hook point.

    Attributes:
      phase: it runs as soon as the program has finished this phase.
      action: the pass.
      targets: target families it is for; ``None`` for all. In a program with several targets it runs only
        where it is for every one of them.
    """

    phase: str
    action: Pass | NativePasses
    targets: frozenset[str] | None = None

    def applies_to(self, families: Collection[str]) -> bool:
        return self.targets is None or self.targets.issuperset(families)

    def __str__(self) -> str:
        return f"{self.phase}: {self.action}"


class PipelineDefinition:
    """A named, ordered list of steps.

    Args:
      name: as ``ireekit compile -p NAME`` and ``iree-compile --iree-plugin=NAME`` know it.
      flags: compiler flags the pipeline needs, before those of the user.
    """

    def __init__(self, name: str, *, flags: Iterable[str] = ()) -> None:
        self.name = name
        self.flags = tuple(flags)
        self._steps: list[Step] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    def at(self, phase: str, *actions: Pass | NativePasses, targets: Iterable[str] | None = None) -> Self:
        """Add passes to run right after ``phase`` (one of :data:`ireekit.bindings.PHASES`); returns ``self``.

        Args:
          phase: ``"start"`` is the module as the frontend gave it, ``"input"`` the same in linalg on tensors.
          actions: passes, in order.
          targets: target families they are for, e.g. ``("cpu",)``; ``None`` for all.

        Raises:
          PipelineError: there is no such phase, or an action is no pass.
        """
        if phase not in PHASES:
            near = difflib.get_close_matches(phase, PHASES, 1)
            raise PipelineError(
                f"there is no phase {phase!r}",
                remedy=f"did you mean {near[0]!r}?" if near else "phases: " + ", ".join(PHASES),
            )
        for action in actions:
            if not isinstance(action, Pass | NativePasses):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise PipelineError(
                    f"{action!r} is no pass",
                    remedy="give instances of ireekit.Pass, and pipeline text as ireekit.NativePasses(name, text)",
                )
        only = None if targets is None else frozenset([targets] if isinstance(targets, str) else targets)
        self._steps.extend(Step(phase, action, only) for action in actions)
        return self

    def steps_for(self, families: Collection[str]) -> tuple[Step, ...]:
        """The steps that run for a program with these target families."""
        return tuple(step for step in self._steps if step.applies_to(families))

    def fingerprint(self, families: Collection[str]) -> str:
        """Changes with everything of the pipeline that can change a program for these target families."""
        steps = self.steps_for(families)
        return "\n".join([self.name, *self.flags, *(f"{step.phase} {step.action.fingerprint()}" for step in steps)])
