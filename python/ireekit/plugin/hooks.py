"""Steps before and after the compiler's own passes, inside of the stock compiler."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import context_address
from ireekit.bindings.erasure import address
from ireekit.bindings.library import library
from ireekit.compiler.hooks import PassHooks
from ireekit.compiler.steps import StepRunner
from ireekit.pipeline import Step
from ireekit.plugin.faults import emit

if TYPE_CHECKING:
    from iree.compiler import ir

# Contexts use them until they end, which nobody tells.
_threads: list[Any] = []


class _Host:
    """A context of the stock compiler, in the place of a :class:`ireekit.bindings.CompilerSession`."""

    def __init__(self, context: ir.Context) -> None:
        self.context = context

    def use_own_threads(self) -> None:
        """As that of a session; a context on one thread, as flags may demand, stays there."""
        from iree.compiler import ir

        if library().mlirContextGetNumThreads(context_address(self.context)) < 2:
            return
        _threads.append(ir.ThreadPool())
        self.context.enable_multithreading(False)
        self.context.set_thread_pool(_threads[-1])


@contextmanager
def watching(context: ir.Context, steps: Sequence[Step], runner: StepRunner) -> Generator[None]:
    """Inside, those of ``steps`` run that are around passes of the compiler.

    What goes wrong in one becomes an error of the compiler at once. A step that had nothing to run on is told of at the
    end, on standard error.

    Raises:
      PipelineError: a step is hooked to a pass that the compiler does not have.
      CapabilityError: the installed compiler, or this installation of ireekit, knows no hooks.
    """
    if not any(step.point.is_pass for step in steps):
        yield
        return
    host: Any = _Host(context)
    hooks = PassHooks(host, steps, _telling(runner.at_pass))
    try:
        with hooks.watching("plugin"):
            yield
    finally:
        for sentence in hooks.idle():
            print(f"warning: {sentence}", file=sys.stderr)  # noqa: T201


def _telling(run: Callable[[Step, ir.Operation], int]) -> Callable[[Step, ir.Operation], int]:
    def run_and_tell(step: Step, op: ir.Operation) -> int:
        try:
            return run(step, op)
        except BaseException as error:
            emit(error, operation=address(op))
            raise

    return run_and_tell
