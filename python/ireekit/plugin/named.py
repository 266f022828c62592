"""Passes and dialects that the stock tools ask for by name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ireekit.bindings.actions import operation_at
from ireekit.errors import DialectError, PipelineError
from ireekit.passes import InstalledPasses, Pass
from ireekit.passes.runner import Runner
from ireekit.passes.stages import PythonStage
from ireekit.passes.text import nesting_error
from ireekit.pipeline import installed_pipelines
from ireekit.pipeline.passes import PipelinePasses
from ireekit.plugin.contexts import borrowed_context

if TYPE_CHECKING:
    from ireekit.dialect import Dialect


def run_named_pass(name: str, options: str, operation: int) -> None:
    """Run a pass of an installed package over the operation at an address, or over those of its anchor in it.

    Raises:
      PipelineError: there is no such pass, or it has no such options.
      PassError: it failed or left invalid IR.
    """
    step = _find_pass(name).parse(options)
    op = operation_at(operation)
    if (error := nesting_error(step, op.name)) is not None:
        raise error
    Runner(op).run(f"{op.name}({step})", (PythonStage((), step),))


def _find_pass(name: str) -> type[Pass]:
    # Not where pipeline texts are read: there a name that the compiler knows, as it does this one, is the compiler's.
    for source in (InstalledPasses(), PipelinePasses()):
        if (found := source.find(name)) is not None:
            return found
    raise PipelineError(f"no installed package offers a pass {name!r}", remedy="`ireekit plugin refresh`")


def load_named_dialect(name: str, context: int) -> None:
    """Register a dialect of an installed pipeline in the context at an address.

    Raises:
      DialectError: no pipeline has it, or the compiler refused it.
    """
    _find_dialect(name).load(borrowed_context(context))


def _find_dialect(name: str) -> Dialect:
    for installed in installed_pipelines():
        # One that cannot be imported hides none of the others.
        with contextlib.suppress(PipelineError):
            for dialect in installed.load().dialects:
                if dialect.name == name:
                    return dialect
    raise DialectError(f"no installed pipeline has a dialect {name!r}", remedy="`ireekit plugin refresh`")
