"""Library calls in lowered JAX programs: those IREE has not are refused, marks of partitioning dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.errors import UnsupportedOpsError
from ireekit.locations import location_name, source_line

if TYPE_CHECKING:
    from iree.compiler import ir

_MARKS = ("Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape")
"""Custom calls that return their operand on one device."""

_LOWERED = ("shape_assertion", "mhlo.topk")
"""Custom calls that are removed or lowered later on."""

_PARTITIONING = ("sdy.", "mhlo.sharding", "mhlo.num_partitions", "mhlo.num_replicas")
_MAX_CALL_DEPTH = 16
_RANDOM = ("threefry", "random_bits", "random_wrap", "rng_bit_generator")


def check_calls(operation: Any) -> None:
    """Refuse calls of libraries and of the host.

    Args:
      operation: the module's operation, in the bindings of JAX or of IREE.

    Raises:
      UnsupportedOpsError: lists every call with the user's source line.
    """
    unsupported: dict[tuple[str, str | None], tuple[str, str | None, str | None]] = {}
    for op in _operations(operation):
        target = call_target(op)
        if target is None or target in _MARKS or target in _LOWERED:
            continue
        scope = location_name(op.location)
        primitive = scope.rsplit("/", 1)[-1] if scope else None
        line = source_line(op.location) or _line_of_caller(operation, op)
        operator = f"{primitive} (custom call {target})" if primitive else f"custom call {target}"
        unsupported.setdefault((operator, line), (operator, scope, line))
    if unsupported:
        raise UnsupportedOpsError(
            "jax",
            tuple(unsupported.values()),
            "compute this part outside of the compiled function, or write it with jax.numpy and jax.lax",
        )


def _line_of_caller(module: Any, op: Any) -> str | None:
    """Where the private function around ``op`` is called: JAX's own jitted functions have no lines inside."""
    for _ in range(_MAX_CALL_DEPTH):
        while op.name != "func.func":
            op = op.parent.operation if hasattr(op.parent, "operation") else op.parent
        symbol = str(op.attributes["sym_name"]).strip('"')
        calls = (
            call
            for call in _operations(module)
            if call.name == "func.call" and str(call.attributes["callee"]).strip('@"') == symbol
        )
        op = next(calls, None)
        if op is None:
            return None
        line = source_line(op.location)
        if line is not None:
            return line
    return None


def drop_partitioning(operation: Any) -> None:
    """Remove sharding marks: one device runs the program, and IREE does not know the ``sdy`` dialect."""
    for op in list(_operations(operation)):
        if op.name.startswith("sdy.") and not len(op.results):
            op.erase()
            continue
        if call_target(op) in _MARKS:
            op.results[0].replace_all_uses_with(op.operands[0])
            op.erase()
            continue
        for name in _attribute_names(op):
            if name.startswith(_PARTITIONING):
                del op.attributes[name]


def drop_assertions(module: ir.Module) -> None:
    """Remove JAX's run-time checks of symbolic dimensions: the runtime checks shapes before it calls."""
    for op in _operations(module.operation):
        if call_target(op) == "shape_assertion":
            op.erase()


def uses_random_bits(module: ir.Module) -> bool:
    """Whether ``module`` draws random numbers, by the names JAX gives to functions and locations."""
    text = (
        str(op.attributes["sym_name"]) if "sym_name" in op.attributes else (location_name(op.location) or "")
        for op in _operations(module.operation)
    )
    return any(mark in name for name in text for mark in _RANDOM)


def call_target(op: Any) -> str | None:
    """The target of a StableHLO or VHLO custom call; ``None`` for other operations."""
    if "custom_call" not in op.name:
        return None
    text = str(op.attributes["call_target_name"])
    return text[text.find('"') + 1 : text.rfind('"')]


def _attribute_names(op: Any) -> list[str]:
    return [item if isinstance(item, str) else item.name for item in op.attributes]


def _operations(operation: Any) -> list[Any]:
    """All operations below ``operation``, children first."""
    found: list[Any] = []

    def collect(op: Any) -> None:
        for region in op.regions:
            for block in region.blocks:
                for child in block.operations:
                    collect(child.operation)
        found.append(op)

    collect(operation)
    return found
