"""What a pipeline is: dialects, and passes at hook points; nothing about the host that runs them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ireekit.errors import PipelineError
from ireekit.passes import NativePasses, Pass
from ireekit.passes.registry import Passes
from ireekit.pipeline.fingerprints import dialect_fingerprint
from ireekit.pipeline.hooks import HookPoint

if TYPE_CHECKING:
    from ireekit.dialect import Dialect

Action = Pass | NativePasses


@dataclass(frozen=True)
class Step:
    """A pass at a hook point.

    Attributes:
      point: where it runs.
      action: the pass.
      targets: target families it is for; ``None`` for all. In a program with several targets it runs only
        where it is for every one of them.
    """

    point: HookPoint
    action: Action
    targets: frozenset[str] | None = None

    @property
    def phase(self) -> str | None:
        """The phase after which it runs; ``None`` where it runs before or after a pass."""
        return None if self.point.is_pass else self.point.name

    def applies_to(self, families: Collection[str]) -> bool:
        return self.targets is None or self.targets.issuperset(families)

    def __str__(self) -> str:
        return f"{self.point}: {self.action}"


class PipelineDefinition:
    """A named, ordered list of steps, and the dialects they work on.

    Args:
      name: as ``ireekit compile -p NAME`` and ``iree-compile --iree-plugin=NAME`` know it.
      flags: compiler flags the pipeline needs, before those of the user.
      dialects: loaded before a model is imported: its operations parse, and are verified wherever they can be.
      passes: classes of the passes it offers by name, in pipeline texts. Those of its steps need not be listed.

    Raises:
      PipelineError: something among ``dialects`` is no dialect, or among ``passes`` no class of a pass.
    """

    def __init__(
        self,
        name: str,
        *,
        flags: Iterable[str] = (),
        dialects: Iterable[Dialect] = (),
        passes: Iterable[type[Pass]] = (),
    ) -> None:
        self.name = name
        self.flags = tuple(flags)
        self.dialects = tuple(dialects)
        self._passes = Passes(passes)
        self._steps: list[Step] = []
        _check_dialects(self.dialects)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def passes(self) -> Passes:
        """The passes it offers by name: those it was made with, and those of its steps."""
        offered = Passes(self._passes)
        for step in self._steps:
            if isinstance(step.action, Pass) and offered.find(step.action.name) is None:
                offered.add(type(step.action))
        return offered

    def at(self, phase: str, *actions: Action, targets: Iterable[str] | None = None) -> Self:
        """Add passes to run right after ``phase`` (one of :data:`ireekit.bindings.PHASES`); returns ``self``.

        Args:
          phase: ``"start"`` is the module as the frontend gave it, ``"input"`` the same in linalg on tensors.
          actions: passes, in order.
          targets: target families they are for, e.g. ``("cpu",)``; ``None`` for all.

        Raises:
          PipelineError: there is no such phase, or an action is no pass.
        """
        return self._add(HookPoint.phase(phase), actions, targets)

    def before(self, compiler_pass: str, *actions: Action, targets: Iterable[str] | None = None) -> Self:
        """Add passes to run right before every execution of a pass of the compiler; returns ``self``.

        They are given the operation that pass runs on, where their anchor is its name, else the operations of their
        anchor in it. Nothing around that operation may be changed, or looked at: the compiler may be at work there on
        another thread.

        Args:
          compiler_pass: its name in pipeline texts, e.g. ``"iree-dispatch-creation-form-dispatch-regions"``;
            ``ireekit passes --of TARGET`` lists them.
          actions: passes, in order.
          targets: as in :meth:`at`.

        Raises:
          PipelineError: that is no name of a pass, or an action is no pass. A name that no pass of the compiler has
            is refused when something is compiled.
        """
        return self._add(HookPoint.around("before", compiler_pass), actions, targets)

    def after(self, compiler_pass: str, *actions: Action, targets: Iterable[str] | None = None) -> Self:
        """Add passes to run right after every execution of a pass of the compiler that succeeds; as :meth:`before`."""
        return self._add(HookPoint.around("after", compiler_pass), actions, targets)

    def _add(self, point: HookPoint, actions: tuple[Action, ...], targets: Iterable[str] | None) -> Self:
        for action in actions:
            if not isinstance(action, Pass | NativePasses):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise PipelineError(
                    f"{action!r} is no pass",
                    remedy="give instances of ireekit.Pass, and pipeline text as ireekit.NativePasses(name, text)",
                )
        only = None if targets is None else frozenset([targets] if isinstance(targets, str) else targets)
        self._steps.extend(Step(point, action, only) for action in actions)
        return self

    def steps_for(self, families: Collection[str]) -> tuple[Step, ...]:
        """The steps that run for a program with these target families."""
        return tuple(step for step in self._steps if step.applies_to(families))

    def fingerprint(self, families: Collection[str]) -> str:
        """Changes with everything of the pipeline that can change a program for these target families."""
        steps = self.steps_for(families)
        return "\n".join(
            [
                self.name,
                *self.flags,
                *(f"dialect {dialect_fingerprint(dialect)}" for dialect in self.dialects),
                *(f"{step.point} {step.action.fingerprint()}" for step in steps),
            ]
        )


def _check_dialects(dialects: tuple[Dialect, ...]) -> None:
    if not dialects:
        return
    from ireekit.dialect import Dialect

    for dialect in dialects:
        if not isinstance(dialect, Dialect):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PipelineError(f"{dialect!r} is no dialect", remedy="give objects of ireekit.dialect.Dialect")
    names = [dialect.name for dialect in dialects]
    for name in names:
        if names.count(name) > 1:
            raise PipelineError(f"two dialects are called {name!r}", remedy="leave one out")
