"""Passes: Python ones as small dataclasses, and the compiler's own by pipeline text."""

from ireekit.passes.base import NativePasses, Pass, run_pass

__all__ = ["NativePasses", "Pass", "run_pass"]
