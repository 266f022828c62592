"""Which Vulkan profile fits the device of this machine.

A profile of another device may compute silently wrong numbers (its subgroup size is assumed in the code),
so the device found decides.
"""

from __future__ import annotations

import functools
import re
import warnings

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
_FALLBACK = "android-baseline-2022"


@functools.cache
def detected_vulkan_profile() -> str:
    """Architecture of the first Vulkan device here; warns and assumes a phone's baseline where there is none."""
    from ireekit.runtime import devices

    found = next((device for device in devices() if device.driver == "vulkan"), None)
    if found is None:
        warnings.warn(
            f"no Vulkan device here: compiling for vulkan:{_FALLBACK}; name a profile, e.g. target='vulkan:rdna3'",
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


def profile_of(device_name: str) -> str | None:
    """The architecture for a device by its name, or ``None`` where the table has no row for it."""
    name = device_name.lower()
    return next((profile for pattern, profile in _PROFILES if re.search(pattern, name)), None)
