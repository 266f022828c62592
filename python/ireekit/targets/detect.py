"""Which Vulkan profile fits the device of this machine.

A profile of another device may compute silently wrong numbers (its subgroup size is assumed in the code),
so the device found decides.
"""

from __future__ import annotations

import functools
import re
import warnings

from ireekit.targets.table import FAMILIES

# Device name, as its driver reports it -> architecture of the "vulkan" family. First match wins.
_PROFILES: tuple[tuple[str, str], ...] = (
    (r"llvmpipe", "llvmpipe"),
    (r"adreno", "adreno"),
    (r"immortalis|mali-g(62|72|82|92)", "valhall4"),
    (r"mali-g[67]15", "valhall3"),
    (r"mali-g[3567]10", "valhall2"),
    (r"mali-g(57|68|77|78)", "valhall1"),
    (r"radeon.*rx 90|gfx12", "rdna4"),
    (r"radeon.*(rx 7|780m|890m)|gfx11", "rdna3"),
    (r"radeon.*rx 6|steam deck|van gogh|gfx103", "rdna2"),
    (r"radeon.*rx 5|gfx101", "rdna1"),
    (r"rtx 40|rtx [456]000 ada|\bl40?s?\b", "ada"),
    (r"rtx 20|gtx 16|\bt4\b|quadro rtx", "turing"),
    (r"gtx 10|\bp100\b|\bp40\b", "pascal"),
    (r"nvidia|geforce", "ampere"),
)
# The same for the other families whose architecture depends on the device.
_CUDA: tuple[tuple[str, str], ...] = (
    (r"\bg?h[12]00\b|\bgh200\b", "sm_90"),
    (r"\bg?b[123]00\b", "sm_100"),
    (r"rtx 50|rtx pro 6000 blackwell", "sm_120"),
    (r"rtx 40|rtx [456]000 ada|\bl40?s?\b", "sm_89"),
    (r"\ba100\b|\ba30\b", "sm_80"),
    (r"rtx 30|rtx a\d|\ba(2|10|16|40)g?\b", "sm_86"),
    (r"rtx 20|gtx 16|\bt4\b|quadro rtx", "sm_75"),
    (r"\bv100\b|titan v", "sm_70"),
    (r"\bp100\b", "sm_60"),
)
_ROCM: tuple[tuple[str, str], ...] = (
    (r"mi100", "gfx908"),
    (r"mi2[15]0", "gfx90a"),
    (r"mi300|mi325", "gfx942"),
    (r"mi35[05]", "gfx950"),
    (r"rx 7900|pro w7[89]00", "gfx1100"),
    (r"rx 7[78]00", "gfx1101"),
    (r"rx 9060", "gfx1200"),
    (r"rx 9070", "gfx1201"),
)
_BY_FAMILY = {"vulkan": _PROFILES, "cuda": _CUDA, "rocm": _ROCM}
_FALLBACK = "android-baseline-2022"


@functools.cache
def detected_vulkan_profile() -> str:
    """Architecture of the first Vulkan device; warns and takes a phone's baseline where there is none."""
    from ireekit.runtime import devices

    found = next((device for device in devices() if device.driver == "vulkan"), None)
    if found is None:
        warnings.warn(
            f"no Vulkan device here: compiling for vulkan:{_FALLBACK}; name one, e.g. 'vulkan:rdna3'",
            stacklevel=2,
        )
        return _FALLBACK
    profile = profile_of(found.name)
    if profile is None:
        warnings.warn(
            f"unknown Vulkan device {found.name!r}: compiling for vulkan:{_FALLBACK}; "
            "name a profile, e.g. target='vulkan:rdna3', and check the numbers",
            stacklevel=2,
        )
        return _FALLBACK
    return profile


def profile_of(device_name: str, family: str = "vulkan") -> str | None:
    """The architecture for a device by its name, or ``None`` where the table has no row for it."""
    name = device_name.lower()
    rows = _BY_FAMILY.get(family, ())
    return next((profile for pattern, profile in rows if re.search(pattern, name)), None)


def target_of_device(driver: str, device_name: str) -> str | None:
    """What to compile for, for a device: ``"cpu"``, ``"vulkan:llvmpipe"``, ``"cuda:sm_90"``.

    The family alone where the device's name is not known; ``None`` where no family is for this driver.
    """
    family = next((row.name for row in FAMILIES.values() if driver in row.drivers), None)
    if family is None:
        return None
    architecture = profile_of(device_name, family)
    return family if architecture is None else f"{family}:{architecture}"
