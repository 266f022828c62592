"""The flags of the compiler's session."""

from __future__ import annotations

from collections.abc import Sequence

from ireekit.targets import FAMILIES

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


def values(flags: Sequence[str], name: str) -> tuple[str, ...]:
    """Every value of a flag given as ``--name=value``, split at commas."""
    found = [flag.lstrip("-").partition("=") for flag in flags]
    return tuple(part for key, _, value in found if key == name for part in value.split(",") if part)


def families(flags: Sequence[str]) -> frozenset[str]:
    """The target families that flags select."""
    backends = [value for name in _BACKENDS for value in values(flags, name)]
    chosen: set[str] = set()
    devices = values(flags, _DEVICES)
    for device in devices:
        # As in `--iree-hal-target-device=name=vulkan[0]`.
        kind = device.rpartition("=")[2].partition("[")[0].strip("#\"")
        if kind == _LOCAL:
            continue
        chosen.update(name for name, row in FAMILIES.items() if row.device == kind)
    if not devices or any(device.rpartition("=")[2].startswith(_LOCAL) for device in devices):
        chosen.update(_FAMILY_OF_BACKEND[each] for each in backends if each in _FAMILY_OF_BACKEND)
        if not backends:
            chosen.add("cpu")
    return frozenset(chosen)
