"""Passes: Python ones as small dataclasses, and the compiler's own by pipeline text."""

from ireekit.passes.base import NativePasses, Pass, run_pass
from ireekit.passes.walk import find, walk

__all__ = ["NativePasses", "Pass", "find", "run_pass", "walk"]
