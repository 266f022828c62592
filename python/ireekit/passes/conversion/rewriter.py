"""Through which conversion patterns change IR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ireekit.errors import PassError
from ireekit.passes.conversion.casts import cast_of, make_cast
from ireekit.passes.conversion.types import TypeConverter
from ireekit.passes.rewrite.rewriter import Replacement, Rewriter, replacement_values
from ireekit.passes.rewrite.roots import operation_of

if TYPE_CHECKING:
    from iree.compiler import ir


class ConversionRewriter(Rewriter):
    """A :class:`~ireekit.passes.rewrite.Rewriter` whose replacements may have other types, and other numbers of values.

    What was replaced or erased stays in the IR, unused, until the driver has visited everything.

    Attributes:
      converter: the conversion's type converter.
    """

    def __init__(self, guarded: ir.Operation, converter: TypeConverter) -> None:
        super().__init__(guarded)
        self.converter = converter
        self._dead: list[ir.Operation] = []
        self._dead_addresses: set[int] = set()
        self._casts: list[ir.Operation] = []
        self._materialized: dict[tuple[Any, tuple[Any, ...]], list[ir.Value]] = {}

    def replace(self, op: Any, new: Replacement) -> None:
        """Replace the results of ``op`` by ``new`` and erase it.

        Args:
          new: as for rewrite patterns, of any types; where a result becomes several values or none, a sequence with one
            element for each result, which is a value or a sequence of values.

        Raises:
          PassError: number of results and of replacements differ, or ``op`` was replaced or erased before.
        """
        operation = self._erasable(op)
        self._pending.append((operation, None))
        for result, values in zip(operation.results, _groups(operation, new), strict=True):
            self._replace_value(result, values, operation)

    def convert_types(self, types: Sequence[ir.Type]) -> list[ir.Type]:
        """The converted types, one after the other."""
        return self.converter.converted_types(types)

    def convert_region_types(self, region: ir.Region) -> None:
        """Convert the types of the arguments of all blocks in ``region``; what uses them goes on with the old types."""
        for block in region:
            self.convert_block_types(block)

    def convert_block_types(self, block: ir.Block) -> None:
        """Convert the types of the arguments of ``block``."""
        from iree.compiler import ir

        self._check_open()
        old: list[Any] = list(block.arguments)
        if all(self.converter.is_legal(argument.type) for argument in old):
            return
        for argument in old:
            types = self.converter.converted(argument.type)
            location = argument.location
            made: list[Any] = [block.add_argument(each, location) for each in types]
            if types == [argument.type]:
                argument.replace_all_uses_with(made[0])
            else:
                point = ir.InsertionPoint.at_block_begin(block)
                self._replace_uses_by_cast(argument, made, point, location)
        self._forget(old)
        for index in reversed(range(len(old))):
            block.erase_argument(index)
        self._dirty = True

    def move_region(self, source: ir.Region, target: ir.Region) -> None:
        """Move all blocks of ``source`` to the end of ``target``."""
        self._check_open()
        for block in list(source.blocks):
            block.append_to(target)
        self._dirty = True

    def converted(self, value: ir.Value) -> tuple[ir.Value, ...]:
        """``value`` as values of the converted types."""
        return tuple(self._materialize(value, self.converter.converted(value.type)))

    def is_dead(self, operation_address: int) -> bool:
        return operation_address in self._dead_addresses

    def _materialize(self, value: ir.Value, types: list[ir.Type]) -> list[ir.Value]:
        if len(types) == 1 and types[0] == value.type:
            return [value]
        cast = cast_of(value)
        if cast is not None and len(cast.results) == 1 and [each.type for each in cast.operands] == types:
            return list(cast.operands)
        key = (value, tuple(types))
        known = self._materialized.get(key)
        if known is None:
            made = make_cast([value], types, _after(value), self._root.location)
            self._casts.append(made)
            known = self._materialized[key] = list(made.results)
        return known

    def _replace_value(self, old: ir.Value, values: list[ir.Value], before: ir.Operation) -> None:
        from iree.compiler import ir

        if len(values) == 1 and values[0].type == old.type:
            old.replace_all_uses_with(values[0])
            return
        self._replace_uses_by_cast(old, values, ir.InsertionPoint(before), before.location)

    def _replace_uses_by_cast(
        self, old: ir.Value, values: list[ir.Value], point: ir.InsertionPoint, location: ir.Location
    ) -> None:
        if not any(True for _use in old.uses):
            return
        cast = make_cast(values, [old.type], point, location)
        self._casts.append(cast)
        old.replace_all_uses_with(cast.results[0])

    def _forget(self, values: Sequence[ir.Value]) -> None:
        self._materialized = {key: made for key, made in self._materialized.items() if key[0] not in values}

    def _settle(self) -> None:
        from ireekit.bindings.erasure import address

        gone = [operation for operation, _values in self._pending] + self._dying
        self._pending, self._dying = [], []
        for operation in gone:
            self._dead.append(operation)
            self._dead_addresses.add(address(operation))

    def _erasable(self, op: Any) -> ir.Operation:
        from ireekit.bindings.erasure import address

        operation = operation_of(op)
        if self.is_dead(address(operation)):
            raise PassError(f"{operation.name} was replaced or erased before")
        operation = super()._erasable(op)
        if operation == self._guarded:
            raise PassError(
                f"{operation.name} is what is being converted, and cannot be replaced or erased",
                remedy="convert the operation around it",
            )
        return operation

    def take_dead(self) -> list[ir.Operation]:
        """For the driver: what was replaced or erased since it last asked."""
        dead, self._dead = self._dead, []
        self._dead_addresses = set()
        self._materialized = {}
        return dead


def _groups(operation: ir.Operation, new: Any) -> list[list[ir.Value]]:
    results = len(operation.results)
    if isinstance(new, list | tuple) and len(new) == results:  # pyright: ignore[reportUnknownArgumentType]
        return [replacement_values(each) for each in new]  # pyright: ignore[reportUnknownVariableType]
    values = replacement_values(new)
    if len(values) != results:
        raise PassError(
            f"{operation.name} has {results} results, and is replaced by {len(values)} values",
            remedy="where a result becomes several values, give a list with a list for each result",
        )
    return [[value] for value in values]


def _after(value: Any) -> ir.InsertionPoint:
    """Right after what defines ``value``."""
    from iree.compiler import ir

    owner = value.owner
    if hasattr(owner, "operation"):
        return ir.InsertionPoint.after(owner.operation)
    return ir.InsertionPoint.at_block_begin(owner)
