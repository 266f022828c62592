"""A pipeline as it runs: in stages, each one Python pass, or as many native passes as stand together.

MLIR runs a nested pipeline on one operation after the other. Here each stage runs on all operations before the next
one does: the result is the same, as passes on isolated operations see only their own, and native passes between two
Python ones become one run of one pass manager, on all threads the context has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from ireekit.passes.base import Pass
from ireekit.passes.nodes import NativePass, Nested, Node
from ireekit.passes.text import node_items

Path: TypeAlias = tuple[str, ...]
"""Anchors from the operation at hand down to where a pass stands."""


@dataclass(frozen=True)
class PythonStage:
    """One Python pass, on the operations at ``path``."""

    path: Path
    step: Pass

    @property
    def phase(self) -> str:
        """As errors name it."""
        return f"pass {self.step.name}"


@dataclass(frozen=True)
class NativeStage:
    """Passes of the compiler that stand together, each with the path to where it stands."""

    steps: tuple[tuple[Path, NativePass], ...]

    @property
    def text(self) -> str:
        """The items of one pass manager."""
        return _native_text(self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.name for _, step in self.steps))

    @property
    def phase(self) -> str:
        """As errors name it."""
        return f"pass{'es' if len(self.names) > 1 else ''} {', '.join(self.names)}"


Stage: TypeAlias = PythonStage | NativeStage


def stages_of(items: Iterable[Node], path: Path = ()) -> tuple[Stage, ...]:
    """The stages that ``items`` run in.

    Args:
      items: of the pipeline.
      path: anchors around all of them, where the pipeline is for operations within the one at hand.
    """
    stages: list[Stage] = []
    for is_python, steps in groupby(_flatten(items, path), key=lambda each: isinstance(each[1], Pass)):
        if is_python:
            stages.extend(PythonStage(at, step) for at, step in steps if isinstance(step, Pass))
        else:
            stages.append(NativeStage(tuple((at, step) for at, step in steps if isinstance(step, NativePass))))
    return tuple(stages)


def nested_text(anchors: Sequence[str], text: str) -> str:
    """Text of a pipeline with ``text`` within ``anchors``, outermost first."""
    return f"{'('.join(anchors)}({text}{')' * len(anchors)}"


def _flatten(items: Iterable[Node], path: Path) -> Iterator[tuple[Path, Pass | NativePass]]:
    for item in items:
        if isinstance(item, Nested):
            yield from _flatten(node_items(item), (*path, item.anchor))
        else:
            yield path, item


def _native_text(steps: Sequence[tuple[Path, NativePass]]) -> str:
    parts: list[str] = []
    for anchor, group in groupby(steps, key=lambda each: each[0][:1]):
        if anchor:
            parts.append(f"{anchor[0]}({_native_text([(path[1:], step) for path, step in group])})")
        else:
            parts.extend(str(step) for _, step in group)
    return ",".join(parts)
