"""Errors as cells of a table."""

from __future__ import annotations

_WIDTH = 160


class BenchError(Exception):
    """An engine could not do its part; the text is the reason that tables show."""


def one_line(error: BaseException | str) -> str:
    """The first line that says something, cut."""
    if isinstance(error, BaseException):
        text = str(error).strip() or type(error).__name__
        named = text if isinstance(error, BenchError) else f"{type(error).__name__}: {text}"
    else:
        named = error.strip()
    line = next((line.strip() for line in named.splitlines() if line.strip()), "no reason given")
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."
