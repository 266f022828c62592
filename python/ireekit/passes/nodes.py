"""What pipelines are made of beside Python passes: native passes, and the nesting under an anchor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from ireekit.passes.base import NativePasses, Pass


@dataclass(frozen=True)
class NativePass:
    """One pass, or registered pipeline of passes, of the compiler.

    Attributes:
      name: as the compiler registers it.
      options: what stands between the braces, as given.
      offset: where it stands in the text it was read from, for errors.
    """

    name: str
    options: str = ""
    offset: int | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name}{{{self.options}}}" if self.options else self.name


@dataclass(frozen=True)
class Nested:
    """Passes that run on each operation called ``anchor`` directly in the operation at hand.

    Attributes:
      anchor: name of the operations, or ``"any"`` for all that passes can run on.
      items: passes, texts of passes, and further nesting, in order.
      offset: where it stands in the text it was read from, for errors.

    Example::

        Nested("util.func", ["canonicalize", Tile()])
    """

    anchor: str
    items: tuple[Item, ...]
    offset: int | None = field(default=None, compare=False, repr=False)

    def __init__(self, anchor: str, items: Iterable[Item] = (), offset: int | None = None) -> None:
        object.__setattr__(self, "anchor", anchor)
        object.__setattr__(self, "items", (items,) if isinstance(items, str) else tuple(items))
        object.__setattr__(self, "offset", offset)

    def __str__(self) -> str:
        return f"{self.anchor}({','.join(map(str, self.items))})"


Item: TypeAlias = "Pass | NativePass | NativePasses | Nested | str"
Node: TypeAlias = "Pass | NativePass | Nested"
"""An item once its text is read."""


def is_native(node: Node) -> bool:
    """Whether the compiler can run it without Python."""
    if isinstance(node, Nested):
        return all(is_native(each) for each in node.items if not isinstance(each, str | NativePasses))
    return isinstance(node, NativePass)
