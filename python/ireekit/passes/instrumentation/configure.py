"""All instrumentation from the settings a command line has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ireekit.passes.instrumentation.base import Instrumentation, Instrumentations
from ireekit.passes.instrumentation.bisection import PassLimit
from ireekit.passes.instrumentation.checks import VerifyEach
from ireekit.passes.instrumentation.counts import Statistics
from ireekit.passes.instrumentation.printing import IRPrinter, PrintOptions
from ireekit.passes.instrumentation.reproducer import Reproducer
from ireekit.passes.instrumentation.timing import Timing

if TYPE_CHECKING:
    from ireekit.dialect import Dialect


def instrument(
    *,
    printing: PrintOptions | None = None,
    timing: bool = False,
    statistics: bool = False,
    verify_each: Iterable[Dialect] = (),
    limit: int | None = None,
    reproducer: Path | None = None,
    eager: bool = False,
    command: Sequence[str] = (),
    loads: Sequence[str] = (),
    stream: TextIO | None = None,
) -> Instrumentation | None:
    """What these settings ask for; ``None`` where they ask for nothing, so that native passes run together.

    Args:
      printing: when to print IR, and how.
      timing, statistics: collect them, for :meth:`Instrumentation.report`.
      verify_each: dialects to verify with after every pass.
      limit: how many passes run.
      reproducer: file to write when a pass fails.
      eager: write it before every pass, for passes that end the process.
      command, loads: for the reproducer, see :class:`Reproducer`.
      stream: where the limit says what it lets run.
    """
    dialects = tuple(verify_each)
    parts: list[Instrumentation] = []
    if limit is not None:
        parts.append(PassLimit(limit, stream))
    if reproducer is not None:
        printer = printing.printer if printing else None
        parts.append(Reproducer(reproducer, command=command, loads=loads, printer=printer, eager=eager))
    if printing is not None and (printing.before or printing.after or printing.failed):
        parts.append(IRPrinter(printing))
    if dialects:
        parts.append(VerifyEach(dialects))
    if statistics:
        parts.append(Statistics())
    # Innermost, to measure passes and nothing else.
    if timing:
        parts.append(Timing())
    return Instrumentations(*parts) if parts else None
