"""Symbol tables: operations with names, and the attributes that refer to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ireekit.errors import PassError
from ireekit.locations import describe_location
from ireekit.passes.uses import is_inside, parent_of

if TYPE_CHECKING:
    from iree.compiler import ir

_NAME = "sym_name"
_TABLES = frozenset({"builtin.module", "gpu.module", "transform.named_sequence"})


class SymbolTable:
    """The symbols defined directly in one operation.

    Example::

        symbols = SymbolTable(module)
        helper = symbols.lookup("helper")
        symbols.rename(helper, symbols.unique_name("helper"))

    Args:
      op: a module or another operation with a single block of symbols, or a view of one.
    """

    def __init__(self, op: Any) -> None:
        self.op: ir.Operation = op.operation
        self._by_name: dict[str, ir.Operation] = {}
        for region in self.op.regions:
            for block in region:
                for child in block.operations:
                    name = symbol_name(child)
                    if name is not None:
                        self._by_name[name] = child.operation

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._by_name))

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: Any) -> ir.Operation | None:
        """The operation called ``name``: a string, a reference attribute, or a path ``["a", "b"]``; or ``None``."""
        path = reference_path(name)
        found = self._by_name.get(path[0])
        for part in path[1:]:
            found = None if found is None else SymbolTable(found)._by_name.get(part)
        return found

    def lookup(self, name: Any) -> ir.Operation:
        """:meth:`find`.

        Raises:
          PassError: there is none; names the nearest.
        """
        from difflib import get_close_matches

        found = self.find(name)
        if found is not None:
            return found
        text = "::".join(f"@{part}" for part in reference_path(name))
        near = get_close_matches(reference_path(name)[-1], list(self._by_name), 1)
        raise PassError(
            f"{self.op.name} has no symbol {text}",
            location=describe_location(self.op.location),
            remedy=f"did you mean @{near[0]}?" if near else None,
        )

    def unique_name(self, base: str) -> str:
        """``base``, or ``base_0``, ``base_1``, ...: a name not yet taken."""
        if base not in self._by_name:
            return base
        number = 0
        while f"{base}_{number}" in self._by_name:
            number += 1
        return f"{base}_{number}"

    def insert(self, op: Any, *, before: Any = None) -> str:
        """Add a symbol, renamed (and what in it refers to it) if its name is taken; moved here if it is elsewhere.

        Returns:
          Its name.

        Raises:
          PassError: ``op`` has no name.
        """
        from iree.compiler import ir

        operation: ir.Operation = op.operation
        name = symbol_name(operation)
        if name is None:
            raise PassError(f"{operation.name} is no symbol: it has no {_NAME}")
        if self._by_name.get(name) == operation:
            return name
        unique = self.unique_name(name)
        if unique != name:
            set_references(operation, name, unique)
            operation.attributes[_NAME] = ir.StringAttr.get(unique, operation.context)
        block = self.op.regions[0].blocks[0]
        if before is not None:
            operation.move_before(before.operation)
        elif (parent := parent_of(operation)) is None or parent != self.op:
            block.append(operation)
        self._by_name[unique] = operation
        return unique

    def rename(self, symbol: Any, new: str) -> None:
        """Rename a symbol, an operation or its name, and whatever refers to it within the table's operation.

        Raises:
          PassError: there is no such symbol, or the new name is taken.
        """
        from iree.compiler import ir

        operation: ir.Operation = self.lookup(symbol) if isinstance(symbol, str) else symbol.operation
        old = symbol_name(operation)
        if old is None or self._by_name.get(old) != operation:
            raise PassError(f"{operation.name} is no symbol of this {self.op.name}")
        if old == new:
            return
        if new in self._by_name:
            raise PassError(f"there is a symbol @{new} already", remedy=f"@{self.unique_name(new)} is free")
        set_references(self.op, old, new)
        operation.attributes[_NAME] = ir.StringAttr.get(new, operation.context)
        self._by_name[new] = self._by_name.pop(old)

    def users(self, symbol: Any) -> list[ir.Operation]:
        """The operations within the table's operation that refer to a symbol, an operation or its name."""
        name = symbol if isinstance(symbol, str) else symbol_name(symbol)
        return [op for op in _in_scope(self.op) if any(path[0] == name for path in references(op))]

    def erase(self, symbol: Any) -> None:
        """Erase a symbol that nothing else refers to.

        Raises:
          PassError: something does; names it.
        """
        operation: ir.Operation = self.lookup(symbol) if isinstance(symbol, str) else symbol.operation
        name = symbol_name(operation)
        user = next((user for user in self.users(operation) if not is_inside(user, operation)), None)
        if user is not None:
            raise PassError(
                f"@{name} cannot be erased: {user.name} refers to it", location=describe_location(user.location)
            )
        operation.erase()
        self._by_name = {key: op for key, op in self._by_name.items() if key != name}


