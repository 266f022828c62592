"""What a pipeline is: dialects, and passes at hook points; nothing about the host that runs them."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from ireekit.errors import PipelineError
from ireekit.passes import NativePasses, Pass, walk
from ireekit.passes.base import reading_sources_once
from ireekit.passes.registry import Passes
from ireekit.pipeline.configuration import WITHOUT, PipelineOption, configured_pass, left_out, make_option, values_in
from ireekit.pipeline.fingerprints import dialect_fingerprint
from ireekit.pipeline.hooks import HookPoint

if TYPE_CHECKING:
    from iree.compiler import ir

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


@dataclass(frozen=True)
class InputType:
    """A kind of program that a pipeline converts to what the compiler takes.

    Attributes:
      name: as in ``--iree-input-type=NAME``.
      dialects: operations of them tell that a program is of this kind.
      steps: that convert it, right after those at ``"start"``.
    """

    name: str
    dialects: frozenset[str]
    steps: tuple[Step, ...]

    def fits(self, module: ir.Operation) -> bool:
        """Whether ``module`` has operations of the dialects."""
        return any(op.name.partition(".")[0] in self.dialects for op in walk(module))


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
        self._inputs: list[InputType] = []
        self._options: list[PipelineOption] = []
        _check_dialects(self.dialects)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def inputs(self) -> tuple[InputType, ...]:
        """The kinds of programs it converts."""
        return tuple(self._inputs)

    @property
    def options(self) -> tuple[PipelineOption, ...]:
        """What can be set from outside."""
        return tuple(self._options)

    @property
    def passes(self) -> Passes:
        """The passes it offers by name: those it was made with, and those of its steps."""
        offered = Passes(self._passes)
        for step in self._all_steps():
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

    def input(self, name: str, *actions: Action, dialects: Iterable[str] | None = None) -> Self:
        """Convert a kind of program of the pipeline's own; returns ``self``.

        The passes run, after those at ``"start"``, where the program has operations of the dialects. In the stock
        ``iree-compile`` that is an input type: it is found in the same way, or named by ``--iree-input-type=NAME``.

        Args:
          name: of the kind.
          actions: passes, in order.
          dialects: names; ``None`` for those of the pipeline.

        Raises:
          PipelineError: there is one of that name, no dialect tells it, or an action is no pass.
        """
        known = frozenset(each.name for each in self.dialects) if dialects is None else frozenset(dialects)
        if any(each.name == name for each in self._inputs):
            raise PipelineError(f"two input types are called {name!r}", remedy="give all passes at once")
        if not known:
            raise PipelineError(f"no dialect tells programs of input type {name!r}", remedy="dialects=['acme']")
        _check_actions(actions)
        steps = tuple(Step(HookPoint.phase("start"), action) for action in actions)
        self._inputs.append(InputType(name, known, steps))
        return self

    def option(self, name: str, pass_class: type[Pass], field: str | None = None) -> Self:
        """Let an option of its passes be set from outside; returns ``self``.

        By ``--PIPELINE-opt-NAME=value`` of the stock ``iree-compile``, by :meth:`configured`, and by the environment
        variable ``PIPELINE_OPT_NAME`` (in capitals, ``_`` for ``-``).

        Args:
          name: as people type it, e.g. ``"max-ops"``.
          pass_class: all steps with a pass of exactly this class are meant.
          field: option of the pass; ``None`` for the same name.

        Raises:
          PipelineError: the pass has no such option, or the pipeline has one of that name.
        """
        if name == WITHOUT:
            raise PipelineError(f"every pipeline has an option {WITHOUT!r}", remedy="choose another name")
        if any(each.name == name for each in self._options):
            raise PipelineError(f"two options are called {name!r}", remedy="choose another name for one")
        self._options.append(make_option(name, pass_class, field))
        return self

    def configured(self, given: Mapping[str, str] | None = None) -> Self:
        """The pipeline with options as ``given`` says, and for the others the environment; itself where neither does.

        Args:
          given: texts of values by names of options; every pipeline has one called ``without``, with names of passes
            to leave out and commas between them.

        Raises:
          PipelineError: there is no such option or pass, or a value is wrong.
        """
        texts = dict(given or {})
        unwanted = left_out(self.name, texts.pop(WITHOUT, None))
        values = values_in(self.name, self._options, texts)
        pipeline = self.without(*unwanted) if unwanted else self
        if not values:
            return pipeline
        return pipeline._with_each(lambda step: _configured(step, values))

    def without(self, *passes: str) -> Self:
        """A copy that leaves out all steps with these passes, by name.

        Raises:
          PipelineError: no step has a pass of that name.
        """
        known = {step.action.name for step in self._all_steps()}
        for name in passes:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                raise PipelineError(
                    f"pipeline {self.name!r} has no pass {name!r}",
                    remedy=f"did you mean {near[0]!r}?"
                    if near
                    else f"its passes: {', '.join(sorted(known)) or 'none'}",
                )
        return self._with_each(lambda step: None if step.action.name in passes else step)

    def extended(self) -> Self:
        """A copy: what is added to it later is not added to this one."""
        other = copy.copy(self)
        other._steps, other._inputs, other._options = list(self._steps), list(self._inputs), list(self._options)
        return other

    def with_actions(self, change: Callable[[Action], Action]) -> Self:
        """A copy whose steps have the passes that ``change`` gives for theirs."""
        return self._with_each(lambda step: replace(step, action=change(step.action)))

    def _all_steps(self) -> tuple[Step, ...]:
        """With those of input types."""
        return (*self._steps, *(step for each in self._inputs for step in each.steps))

    def _with_each(self, change: Callable[[Step], Step | None]) -> Self:
        """A copy with other steps; ``None`` leaves one out."""

        def changed(steps: Iterable[Step]) -> list[Step]:
            return [made for step in steps if (made := change(step)) is not None]

        other = self.extended()
        other._steps = changed(self._steps)
        other._inputs = [replace(each, steps=tuple(changed(each.steps))) for each in self._inputs]
        return other

    def _add(self, point: HookPoint, actions: tuple[Action, ...], targets: Iterable[str] | None) -> Self:
        _check_actions(actions)
        only = None if targets is None else frozenset([targets] if isinstance(targets, str) else targets)
        self._steps.extend(Step(point, action, only) for action in actions)
        return self

    def steps_for(self, families: Collection[str]) -> tuple[Step, ...]:
        """The steps that run for a program with these target families."""
        return tuple(step for step in self._steps if step.applies_to(families))

    def steps_of(self, module: ir.Operation, families: Collection[str]) -> tuple[Step, ...]:
        """The steps that run for this program: :meth:`steps_for`, and those of the input types it is of."""
        converting = (step for each in self._inputs if each.fits(module) for step in each.steps)
        return (*self.steps_for(families), *converting)

    def fingerprint(self, families: Collection[str]) -> str:
        """Changes with everything of the pipeline that can change a program for these target families."""
        steps = self.steps_for(families)
        with reading_sources_once():
            return "\n".join(
                [
                    self.name,
                    *self.flags,
                    *(f"dialect {dialect_fingerprint(dialect)}" for dialect in self.dialects),
                    *(f"{step.point} {step.action.fingerprint()}" for step in steps),
                    *(
                        f"{each.name} {sorted(each.dialects)} {[step.action.fingerprint() for step in each.steps]}"
                        for each in self._inputs
                    ),
                ]
            )


def _configured(step: Step, values: Mapping[PipelineOption, Any]) -> Step:
    return replace(step, action=configured_pass(step.action, values)) if isinstance(step.action, Pass) else step


def _check_actions(actions: Iterable[Action]) -> None:
    for action in actions:
        if not isinstance(action, Pass | NativePasses):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PipelineError(
                f"{action!r} is no pass",
                remedy="give instances of ireekit.Pass, and pipeline text as ireekit.NativePasses(name, text)",
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
