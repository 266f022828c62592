"""Running passes over a live module."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeAlias

from ireekit.bindings.dialect_modules import COMPILER_DIALECTS, announce_dialects
from ireekit.bindings.erasure import forget_erased, guard_erasure, is_erased, remember_erased
from ireekit.bindings.models import note_models
from ireekit.errors import IreekitError, PassError, PipelineError
from ireekit.passes.base import NativePasses, Pass
from ireekit.passes.conditions import has_work
from ireekit.passes.dialects import in_our_words, load_dependent_dialects, verify_after
from ireekit.passes.execution import Execution, RunReport, StatisticValue
from ireekit.passes.faults import exception_error, invalid_error, native_error
from ireekit.passes.instrumentation.base import Instrumentation
from ireekit.passes.nodes import NativePass
from ireekit.passes.registry import PassRegistry
from ireekit.passes.stages import NativeStage, PythonStage, Stage, nested_text
from ireekit.passes.statistics import read_counters, reset_counters, statistics_of
from ireekit.passes.targets import Target, at_path, label, names_around, targets_of
from ireekit.passes.text import parse_items

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.pass_manager import Message, NativePassManager, Sink
    from ireekit.dialect import Dialect

NativeRunner: TypeAlias = Callable[[str], bool]
"""Runs a textual pass pipeline over the module at hand; ``False`` where it failed."""


class Runner:
    """Runs stages over one operation.

    Args:
      root: what everything runs on, usually the module.
      instrumentation: told of every pass; ``None`` lets native passes run together and on several threads.
      dialects: verified by their Python part after every stage, with those the passes depend on.
      verify: what each stage leaves. Native passes are verified by the compiler in any case.
      sink: given every diagnostic meanwhile; ``True`` from it keeps the diagnostic from handlers below.

    Attributes:
      report: what happened so far.
    """

    def __init__(
        self,
        root: ir.Operation,
        *,
        instrumentation: Instrumentation | None = None,
        dialects: Iterable[Dialect] = (),
        verify: bool = True,
        sink: Sink | None = None,
    ) -> None:
        guard_erasure()
        note_models()
        # An operation made before its dialect is loaded stays unregistered, and kills the process later.
        root.context.load_all_available_dialects()
        announce_dialects(COMPILER_DIALECTS)
        self._root = root
        self._context = root.context
        self._instrumentation = instrumentation
        self._dialects = list(dialects)
        self._verify = verify
        self._sink = sink
        self._managers: dict[str, NativePassManager] = {}
        self.report = RunReport()

    def verify_input(self) -> None:
        """Verify before any pass, so that none is blamed for what was there.

        Raises:
          PassError: the operation is invalid.
        """
        try:
            self._verified(self._root, "")
        except PassError as error:
            error.cause = error.cause.replace("left invalid IR behind", "invalid before any pass ran", 1)
            error.phase = None
            raise

    def run(self, pipeline: str, stages: Sequence[Stage]) -> RunReport:
        """Run ``stages`` in order.

        Args:
          pipeline: text of them, for instrumentation.

        Raises:
          PassError: a pass failed or left invalid IR; the module is as that pass left it, and no later one ran.
        """
        for dialect in self._dialects:
            dialect.load(self._context)
        told = self._instrumentation
        if told is not None:
            told.run_started(pipeline, self._root)
        try:
            # A pass may run a pipeline itself.
            with remember_erased():
                for stage in stages:
                    self._stage(stage)
        finally:
            if told is not None:
                told.run_finished(self._root)
        return self.report

    def _stage(self, stage: Stage) -> None:
        if isinstance(stage, PythonStage):
            self._python(stage.step, targets_of(self._root, stage.path, stage.step.anchor), stage.path)
        elif self._instrumentation is None:
            self._native(stage, self._root, f"{self._root.name}({stage.text})")
        else:
            self._native_one_by_one(stage, self._instrumentation)
        if self._verify:
            verify_after(self._root, self._dialects, stage.phase)

    # Python passes.

    def _python(self, step: Pass, targets: Sequence[Target], path: tuple[str, ...]) -> None:
        self._dialects.extend(load_dependent_dialects(step, self._context))
        counts = bool(statistics_of(type(step)))
        instance = copy.copy(step) if counts else step
        if counts:
            reset_counters(instance)
        forget_erased()
        told = self._instrumentation
        ran = False
        try:
            for op, addresses in targets:
                # The pass may have erased what it would be given next.
                if is_erased(addresses):
                    continue
                ran = ran or has_work(step, op)
                if told is None:
                    self._call(instance, op, addresses)
                    self.report.executions += 1
                else:
                    self._call_observed(instance, op, addresses, path, told)
            if ran:
                self._verified(self._root, f"pass {step.name}")
        finally:
            if counts:
                self._collect(instance)

    def _call(self, step: Pass, op: ir.Operation, addresses: tuple[int, ...]) -> None:
        if not has_work(step, op):
            return
        name, location = op.name, op.location
        try:
            with self._context:
                step.run(op)
        except KeyboardInterrupt as error:
            # It goes on as it is; who tells of it reads where it was.
            error.add_note(f"in: pass {step.name}, while running on {name}")
            raise
        except (Exception, SystemExit) as error:
            erased = is_erased(addresses)
            failure = exception_error(step, error, name, name if erased else label(op), location)
            self._report_failure(failure, location)
            raise failure from (None if failure is error else error)
        if op is self._root and is_erased(addresses):
            raise PassError(f"erased {name}, which the pipeline runs on", op=name, phase=f"pass {step.name}")

    def _call_observed(
        self, step: Pass, op: ir.Operation, addresses: tuple[int, ...], path: tuple[str, ...], told: Instrumentation
    ) -> None:
        execution = self._execution(step, op, path, told)
        if not told.allows(execution):
            return
        told.before_pass(execution)
        try:
            self._call(step, op, addresses)
            self.report.executions += 1
            execution.erased = is_erased(addresses)
            told.pass_returned(execution)
            if not execution.erased:
                self._verified(op, f"pass {step.name}")
            told.check(execution)
        except IreekitError as error:
            execution.erased = is_erased(addresses)
            told.pass_failed(execution, error)
            raise
        told.after_pass(execution)

    def _collect(self, instance: Pass) -> None:
        described = statistics_of(type(instance))
        values = [
            StatisticValue(str(instance), name, described[name].description, value)
            for name, value in read_counters(instance).items()
        ]
        self.report.statistics.extend(values)
        if self._instrumentation is not None:
            self._instrumentation.counted(values)

    # The compiler's passes.

    def _native(self, stage: NativeStage, op: ir.Operation, text: str) -> None:
        manager = self._manager(text, stage)
        messages: list[Message] = []
        with self._capture(messages):
            succeeded = manager.run(op)
        if not succeeded:
            raise native_error(messages, stage.phase, op.name)
        self.report.messages.extend(messages)

    def _native_one_by_one(self, stage: NativeStage, told: Instrumentation) -> None:
        for path, step in stage.steps:
            forget_erased()
            # A native pass on one operation leaves its neighbours alone, so the list stays good.
            for op, _ in at_path(self._root, path):
                execution = self._execution(step, op, path, told)
                if not told.allows(execution):
                    continue
                told.before_pass(execution)
                try:
                    self._native(NativeStage((((), step),)), op, f"{op.name}({step})")
                    self.report.executions += 1
                    told.pass_returned(execution)
                    told.check(execution)
                except IreekitError as error:
                    told.pass_failed(execution, error)
                    raise
                told.after_pass(execution)

    def _manager(self, text: str, stage: NativeStage) -> NativePassManager:
        from ireekit.bindings.pass_manager import NativePassManager

        if text not in self._managers:
            try:
                self._managers[text] = NativePassManager(text, self._context)
            except ValueError as error:
                raise PassError(str(error), op=self._root.name, phase=stage.phase) from None
        return self._managers[text]

    # Both.

    def _execution(
        self, step: Pass | NativePass, op: ir.Operation, path: tuple[str, ...], told: Instrumentation
    ) -> Execution:
        told.executions += 1
        text = nested_text((self._root.name, *path), str(step))
        return Execution(told.executions, step, op, label(op), names_around(op, self._root), self._root, text)

    def _verified(self, op: ir.Operation, phase: str) -> None:
        if not self._verify:
            return
        from ireekit.bindings.pass_manager import verify_operation

        messages: list[Message] = []
        with self._capture(messages, tell=False):
            succeeded = verify_operation(op)
        told = messages if succeeded else in_our_words(messages, op, self._dialects)
        if self._sink is not None:
            for message in told:
                self._sink(message)
        if not succeeded:
            raise invalid_error(told, phase)

    def _capture(self, messages: list[Message], *, tell: bool = True) -> ExitStack:
        from ireekit.bindings.pass_manager import captured_messages

        def take(message: Message) -> bool:
            messages.append(message)
            if tell and self._sink is not None:
                self._sink(message)
            return True

        stack = ExitStack()
        stack.enter_context(captured_messages(self._context, take))
        return stack

    def _report_failure(self, error: PassError, location: object) -> None:
        if self._sink is None:
            return
        from ireekit.bindings.pass_manager import Message

        self._sink(Message("error", f"{error.phase}: {error.cause}", str(location)))


def run_pass(
    step: Pass | NativePasses,
    module: ir.Operation,
    run_native: NativeRunner,
    instrumentation: Instrumentation | None = None,
    dialects: Sequence[Dialect] = (),
) -> RunReport:
    """Run ``step`` over ``module`` and verify what it leaves.

    Args:
      step: a pass, or passes of the compiler by pipeline text.
      module: in place.
      run_native: runs pipeline text of :class:`NativePasses`.
      instrumentation: told of it.
      dialects: loaded; verified by their Python part after a pass in Python.

    Raises:
      PassError: the pass failed or left invalid IR; names the pass, and the operation's location if known.
    """
    if isinstance(step, Pass):
        runner = Runner(module, instrumentation=instrumentation, dialects=dialects)
        return runner.run(f"{module.name}({step})", (PythonStage((), step),))
    if instrumentation is None:
        _run_native(step, run_native)
        return RunReport()
    instrumentation.executions += 1
    text = nested_text((module.name,), step.text)
    execution = Execution(instrumentation.executions, step, module, label(module), (), module, text)
    if not instrumentation.allows(execution):
        return RunReport()
    instrumentation.before_pass(execution)
    try:
        _run_native(step, run_native)
        instrumentation.pass_returned(execution)
        instrumentation.check(execution)
    except IreekitError as error:
        instrumentation.pass_failed(execution, error)
        raise
    instrumentation.after_pass(execution)
    return RunReport(executions=1)


def _run_native(step: NativePasses, run_native: NativeRunner) -> None:
    _refuse_fatal(step.text)
    if not run_native(step.text):
        raise PassError(f"the compiler refused or failed {step.text}", phase=f"pass {step.name}")


def _refuse_fatal(text: str) -> None:
    """Refuse a registered pipeline where it does not fit: the compiler would end the process. The rest is its own."""
    from ireekit.bindings.native_passes import is_native_pipeline

    try:
        parse_items(text, PassRegistry())
    except PipelineError as error:
        if error.op and is_native_pipeline(error.op):
            raise
