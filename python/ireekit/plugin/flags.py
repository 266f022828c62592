"""The flags of the compiler's session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ireekit.bindings.phases import PHASES
from ireekit.errors import PipelineError

if TYPE_CHECKING:
    from ireekit.pipeline import Step
    from ireekit.plugin.plan import PlannedStep

_DEVICES = "iree-hal-target-device"
_BACKENDS = ("iree-hal-local-target-device-backends", "iree-hal-target-backends")
# Backend -> family, where the device alone does not say.
_FAMILY_OF_BACKEND = {
    "llvm-cpu": "cpu",
    "vmvx": "vmvx",
    "vmvx-inline": "vmvx",
    "vulkan-spirv": "vulkan",
    "cuda": "cuda",
    "rocm": "rocm",
    "metal-spirv": "metal",
}
_LOCAL = "local"
# Compiling from there on, the compiler does not ask plugins for passes.
_LAST_ASKED = "preprocessing"


def values(flags: Sequence[str], name: str) -> tuple[str, ...]:
    """Every value of a flag given as ``--name=value`` or ``--name value``, split at commas."""
    found: list[str] = []
    for flag, following in zip(flags, (*flags[1:], ""), strict=False):
        key, given, value = flag.lstrip("-").partition("=")
        if key == name and flag.startswith("-"):
            found += (value if given else following).split(",")
    return tuple(part for part in found if part)


def families(flags: Sequence[str]) -> frozenset[str]:
    """The target families that flags select."""
    backends = [value for name in _BACKENDS for value in values(flags, name)]
    chosen: set[str] = set()
    devices = values(flags, _DEVICES)
    for device in devices:
        # As in `--iree-hal-target-device=name=vulkan[0]`.
        kind = device.rpartition("=")[2].partition("[")[0].strip('#"')
        if kind == _LOCAL:
            continue
        from ireekit.targets.table import FAMILIES

        chosen.update(name for name, row in FAMILIES.items() if row.device == kind)
    if not devices or any(device.rpartition("=")[2].startswith(_LOCAL) for device in devices):
        chosen.update(_FAMILY_OF_BACKEND[each] for each in backends if each in _FAMILY_OF_BACKEND)
        if not backends:
            chosen.add("cpu")
    return frozenset(chosen)


def last_phase(arguments: Sequence[str]) -> str | None:
    """The phase after which ``iree-compile`` stops, by its arguments; ``None`` where there are none."""
    return (values(arguments, "compile-to") or PHASES)[-1] if arguments else None


def check_first_phase(steps: Sequence[Step | PlannedStep], arguments: Sequence[str]) -> None:
    """Refuse what ``--compile-from=`` leaves out without a word: late in the pipeline plugins are not asked.

    Raises:
      PipelineError: names a step that would not run.
    """
    begin = (values(arguments, "compile-from") or (PHASES[0],))[-1]
    if begin not in PHASES or PHASES.index(begin) < PHASES.index(_LAST_ASKED):
        return
    later = PHASES[PHASES.index(begin) + 1 :]
    if (left_out := next((step for step in steps if step.phase in later), None)) is not None:
        raise PipelineError(
            f"{left_out} cannot run with --compile-from={begin}: the compiler asks no plugin after that phase",
            remedy="compile from an earlier phase",
        )


def unescaped(value: str) -> str:
    """Of a text that is in one line: ``\\n`` is a line break, and a backslash is doubled."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)
