"""Watching passes, in whatever host runs them: timing, statistics, printed IR, checks, limits, reproducers."""

from ireekit.passes.instrumentation.base import Instrumentation, Instrumentations
from ireekit.passes.instrumentation.bisection import Bisection, PassLimit, bisect
from ireekit.passes.instrumentation.checks import VerifyEach
from ireekit.passes.instrumentation.configure import instrument
from ireekit.passes.instrumentation.counts import Statistics
from ireekit.passes.instrumentation.printing import IRPrinter, PrintOptions, print_operation
from ireekit.passes.instrumentation.reproducer import Reproducer, Reproduction, read_reproducer, reproducer_text
from ireekit.passes.instrumentation.timing import Timing, TimingNode

__all__ = [
    "Bisection",
    "IRPrinter",
    "Instrumentation",
    "Instrumentations",
    "PassLimit",
    "PrintOptions",
    "Reproducer",
    "Reproduction",
    "Statistics",
    "Timing",
    "TimingNode",
    "VerifyEach",
    "bisect",
    "instrument",
    "print_operation",
    "read_reproducer",
    "reproducer_text",
]
