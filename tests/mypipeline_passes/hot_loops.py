"""Innermost loops in assembly that the compiler writes, and the multiply-adds in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABEL = re.compile(r"^(\.L\w+):")
_JUMP = re.compile(r"^\s+(?:j\w+|b(?:\.\w+)?|cbn?z\s+\w+,|tbn?z\s+[\w, #]+,)\s+(\.L\w+)\s*$")
_INSTRUCTION = re.compile(r"^\s+([a-z][\w.]*)\s*(.*)$")
# Multiply-adds of vectors and of single numbers: x86-64 (AT&T syntax), NEON and SVE.
_VECTOR = re.compile(r"^(?:vfn?m(?:add|sub)\d+ps .*%(?P<x86>[xyz]mm)|fmla v\d+\.(?P<neon>\w+)|fmla z\d+\.(?P<sve>\w+))")
_SCALAR = re.compile(r"^(?:vfn?m(?:add|sub)\d+ss |fn?m(?:add|sub) s)")


@dataclass(frozen=True)
class Loop:
    """One innermost loop.

    Attributes:
      instructions: how many it has.
      fused: multiply-adds of vectors among them.
      scalar: multiply-adds of single numbers.
      register: kind of the widest vectors: ``"zmm"``, ``"ymm"``, ``"v.4s"``, ``"z.s"`` ...
    """

    instructions: int
    fused: int
    scalar: int
    register: str


def hottest_loop(assembly: str) -> Loop:
    """The innermost loop with the most multiply-adds, of vectors or not.

    Raises:
      ValueError: there is no loop.
    """
    return max(_innermost(assembly.splitlines()), key=lambda loop: (loop.fused, loop.scalar))


def _innermost(lines: list[str]) -> Iterator[Loop]:
    labels = {found[1]: number for number, line in enumerate(lines) if (found := _LABEL.match(line))}
    spans = {
        (labels[found[1]], number)
        for number, line in enumerate(lines)
        if (found := _JUMP.match(_code(line))) and labels.get(found[1], number) < number
    }
    for start, end in spans:
        if not any((start, end) != other and start <= other[0] and other[1] <= end for other in spans):
            yield _loop(lines[start : end + 1])


def _loop(lines: list[str]) -> Loop:
    found = [f"{match[1]} {match[2]}" for line in lines if (match := _INSTRUCTION.match(_code(line)))]
    instructions = [each for each in found if not each.startswith(".")]
    vectors = [match for each in instructions if (match := _VECTOR.match(each))]
    registers = sorted({_register(match) for match in vectors})
    scalar = sum(bool(_SCALAR.match(each)) for each in instructions)
    return Loop(len(instructions), len(vectors), scalar, registers[-1] if registers else "")


def _register(match: re.Match[str]) -> str:
    return match["x86"] or (f"v.{match['neon']}" if match["neon"] else f"z.{match['sve']}")


def _code(line: str) -> str:
    """Without comments."""
    return re.split(r"#(?!\d)|//", line)[0].rstrip()
