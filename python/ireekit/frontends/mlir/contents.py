"""What a module is made of: its dialect family, and dialects nobody knows."""

from __future__ import annotations

from collections.abc import Callable

from iree.compiler import ir

from ireekit.errors import ModelImportError
from ireekit.frontends.ir_types import as_text
from ireekit.locations import describe_location

_FAMILIES = {
    "stablehlo": "stablehlo",
    "chlo": "stablehlo",
    "mhlo": "stablehlo",
    "vhlo": "stablehlo",
    "torch": "torch",
    "torch_c": "torch",
    "tosa": "tosa",
}
"""Dialect to the value of ``--iree-input-type`` that lowers it."""


def detect_input_type(module: ir.Module) -> str:
    """The value of ``--iree-input-type`` for ``module``: of the first op of a family; ``none`` without any."""
    found = "none"

    def visit(op: ir.Operation) -> ir.WalkResult:
        nonlocal found
        family = _FAMILIES.get(op.name.partition(".")[0])
        if family is None and op.name == "func.func" and "!torch." in str(op.attributes["function_type"]):
            family = "torch"
        if family is None:
            return ir.WalkResult.ADVANCE
        if op.name == "torch.operator" and as_text(op.attributes["name"]).startswith("onnx."):
            family = "onnx"
        # A module imported from ONNX starts with functions and constants typed by torch: look further.
        found = family
        return ir.WalkResult.ADVANCE if family == "torch" else ir.WalkResult.INTERRUPT

    _walk(module, visit)
    return found


def check_registered(module: ir.Module, *, allowed: frozenset[str], allow_all: bool) -> None:
    """Refuse ops no dialect of the context defines: unless something lowers them, the compiler crashes on them.

    Args:
      module: the module to look through.
      allowed: dialects whose ops may be unknown.
      allow_all: check nothing.

    Raises:
      ModelImportError: names each unknown op with its line.
    """
    if allow_all:
        return
    unknown: dict[str, str | None] = {}
    known: dict[str, bool] = {}
    context = module.context

    def visit(op: ir.Operation) -> ir.WalkResult:
        name = op.name
        if name not in known:
            known[name] = name.partition(".")[0] in allowed or context.is_registered_operation(name)
        if not known[name] and name not in unknown:
            unknown[name] = describe_location(op.location)
        return ir.WalkResult.ADVANCE

    _walk(module, visit)
    if not unknown:
        return
    (first, location), *others = unknown.items()
    raise ModelImportError(
        f"no loaded dialect defines the operation {first}",
        op=first,
        location=location,
        notes=tuple(f"also unknown: {name}" + (f" at {where}" if where else "") for name, where in others),
        remedy="compile with the pipeline that owns this dialect, or lower the operation first",
    )


def _walk(module: ir.Module, visit: Callable[[ir.Operation], ir.WalkResult]) -> None:
    module.operation.walk(lambda op: visit(op.operation))
