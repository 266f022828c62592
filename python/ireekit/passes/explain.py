"""What a pass or pattern of somebody else raised, in one line and with the place."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Sequence
from typing import Any

_TRACEBACK_LINE = re.compile(r'\s*File "(.*)", line (\d+)')


def explain(error: BaseException, source: str | None) -> tuple[str, str | None]:
    """What was raised, and where: the innermost line of the file ``source``, else the innermost of all."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if lines and "Traceback (most recent call last)" in lines[0]:
        # The bindings give what a callback of `walk` raised as a printed traceback.
        places = [match for line in lines if (match := _TRACEBACK_LINE.match(line))]
        return lines[-1], _innermost([(place[1], int(place[2])) for place in places], source)
    frames = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}", _innermost(frames, source)


def source_file(definition: Any) -> str | None:
    """The file that defines a class or function, or ``None`` for one defined at a prompt."""
    try:
        return inspect.getfile(definition)
    except (OSError, TypeError):
        return None


def _innermost(frames: Sequence[tuple[str, int]], source: str | None) -> str | None:
    own = [frame for frame in frames if frame[0] == source] or frames
    return f"{own[-1][0]}:{own[-1][1]}" if own else None
