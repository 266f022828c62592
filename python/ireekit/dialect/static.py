"""What annotations of fields mean to a type checker; at run time they are names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from typing import overload

    from iree.compiler import ir

    Operand: TypeAlias = ir.Value
    """An operand: an ``ir.Value``."""
    Successor: TypeAlias = ir.Block
    """A block to branch to."""
    RegionInit: TypeAlias = Sequence[ir.Type] | ir.Region | Callable[..., object] | None
    """What a region is made of: the types of its entry block's arguments; a region whose blocks are taken over; or a
    function that builds the body, given the entry block's arguments (whose types must follow from the definition)."""

    class Result(ir.Value):
        """A result: reads as an ``ir.Value``; a builder takes its ``ir.Type``, or infers it."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Result: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> ir.Value: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: ir.Type | None) -> None: ...

    class Region(ir.Region):
        """A region: reads as an ``ir.Region``; a builder takes a ``RegionInit``."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Region: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> ir.Region: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: RegionInit) -> None: ...

else:

    class Operand:
        """An operand: an ``ir.Value``."""

    class Result:
        """A result: reads as an ``ir.Value``; a builder takes its ``ir.Type``, or infers it."""

    class Region:
        """A region: reads as an ``ir.Region``; a builder takes argument types, a region, or a function."""

    class Successor:
        """A block to branch to."""
