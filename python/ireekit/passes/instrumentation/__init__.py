"""Watching passes, in whatever host runs them: timing, statistics, printed IR, checks, limits, reproducers.

Names are imported when first used: most compilations are not watched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.lazy_names import lazy_names
from ireekit.passes.instrumentation.base import Instrumentation, Instrumentations

if TYPE_CHECKING:
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

_MODULES = {
    "Bisection": "bisection",
    "IRPrinter": "printing",
    "PassLimit": "bisection",
    "PrintOptions": "printing",
    "Reproducer": "reproducer",
    "Reproduction": "reproducer",
    "Statistics": "counts",
    "Timing": "timing",
    "TimingNode": "timing",
    "VerifyEach": "checks",
    "bisect": "bisection",
    "instrument": "configure",
    "print_operation": "printing",
    "read_reproducer": "reproducer",
    "reproducer_text": "reproducer",
}


__getattr__ = lazy_names(__name__, _MODULES)
