"""Elements that cover all operands, results, regions or successors of an operation at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ireekit.dialect.assembly.elements import Element, parse_types
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.instance import Instance, split_fields
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.writer import Writer
from ireekit.dialect.model import ValueField

Collect = Callable[[Instance], list[str]]
"""All values or types of the fields that are covered."""
Deal = Callable[[Instance, Sequence[str]], bool]
"""Deals them out to these fields; false where the number is wrong."""


@dataclass(frozen=True, slots=True)
class Share:
    """How one list stands for several fields."""

    what: str
    deal: Deal
    collect: Collect

    def give(self, instance: Instance, items: Sequence[str], start: int) -> None:
        """Deal ``items``, which begin at offset ``start``.

        Raises:
          Fault: the number is wrong.
        """
        if not self.deal(instance, items):
            raise Fault(start, f"{len(items)} do not fit: expected {self.what}")


def _count(fields: Sequence[ValueField], noun: str) -> str:
    single = sum(row.arity == "single" for row in fields)
    return f"{'' if single == len(fields) else 'at least '}{single} {noun}{'' if single == 1 else 's'}"


def operand_list(fields: Sequence[ValueField]) -> ListElement:
    """``operands``."""

    def deal(instance: Instance, items: Sequence[str]) -> bool:
        dealt = split_fields(fields, items, None)
        instance.values.update(dealt or {})
        return dealt is not None

    def collect(instance: Instance) -> list[str]:
        return [value for row in fields for value in instance.values[row.name]]

    return ListElement(Cursor.value, "%", Share(_count(fields, "operand"), deal, collect))


def type_list(fields: Sequence[ValueField]) -> ListElement:
    """``type(operands)``, ``type(results)``."""
    return ListElement(Cursor.type, "", type_share(fields))


def type_share(fields: Sequence[ValueField]) -> Share:
    """The types of ``fields``; those of operands are as many as the operands, which come first in the text."""

    def deal(instance: Instance, items: Sequence[str]) -> bool:
        sizes = None
        if all(row.kind == "operand" for row in fields) and any(instance.values[row.name] for row in fields):
            sizes = [len(instance.values[row.name]) for row in fields]
        dealt = split_fields(fields, items, sizes)
        instance.types.update(dealt or {})
        return dealt is not None

    def collect(instance: Instance) -> list[str]:
        return [text for row in fields for text in instance.types[row.name]]

    return Share(_count(fields, "type"), deal, collect)


def successor_list(names: Sequence[str], variadic: bool) -> ListElement:
    """``successors``; ``variadic``: the last name is that of a list."""

    def deal(instance: Instance, items: Sequence[str]) -> bool:
        fixed = len(names) - variadic
        if len(items) < fixed or (len(items) > fixed and not variadic):
            return False
        instance.successors.update({name: [item] for name, item in zip(names[:fixed], items, strict=False)})
        if variadic:
            instance.successors[names[-1]] = list(items[fixed:])
        return True

    def collect(instance: Instance) -> list[str]:
        return [block for name in names for block in instance.successors[name]]

    fixed = len(names) - variadic
    return ListElement(Cursor.block, "^", Share(f"{'at least ' * variadic}{fixed} successors", deal, collect))


@dataclass(frozen=True, slots=True)
class ListElement(Element):
    """``operands``, ``successors``, ``type(operands)``, ``type(results)``: everything of one kind in one list.

    Attributes:
      item: reads one.
      first: what each starts with; empty: only reading tells.
    """

    item: Callable[[Cursor], str | None]
    first: str
    share: Share

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        start = cursor.ahead()
        items: list[str] = []
        text = self.item(cursor)
        while text is not None:
            items.append(text)
            if not cursor.accept(","):
                break
            text = self.item(cursor)
            if text is None:
                raise cursor.fault("expected another one after ','")
        self.share.give(instance, items, start)

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.token(", ".join(self.share.collect(instance)))

    def starts(self, cursor: Cursor) -> bool:
        if self.first:
            return cursor.peek(self.first)
        position = cursor.position
        found = self.item(cursor) is not None
        cursor.position = position
        return found

    def present(self, instance: Instance) -> bool:
        return bool(self.share.collect(instance))


@dataclass(frozen=True, slots=True)
class RegionsElement(Element):
    """``regions``: all of them, in one list with commas."""

    names: tuple[str, ...]
    variadic: str | None

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        start = cursor.ahead()
        regions: list[object] = []
        while cursor.peek("{"):
            regions.append(cursor.region())
            if not cursor.accept(","):
                break
        fixed = [name for name in self.names if name != self.variadic]
        if len(regions) < len(fixed) or (self.variadic is None and len(regions) > len(fixed)):
            raise Fault(start, f"expected {len(fixed)} regions, found {len(regions)}")
        for name in fixed:
            instance.regions[name] = [regions.pop(0)]
        if self.variadic is not None:
            instance.regions[self.variadic] = regions

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.token(", ".join(text for name in self.names for text in instance.regions[name]))

    def starts(self, cursor: Cursor) -> bool:
        return cursor.peek("{")

    def present(self, instance: Instance) -> bool:
        return any(instance.regions[name] for name in self.names)


@dataclass(frozen=True, slots=True)
class FunctionalTypeElement(Element):
    """``functional-type(...)``: ``(operand types) -> result types``; one result type needs no parentheses."""

    inputs: Share
    outputs: Share

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        start = cursor.ahead()
        self.inputs.give(instance, _parenthesised_types(cursor), start)
        cursor.expect("->")
        start = cursor.ahead()
        # A function type as the only result stands in parentheses too, as MLIR has it.
        types = _parenthesised_types(cursor) if cursor.peek("(") else parse_types(cursor, "single", "result type")
        self.outputs.give(instance, types, start)

    def print(self, writer: Writer, instance: Instance) -> None:
        outputs = self.outputs.collect(instance)
        listed = ", ".join(outputs)
        if len(outputs) != 1 or listed.startswith("("):
            listed = f"({listed})"
        writer.token(f"({', '.join(self.inputs.collect(instance))}) -> {listed}")

    def starts(self, cursor: Cursor) -> bool:
        return cursor.peek("(")


def _parenthesised_types(cursor: Cursor) -> list[str]:
    cursor.expect("(", " of a list of types")
    types = [] if cursor.peek(")") else parse_types(cursor, "variadic", "type")
    cursor.expect(")", " after the list of types")
    return types
