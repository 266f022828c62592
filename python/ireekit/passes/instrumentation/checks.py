"""Verification by the Python part of dialects, after every pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ireekit.passes.dialects import verify_after
from ireekit.passes.execution import Execution
from ireekit.passes.instrumentation.base import Instrumentation

if TYPE_CHECKING:
    from ireekit.dialect import Dialect


class VerifyEach(Instrumentation):
    """Verifies with ``dialects`` every operation right after a pass ran on it.

    Without it that is done after each pass ran on all of its operations, and native passes that stand together count
    as one. The compiler's own verifier runs in any case.

    Args:
      dialects: loaded in the context.
    """

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        super().__init__()
        self._dialects = tuple(dialects)

    def check(self, execution: Execution) -> None:
        if not execution.erased:
            verify_after(execution.op, self._dialects, f"pass {execution.name}")
