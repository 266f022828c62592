"""The kernels of a program, and the machine they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.passes.walk import find
from ireekit.targets.machines import Machine, machine_of

if TYPE_CHECKING:
    from iree.compiler import ir

TUNED = "ireekit_tuned"
"""Attribute of kernels' functions that a tuning file has configured."""

_TARGET = "#hal.executable.target<"
_FEATURES = re.compile(r'cpu_features = "([^"]*)"')
_TRIPLE = re.compile(r'target_triple = "([^"]*)"')


@dataclass(frozen=True)
class Kernel:
    """A function that is dispatched.

    Attributes:
      function: ``func.func`` in a variant of an executable.
      machine: that the variant is for.
    """

    function: ir.Operation
    machine: Machine


def kernels(op: ir.Operation) -> Iterator[Kernel]:
    """The CPU kernels in ``op``, a program at phase ``executable-sources`` or a variant of an executable.

    Those for machines that are not in the table are left out, and those that a tuning file has configured.
    """
    for variant in find(op, "hal.executable.variant"):
        machine = machine_in(str(variant.attributes["target"]))
        if machine is None:
            continue
        for function in find(variant, "func.func"):
            if TUNED not in function.attributes and any(region.blocks for region in function.regions):
                yield Kernel(function, machine)


def program_machine(module: ir.Operation) -> Machine | None:
    """The machine that a program is for, from phase ``preprocessing`` on; ``None`` where there is not exactly one."""
    devices: Any = find(module, "util.global")
    texts = [str(each.attributes["initial_value"]) for each in devices if "initial_value" in each.attributes]
    found = {machine_in(text) for text in texts if "#hal.device" in text}
    return found.pop() if len(found) == 1 else None


def machine_in(text: str) -> Machine | None:
    """The machine of the targets that the text of an attribute names; ``None`` where there is not exactly one."""
    machines = {_read(target) for target in text.split(_TARGET)[1:]}
    return machines.pop() if len(machines) == 1 else None


def _read(target: str) -> Machine | None:
    features, triple = _FEATURES.search(target), _TRIPLE.search(target)
    if features is None or triple is None:
        return None
    return machine_of(triple[1], features[1].split(","))
