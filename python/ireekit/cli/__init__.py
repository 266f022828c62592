"""The command line ``ireekit``; one module a subcommand, imported when it is asked for."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
      argv: its arguments, without the program's name; ``None`` for those of the process.

    Returns:
      The exit status: 0 done, 1 refused with a message, 2 wrong usage, 70 a bug in ireekit, 130 interrupted,
      141 nobody reads the output.
    """
    from ireekit.cli.guard import INTERRUPTED, guarded
    from ireekit.cli.parser import run_command

    if argv is not None:
        return guarded(lambda: run_command(list(argv)))
    from ireekit.cli.interrupt import prompt_interruption

    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files may hold what the terminal cannot show; that is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    with prompt_interruption(INTERRUPTED):
        return guarded(lambda: run_command(sys.argv[1:]))
