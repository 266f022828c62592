"""Recursive functions, which IREE's inliner follows for ever."""

from __future__ import annotations

from iree.compiler import ir

from ireekit.errors import ModelImportError
from ireekit.frontends.mlir.signatures import function_name
from ireekit.locations import describe_location

_CALLS = ("func.call", "util.call")


def check_recursion(module: ir.Module) -> None:
    """Refuse functions that call themselves, directly or through others.

    Raises:
      ModelImportError: names the function and the line of its call.
    """
    functions = [each.operation for each in module.body.operations if "sym_name" in each.operation.attributes]
    calls = {function_name(function): _calls(function) for function in functions}
    for name, own in calls.items():
        if name in _reached(name, calls):
            raise ModelImportError(
                f"the function @{name} is recursive, and programs have no call stack",
                op=name,
                location=next(iter(own.values())),
                remedy="write the recursion as a loop (scf.while)",
            )


def _calls(function: ir.Operation) -> dict[str, str | None]:
    """Callees of a function, each with the line of its first call."""
    found: dict[str, str | None] = {}

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in _CALLS:
            callee = str(op.attributes["callee"]).strip('@"')
            found.setdefault(callee, describe_location(op.location))
        return ir.WalkResult.ADVANCE

    function.walk(lambda op: visit(op.operation))
    return found


def _reached(name: str, calls: dict[str, dict[str, str | None]]) -> set[str]:
    reached: set[str] = set()
    pending = list(calls[name])
    while pending:
        callee = pending.pop()
        if callee not in reached:
            reached.add(callee)
            pending += calls.get(callee, ())
    return reached
