"""Rules that configure kernels: from the shape of their root and the machine they are for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ireekit.codegen.configuration import CompilationInfo, configuration_of, configure, is_configured
from ireekit.codegen.executables import Kernel
from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.targets.machines import Machine

Rule: TypeAlias = "Callable[[ir.Operation, Machine], CompilationInfo | None]"
"""What a linalg operation of a kernel is to be configured as; ``None`` where the rule has nothing to say."""


def configure_kernel(kernel: Kernel, rules: Sequence[Rule]) -> bool:
    """Configure a kernel by the first rule that has something to say on exactly one of its operations.

    A kernel that is configured already, and one in which a rule would have several roots, stay as they are.

    Returns:
      Whether it was configured.
    """
    ops = [op for op in walk(kernel.function) if op.name.startswith("linalg.")]
    if is_configured(kernel.function) or any(configuration_of(op) is not None for op in ops):
        return False
    for rule in rules:
        found = [(op, info) for op in ops if (info := rule(op, kernel.machine)) is not None]
        if len(found) > 1:
            return False
        for op, info in found:
            configure(op, info)
            return True
    return False
