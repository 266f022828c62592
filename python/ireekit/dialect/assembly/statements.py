"""Whether the name of an operation stands where an operation is meant: not a key, a payload, or part of a name."""

from __future__ import annotations

import bisect
import re

_PART_OF_NAME = frozenset("!#@%^$.\"'-\\")
_NEVER_BEFORE = frozenset(",([<*+|/?")
_RESULT = re.compile(r"%[\w$.-]+\s*(?::\s*\d+\s*)?$", re.ASCII)
_FOLLOWING = re.compile(r"(?:\s+|//[^\n]*)*")
# Native operations that name another operation in braces, and the keyword before a dictionary.
_NAMES_IN_BRACES = re.compile(r"(?:\battributes|\blinalg\.(?:map|reduce))\s*$")
_DICTIONARY_GOES_ON = re.compile(r"(?:\s|//[^\n]*)*:")
_REACH = 200


class Statements:
    """Tells operations from other uses of their names, by what stands around them.

    Args:
      comments: offsets ``(start, end)`` of the comments met so far, growing.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._comments: list[tuple[int, int]] = []

    def comment(self, start: int, end: int) -> None:
        """Take note of a comment; they come in order."""
        self._comments.append((start, end))

    def is_statement(self, start: int, end: int, region: int) -> bool:
        """Whether the name at ``start`` to ``end`` begins an operation.

        Args:
          region: the offset of the ``{`` of the region of ours around it; -1: none.
        """
        text = self._text
        if start and (text[start - 1].isalnum() or text[start - 1] == "_" or text[start - 1] in _PART_OF_NAME):
            return False
        before = self._before(start)
        if before < 0 or before == region:
            return True
        char = text[before]
        if char in _NEVER_BEFORE:
            return False
        if char == "=":
            line = max(text.rfind("\n", 0, before) + 1, before - _REACH)
            return _RESULT.search(text, line, before) is not None or (
                _RESULT.search(text, max(0, before - _REACH), before) is not None
            )
        if char == ">":
            return text[before - 1] != "-"
        return char != "{" or self._opens_region(before, end)

    def _before(self, start: int) -> int:
        """The offset of the last character before ``start`` that is neither blank nor in a comment; -1: none."""
        text = self._text
        position = start
        while position > 0:
            position -= 1
            if text[position].isspace():
                continue
            index = bisect.bisect_right(self._comments, (position, len(text))) - 1
            if index < 0 or self._comments[index][1] <= position:
                return position
            position = self._comments[index][0]
        return -1

    def _opens_region(self, brace: int, end: int) -> bool:
        """Whether the ``{`` right before a name is a region's and not a dictionary's."""
        text = self._text
        match = _FOLLOWING.match(text, end)
        following = end if match is None else match.end()
        if text[following : following + 1] in {"=", ","} or _NAMES_IN_BRACES.search(
            text, max(0, brace - _REACH), brace
        ):
            return False
        if text[following : following + 1] != "}":
            return True
        return _DICTIONARY_GOES_ON.match(text, following + 1) is None
