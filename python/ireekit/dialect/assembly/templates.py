"""What was rewritten once need not be read again: operations that differ in the names of their values alone.

A module repeats itself: most of its lines are an operation with the types and attributes of one before. Such a line
with its values taken out is the key of a template, which has places for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_VALUE = re.compile(r"%(?:\d++|[A-Za-z_$.-][\w$.-]*+)(?:#\d++)?", re.ASCII)
_MARKED = re.compile(r"%(\d+)")
_LIMIT = 20_000
_LONGEST = 1_000


def one_line_operation(text: str, start: int) -> tuple[str, int, bool] | None:
    """What follows ``start`` on its line, short of a location; where that ends; whether a location follows.

    ``None`` where strings or comments would have to be told apart, and where it is too long to be remembered.
    """
    end = text.find("\n", start)
    if (len(text) if end < 0 else end) - start > _LONGEST:
        return None
    line = text[start : len(text) if end < 0 else end]
    location = line.find(" loc(")
    line = (line if location < 0 else line[:location]).rstrip()
    if '"' in line or "//" in line:
        return None
    return line, start + len(line), location >= 0


class Templates:
    """Remembers rewritings of operations of one line without regions.

    Args:
      rewrite: ``(name, text) -> new text`` of an operation, or ``None`` where the text is not all of it.
    """

    def __init__(self, rewrite: Callable[[str, str], str | None]) -> None:
        self._rewrite = rewrite
        self._known: dict[str, tuple[str, list[int]] | None] = {}

    def apply(self, name: str, text: str) -> str | None:
        """The rewriting of operation ``name`` that goes on with ``text``; ``None``: it has to be read.

        Args:
          text: of one line, without strings and comments, in which ``%`` might mean something else.
        """
        values = _VALUE.findall(text)
        key = name + _VALUE.sub("%", text)
        if key not in self._known:
            if len(self._known) >= _LIMIT:
                self._known.clear()
            self._known[key] = self._make(name, text)
        template = self._known[key]
        if template is None:
            return None
        form, order = template
        return form % tuple([values[index] for index in order])

    def _make(self, name: str, text: str) -> tuple[str, list[int]] | None:
        numbers = iter(range(text.count("%")))
        marked = self._rewrite(name, _VALUE.sub(lambda _: f"%{next(numbers)}", text))
        if marked is None:
            return None
        return _MARKED.sub("%s", marked), [int(index) for index in _MARKED.findall(marked)]