def symbol_name(op: Any) -> str | None:
    """The name that ``op`` defines, or ``None``."""
    attributes = op.operation.attributes
    if _NAME not in attributes:
        return None
    from iree.compiler import ir

    held = attributes[_NAME]
    return held.value if isinstance(held, ir.StringAttr) else None


def nearest_symbol_table(op: Any) -> SymbolTable:
    """The table of the innermost module around ``op``, of the outermost operation where there is none."""
    operation: ir.Operation = op.operation
    while operation.name not in _TABLES and (around := parent_of(operation)) is not None:
        operation = around
    return SymbolTable(operation)


def lookup_symbol(op: Any, name: Any) -> ir.Operation | None:
    """What ``name`` means at ``op``: the symbol of the innermost table around it that has one of that name."""
    operation: ir.Operation | None = op.operation
    while operation is not None:
        if operation.name in _TABLES or parent_of(operation) is None:
            found = SymbolTable(operation).find(name)
            if found is not None:
                return found
        operation = parent_of(operation)
    return None


def reference_path(name: Any) -> list[str]:
    """``["a", "b"]`` of ``@a::@b``; of a string its one part."""
    if isinstance(name, str):
        return [name.removeprefix("@")]
    if isinstance(name, list | tuple):
        return [str(part) for part in name]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    value = name.value
    return [value] if isinstance(value, str) else list(value)


def references(op: Any) -> Iterator[list[str]]:
    """The symbol references in the attributes of ``op``, nested ones too."""
    attributes = op.operation.attributes
    for name in attributes:
        if name != _NAME:
            yield from _references(attributes[name])


def set_references(op: Any, old: str, new: str) -> int:
    """Make what refers to ``@old`` within ``op`` refer to ``@new``; what is in a nested module means another symbol.

    Returns:
      The number of operations changed.
    """
    changed = 0
    for each in _in_scope(op.operation):
        attributes = each.attributes
        for name in [name for name in attributes if name != _NAME]:
            made = _renamed(attributes[name], old, new)
            if made is not None:
                attributes[name] = made
                changed += 1
    return changed


def _in_scope(op: ir.Operation) -> Iterator[ir.Operation]:
    """Operations in ``op``, itself included, without what is in nested tables (but with these themselves)."""
    yield op
    waiting = [op]
    while waiting:
        current = waiting.pop()
        for region in current.regions:
            for block in region:
                for child in block.operations:
                    operation = child.operation
                    yield operation
                    if len(operation.regions) and operation.name not in _TABLES:
                        waiting.append(operation)


def _references(attribute: Any) -> Iterator[list[str]]:
    from iree.compiler import ir

    if isinstance(attribute, ir.SymbolRefAttr | ir.FlatSymbolRefAttr):
        yield reference_path(attribute)
    elif isinstance(attribute, ir.ArrayAttr):
        for each in attribute:
            yield from _references(each)
    elif isinstance(attribute, ir.DictAttr):
        for each in attribute:
            yield from _references(each.attr)


def _renamed(attribute: Any, old: str, new: str) -> Any:
    """``attribute`` with references renamed, or ``None`` where it has none to ``old``."""
    from iree.compiler import ir

    context = attribute.context
    if isinstance(attribute, ir.SymbolRefAttr | ir.FlatSymbolRefAttr):
        path = reference_path(attribute)
        if path[0] != old:
            return None
        return (
            ir.FlatSymbolRefAttr.get(new, context)
            if len(path) == 1
            else ir.SymbolRefAttr.get([new, *path[1:]], context)
        )
    if isinstance(attribute, ir.ArrayAttr):
        made = [_renamed(each, old, new) for each in attribute]
        if any(each is not None for each in made):
            kept = [each if each is not None else before for each, before in zip(made, attribute, strict=True)]
            return ir.ArrayAttr.get(kept, context)
    elif isinstance(attribute, ir.DictAttr):
        entries = {each.name: each.attr for each in attribute}
        changed = {name: _renamed(each, old, new) for name, each in entries.items()}
        if any(each is not None for each in changed.values()):
            return ir.DictAttr.get({name: changed[name] or each for name, each in entries.items()}, context)
    return None
