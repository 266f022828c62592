"""Several cases in one file, as ``--split-input-file`` of ``mlir-opt`` has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MARKER = "// -----"
"""Stands on a line of its own between two cases."""


@dataclass(frozen=True)
class Chunk:
    """One case of a file.

    Attributes:
      text: its own lines.
      first_line: the number of its first line in the file, from 1.
    """

    text: str
    first_line: int

    @property
    def padded(self) -> str:
        """The text behind as many empty lines as stand before it, so that a parser counts the file's own lines."""
        return "\n" * (self.first_line - 1) + self.text

    def line(self, number: int) -> str | None:
        """A line by its number in the file; ``None`` where it lies outside of the chunk."""
        lines = self.text.split("\n")
        index = number - self.first_line
        return lines[index].rstrip("\r") if 0 <= index < len(lines) else None


def split_input(text: str, marker: str = MARKER) -> Iterator[Chunk]:
    """Cut ``text`` at the lines that hold ``marker`` and nothing else but spaces around it.

    An empty marker cuts nowhere. A file of nothing is one empty chunk.
    """
    start, lines = 0, text.split("\n")
    for index, line in enumerate(lines):
        if marker and line.strip() == marker:
            yield Chunk("\n".join(lines[start:index]), start + 1)
            start = index + 1
    yield Chunk("\n".join(lines[start:]), start + 1)
