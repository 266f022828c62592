"""Running steps over the program inside of the stock compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.bindings.collector import collected_messages, location_at
from ireekit.bindings.pass_manager import Message, NativePassManager
from ireekit.errors import PipelineError
from ireekit.passes.faults import native_error

if TYPE_CHECKING:
    from iree.compiler import ir

_ANCHOR = "builtin.module("
_SEVERITIES = ("note", "warning", "error", "remark")


class Program:
    """The module as the compiler's pass manager holds it, in the place of an :class:`ireekit.bindings.Invocation`."""

    def __init__(self, module: ir.Operation) -> None:
        self._module = module

    def export_module(self) -> ir.Operation:
        return self._module

    def run_passes(self, pipeline: str) -> bool:
        """Run a pipeline text.

        Raises:
          PassError: a pass failed.
          PipelineError: the text names an unknown pass or option, or does not parse.
        """
        text = pipeline.strip()
        try:
            manager = NativePassManager(text if text.startswith(_ANCHOR) else f"{_ANCHOR}{text})", self._module.context)
        except ValueError as error:
            raise PipelineError(f"not a pass pipeline: {error}", op=pipeline) from None
        with collected_messages(self._module.context) as collector:
            if manager.run(self._module):
                return True
            found: Any = collector.take()
        messages = [Message(_SEVERITIES[each.severity], each.text, str(location_at(each.location))) for each in found]
        raise native_error(messages, f"pipeline {pipeline}", self._module.name)
