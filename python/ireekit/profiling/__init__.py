"""Where the time of a call goes: each dispatch against what the machine can do, with the layers it comes from.

Names are imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.lazy_names import lazy_names

if TYPE_CHECKING:
    from ireekit.profiling.api import profile
    from ireekit.profiling.facts import DispatchFacts, Origin
    from ireekit.profiling.machine import Machine, measured_machine
    from ireekit.profiling.result import DispatchProfile, Profile

__all__ = ["DispatchFacts", "DispatchProfile", "Machine", "Origin", "Profile", "measured_machine", "profile"]

_HOMES = {
    "DispatchFacts": "facts",
    "DispatchProfile": "result",
    "Machine": "machine",
    "Origin": "facts",
    "Profile": "result",
    "measured_machine": "machine",
    "profile": "api",
}


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
