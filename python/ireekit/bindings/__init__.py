"""The one place that touches the internals of ``iree.compiler``. What is named here is loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.lazy_names import lazy_names

if TYPE_CHECKING:
    from ireekit.bindings.build import BuildInfo, VerifiedBuild, build_info
    from ireekit.bindings.capabilities import CAPABILITIES, Capability, require
    from ireekit.bindings.phases import PHASES
    from ireekit.bindings.session import CompilerSession, Diagnostic, Invocation

__all__ = [
    "CAPABILITIES",
    "PHASES",
    "BuildInfo",
    "Capability",
    "CompilerSession",
    "Diagnostic",
    "Invocation",
    "VerifiedBuild",
    "build_info",
    "require",
]

_HOMES = {
    "CAPABILITIES": "capabilities",
    "PHASES": "phases",
    "BuildInfo": "build",
    "Capability": "capabilities",
    "CompilerSession": "session",
    "Diagnostic": "session",
    "Invocation": "session",
    "VerifiedBuild": "build",
    "build_info": "build",
    "require": "capabilities",
}


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
