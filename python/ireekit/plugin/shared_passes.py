"""Steps at the two places where the compiler's pipeline has the end of a phase inside of a pass.

It runs the last passes for functions of a phase and the first ones of the next phase together, function by function, so
that nothing can run between them. At the end of preprocessing, steps therefore run before that, and what they must find
done is done for them; at the end of global optimization they run after it, and what they must not find done is put off.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.compiler.steps import Program

# On functions: the pipeline that preprocessing runs on them in the end.
_PIPELINE = "preprocessing_pipeline"
_PIPELINE_DONE = "preprocessing_pipeline_done"
_RUN_PIPELINES = "iree-preprocessing-attr-based-pipeline"
# On operations: their results are written out as they run. Dispatch creation makes operations of it first of all.
_TRACE = "iree.tensor.trace"
_TRACE_LATER = "iree.tensor.trace.later"
_INJECT_TRACES = "iree-flow-inject-tensor-tracing"
_ANCHORS = ("util.initializer", "util.func")


@contextmanager
def pipelines_of_functions(program: Program) -> Generator[None]:
    """What functions ask for is done before the steps, and is not done again after them.

    Raises:
      PassError: a pass failed.
    """
    module = program.export_module()
    if any(_PIPELINE in function.attributes for function in _functions(module)):
        program.run_passes(_nested(_RUN_PIPELINES))
    yield
    _rename(_functions(module), _PIPELINE, _PIPELINE_DONE)


def show_pipelines(module: ir.Operation) -> None:
    """After :func:`pipelines_of_functions`, when the compiler looked for them: functions have what they had."""
    _rename(_functions(module), _PIPELINE_DONE, _PIPELINE)


def put_off_traces(module: ir.Operation) -> None:
    """Before :func:`traces_put_off`: the compiler makes nothing of attributes that ask for traces."""
    _rename(_operations(module, _TRACE), _TRACE, _TRACE_LATER)


@contextmanager
def traces_put_off(program: Program) -> Generator[None]:
    """The steps find the attributes; then the compiler's pass makes of them what it does.

    Raises:
      PassError: the pass failed.
    """
    module = program.export_module()
    asked_for = _rename(_operations(module, _TRACE_LATER), _TRACE_LATER, _TRACE)
    yield
    if asked_for:
        program.run_passes(_nested(_INJECT_TRACES))


def _nested(name: str) -> str:
    return ",".join(f"{anchor}({name})" for anchor in _ANCHORS)


def _functions(module: ir.Operation) -> list[ir.Operation]:
    return [each.operation for each in module.regions[0].blocks[0].operations]


def _operations(module: ir.Operation, attribute: str) -> list[ir.Operation]:
    """Those that have the attribute."""
    from iree.compiler import ir

    found: list[ir.Operation] = []

    def look_at(op: Any) -> ir.WalkResult:
        if attribute in op.attributes:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(look_at)
    return found


def _rename(operations: Sequence[ir.Operation], old: str, new: str) -> bool:
    """Rename an attribute; whether there was one."""
    having = [op for op in operations if old in op.attributes]
    for op in having:
        op.attributes[new] = op.attributes[old]
        del op.attributes[old]
    return bool(having)
