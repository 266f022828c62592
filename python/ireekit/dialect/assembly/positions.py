"""Where each place of a rewritten text was before: for locations of operations and for errors of the native parser."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"[%@^!#]?[\w$.-]+", re.ASCII)

_REACHES = (16, 8, 4)


class Piece(NamedTuple):
    """A part of a rewritten text.

    Attributes:
      start: its extent in the old text, with ``end``.
      new: what stands for it now; ``None``: the old text itself.
    """

    start: int
    end: int
    new: str | None = None


class Rewritten:
    """A text made of pieces, in order.

    Attributes:
      text: the new text.
    """

    def __init__(self, old: str, pieces: Sequence[Piece]) -> None:
        self._old = old
        self._pieces = pieces
        texts = [old[piece.start : piece.end] if piece.new is None else piece.new for piece in pieces]
        self.text = "".join(texts)
        self._starts: list[int] = []
        position = 0
        for text in texts:
            self._starts.append(position)
            position += len(text)

    def old_offset(self, offset: int) -> int:
        """The place in the old text of a place in the new one.

        In a rewritten piece it is that of the same token, or follows the same few characters, where the old text has
        them, else the piece's start.
        """
        index = max(bisect.bisect_right(self._starts, offset) - 1, 0)
        if not self._pieces:
            return offset
        piece = self._pieces[index]
        within = offset - self._starts[index]
        if piece.new is None:
            return min(piece.start + within, piece.end)
        token = _TOKEN.match(piece.new, within)
        if token is not None:
            word = re.escape(token[0])
            found = re.compile(rf"(?<![\w$.%@^!#-]){word}(?![\w$-])").search(self._old, piece.start, piece.end)
            if found is not None:
                return found.start()
        for reach in _REACHES:
            before = piece.new[max(0, within - reach) : within]
            at = self._old.find(before, piece.start, piece.end) if len(before) == reach else -1
            if at >= 0:
                return at + reach
        return piece.start
