"""The one place that touches the internals of ``iree.compiler``."""

from ireekit.bindings.build import BuildInfo, VerifiedBuild, build_info
from ireekit.bindings.capabilities import CAPABILITIES, Capability, capabilities, require
from ireekit.bindings.session import PHASES, CompilerSession, Diagnostic, Invocation

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
    "capabilities",
    "require",
]
