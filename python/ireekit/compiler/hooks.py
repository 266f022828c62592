"""The steps of a pipeline before and after the compiler's own passes."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ireekit.bindings import CompilerSession
from ireekit.bindings.actions import UNREGISTERED_PASSES, Hook, PassExecution, PassWatch
from ireekit.bindings.native_passes import is_native_pass, native_passes
from ireekit.errors import PipelineError
from ireekit.passes import Execution, NativePass
from ireekit.passes.instrumentation import Instrumentation
from ireekit.passes.targets import label
from ireekit.pipeline import Step

if TYPE_CHECKING:
    from iree.compiler import ir

RunStep: TypeAlias = "Callable[[Step, ir.Operation], int]"
"""Runs a step over the operation at hand; says on how many operations of its anchor that was."""

_SHOWN = 3


@dataclass
class _Tally:
    """What came of one step: on which operations its hook was reached, how often it ran, how long that took."""

    reached: set[str] = field(default_factory=set[str])
    ran: int = 0
    seconds: float = 0.0


class PassHooks:
    """Runs steps around the compiler's passes while phases run.

    Args:
      session: that compiles.
      steps: those of a pipeline; the ones at phases are left alone.
      run_step: called from any thread; may be missing where there are no steps around passes.
      watch_all: also keep what passes ran, where there are no steps.
      observed: passes of the compiler that ``instrumentation`` is told of.
      instrumentation: with it, the context uses one thread.

    Raises:
      PipelineError: a step is hooked to a pass that the compiler does not have.
      CapabilityError: the installed compiler, or this installation of ireekit, knows no hooks.
    """

    def __init__(
        self,
        session: CompilerSession | None,
        steps: Sequence[Step],
        run_step: RunStep | None = None,
        *,
        watch_all: bool = False,
        observed: Collection[str] = (),
        instrumentation: Instrumentation | None = None,
    ) -> None:
        self._steps = tuple(step for step in steps if step.point.is_pass)
        self._run_step = run_step
        self._lock = threading.Lock()
        self._tallies = [_Tally() for _ in self._steps]
        self._watch: PassWatch | None = None
        self._says_idle = instrumentation is None
        if session is None or not (self._steps or watch_all or observed):
            return
        for step in self._steps:
            check_pass_name(step.point.name, f", which {step.action.name} is to run {step.point.when}")
        if self._steps:
            session.use_own_threads()
        # Loading one while the compiler's threads work is not safe.
        session.context.load_all_available_dialects()
        hooks = [
            Hook(step.point.name, "before" if step.point.when == "before" else "after", self._runner(index))
            for index, step in enumerate(self._steps)
        ]
        observer = None if instrumentation is None else Observer(observed, instrumentation)
        # Next to the pass, so that it sees what the pass did and nothing else.
        self._watch = PassWatch(session.context, hooks if observer is None else observer.around(hooks))

    @staticmethod
    def none() -> PassHooks:
        """Without any steps."""
        return PassHooks(None, ())

    @contextmanager
    def watching(self, phase: str) -> Generator[None]:
        """Inside, the steps run.

        Raises:
          Whatever a step raised, at the end.
        """
        if self._watch is None:
            yield
            return
        self._watch.set_phase(phase)
        with self._watch:
            yield
        if self._watch.failure is not None:
            raise self._watch.failure

    def executions(self) -> tuple[PassExecution, ...]:
        """Every pass of the compiler that ran so far."""
        return () if self._watch is None else self._watch.executions()

    @property
    def seconds(self) -> float:
        """All steps took so far, summed over threads."""
        return sum(tally.seconds for tally in self._tallies)

    def step_seconds(self) -> dict[str, float]:
        """What the steps took so far, by the name of the pass."""
        spent: dict[str, float] = {}
        for step, tally in zip(self._steps, self._tallies, strict=True):
            spent[step.action.name] = spent.get(step.action.name, 0.0) + tally.seconds
        return spent

    def idle(self) -> tuple[str, ...]:
        """A sentence for each step that never ran."""
        if self._watch is None or not self._says_idle:
            return ()
        names = {execution.name for execution in self._watch.executions()}
        return tuple(
            _why_idle(step, tally, names)
            for step, tally in zip(self._steps, self._tallies, strict=True)
            if not tally.ran
        )

    def _runner(self, index: int) -> Callable[[ir.Operation], None]:
        step, tally = self._steps[index], self._tallies[index]

        run_step = self._run_step
        assert run_step is not None, "steps need someone who runs them"

        def run(op: ir.Operation) -> None:
            started = time.perf_counter()
            count = run_step(step, op)
            elapsed = time.perf_counter() - started
            with self._lock:
                tally.reached.add(op.name)
                tally.ran += count
                tally.seconds += elapsed

        return run


class Observer:
    """Tells instrumentation of passes of the compiler.

    Args:
      names: of the passes.
      told: in one thread only.

    Raises:
      PipelineError: the compiler does not have one of them.
    """

    def __init__(self, names: Collection[str], told: Instrumentation) -> None:
        for name in names:
            check_pass_name(name)
        self._names = tuple(names)
        self._told = told
        self._running: list[Execution] = []

    def around(self, hooks: Sequence[Hook]) -> list[Hook]:
        """``hooks`` with its own, which stand next to the passes."""
        after = [Hook(name, "after", self._after) for name in self._names]
        return [*after, *hooks, *(Hook(name, "before", self._before_with(name)) for name in self._names)]

    def _before_with(self, name: str) -> Callable[[ir.Operation], None]:
        def before(op: ir.Operation) -> None:
            self._told.executions += 1
            execution = Execution(self._told.executions, NativePass(name), op, label(op), (), op, f"{op.name}({name})")
            self._running.append(execution)
            self._told.before_pass(execution)

        return before

    def _after(self, op: ir.Operation) -> None:
        # Passes that failed have no end.
        while self._running:
            execution = self._running.pop()
            if execution.op == op:
                self._told.pass_returned(execution)
                self._told.after_pass(execution)
                return


def check_pass_name(name: str, context: str = "") -> None:
    """Refuse what is no pass that the compiler may run.

    Raises:
      PipelineError: names the nearest one.
    """
    if name in UNREGISTERED_PASSES or is_native_pass(name):
        return
    near = difflib.get_close_matches(name, [*native_passes(), *UNREGISTERED_PASSES], 1)
    raise PipelineError(
        f"the compiler has no pass {name!r}{context}",
        remedy=f"did you mean {near[0]!r}?" if near else "`ireekit passes --of cpu` lists those of a target",
    )


def _why_idle(step: Step, tally: _Tally, ran: set[str]) -> str:
    name = step.point.name
    if tally.reached:
        places = ", ".join(sorted(tally.reached))
        anchor = getattr(step.action, "anchor", "an operation")
        return f"{step} never ran: {name} runs on {places}, where there is no {anchor}"
    near = difflib.get_close_matches(name, ran - {name}, _SHOWN)
    hint = f"; near it: {', '.join(near)}" if near else ""
    return f"{step} never ran: the compiler did not run {name} for this program{hint}"
