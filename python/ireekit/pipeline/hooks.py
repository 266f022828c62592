"""Where in the compiler's own pipeline a step runs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ireekit.bindings.phases import PHASES
from ireekit.errors import PipelineError

When: TypeAlias = Literal["at", "before", "after"]

_PASS_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class HookPoint:
    """A place in the compiler's pipeline.

    Attributes:
      when: ``"at"`` the end of a phase, or ``"before"`` or ``"after"`` every execution of a pass.
      name: of the phase, or of the pass as pipeline texts call it.
    """

    when: When
    name: str

    @staticmethod
    def phase(name: str) -> HookPoint:
        """The end of a phase.

        Raises:
          PipelineError: there is no such phase.
        """
        if name not in PHASES:
            raise PipelineError(f"there is no phase {name!r}", remedy=did_you_mean(name, PHASES, "phases"))
        return HookPoint("at", name)

    @staticmethod
    def around(when: When, name: str) -> HookPoint:
        """Before or after a pass of the compiler. Whether the compiler has it shows when something is compiled.

        Raises:
          PipelineError: it cannot be the name of a pass.
        """
        if not isinstance(name, str) or not _PASS_NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PipelineError(
                f"{name!r} is no name of a pass",
                remedy="give one pass without options; `ireekit passes --of cpu` lists those of a target",
            )
        return HookPoint(when, name)

    @property
    def is_pass(self) -> bool:
        """Whether it is around a pass of the compiler rather than at the end of a phase."""
        return self.when != "at"

    def __str__(self) -> str:
        return f"{self.when} {self.name}" if self.is_pass else self.name


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """A remedy for a wrong name: the nearest of those known, or all of a few."""
    names = tuple(known)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else f"{what}: {', '.join(names)}"
