"""What formats are made of: each element parses itself into an :class:`Instance` and prints itself from one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ireekit.dialect.assembly.attribute_syntax import AttributeSyntax
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.instance import UNIT, Instance, UnprintableError
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.writer import Writer
from ireekit.dialect.model import Arity


class Element(ABC):
    """One element of a compiled format."""

    @abstractmethod
    def parse(self, cursor: Cursor, instance: Instance) -> None:
        """Read it.

        Raises:
          Fault: something else stands there.
        """

    @abstractmethod
    def print(self, writer: Writer, instance: Instance) -> None:
        """Write it.

        Raises:
          UnprintableError: the operation does not fit the format.
        """

    def starts(self, cursor: Cursor) -> bool:
        """Whether what comes next is this element, read without moving on."""
        return False

    def present(self, instance: Instance) -> bool:
        """Whether there is something to print, for the anchor of an optional group."""
        return True


@dataclass(frozen=True, slots=True)
class LiteralElement(Element):
    text: str

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        cursor.expect(self.text)

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.literal(self.text)

    def starts(self, cursor: Cursor) -> bool:
        return cursor.peek(self.text)


@dataclass(frozen=True, slots=True)
class WhitespaceElement(Element):
    text: str

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        del cursor, instance  # Blanks are free in the input.

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.whitespace(self.text)


@dataclass(frozen=True, slots=True)
class OperandElement(Element):
    """``$operand``: one SSA use, or a list with commas."""

    name: str
    arity: Arity

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        value = cursor.value()
        if value is None and self.arity == "single":
            raise cursor.fault(f"expected operand '{self.name}'")
        values = [] if value is None else [value]
        while values and self.arity == "variadic" and cursor.accept(","):
            following = cursor.value()
            if following is None:
                raise cursor.fault(f"expected another operand of '{self.name}' after ','")
            values.append(following)
        instance.values[self.name] = values

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.token(", ".join(instance.values[self.name]))

    def starts(self, cursor: Cursor) -> bool:
        return cursor.peek("%")

    def present(self, instance: Instance) -> bool:
        return bool(instance.values[self.name])


@dataclass(frozen=True, slots=True)
class AttributeElement(Element):
    """``$attribute``, in the short form its constraint allows.

    Attributes:
      required: it must stand here; optional attributes outside optional groups need not.
    """

    name: str
    syntax: AttributeSyntax
    required: bool

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        position = cursor.ahead()
        text = self.syntax.parse(cursor)
        if text is not None:
            if self.name in instance.attributes:
                raise Fault(position, f"attribute '{self.name}' is given twice")
            instance.attributes[self.name] = text
        elif self.required:
            raise cursor.fault(f"expected attribute '{self.name}', {self.syntax.expects}")

    def print(self, writer: Writer, instance: Instance) -> None:
        text = instance.attributes.get(self.name, instance.defaults.get(self.name))
        if text is not None:
            writer.token(self.syntax.print(text))
        elif self.required:
            raise UnprintableError

    def starts(self, cursor: Cursor) -> bool:
        return self.syntax.starts(cursor)

    def present(self, instance: Instance) -> bool:
        text = instance.attributes.get(self.name)
        return text is not None and text != instance.defaults.get(self.name)


@dataclass(frozen=True, slots=True)
class UnitElement(Element):
    """A unit attribute: in a group with literals these stand for it, otherwise its name does.

    Attributes:
      keyword: the word that is written for it; empty where the literals of its group say enough.
    """

    name: str
    keyword: str

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        if not self.keyword or cursor.accept(self.keyword):
            instance.attributes[self.name] = UNIT

    def print(self, writer: Writer, instance: Instance) -> None:
        if self.keyword and self.present(instance):
            writer.literal(self.keyword)

    def starts(self, cursor: Cursor) -> bool:
        return bool(self.keyword) and cursor.peek(self.keyword)

    def present(self, instance: Instance) -> bool:
        return self.name in instance.attributes


@dataclass(frozen=True, slots=True)
class RegionElement(Element):
    """``$region``: ``{ ... }``, or a list with commas."""

    name: str
    variadic: bool

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        regions: list[object] = []
        if not self.variadic or cursor.peek("{"):
            if not cursor.peek("{"):
                raise cursor.fault(f"expected '{{' of region '{self.name}'")
            regions.append(cursor.region())
        while self.variadic and regions and cursor.accept(","):
            if not cursor.peek("{"):
                raise cursor.fault(f"expected another region of '{self.name}' after ','")
            regions.append(cursor.region())
        instance.regions[self.name] = regions

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.token(", ".join(instance.regions[self.name]))

    def starts(self, cursor: Cursor) -> bool:
        return cursor.peek("{")

    def present(self, instance: Instance) -> bool:
        regions = instance.regions[self.name]
        return any(text.strip("{} \n") for text in regions)


@dataclass(frozen=True, slots=True)
class SuccessorElement(Element):
    """``$successor``: ``^block``, or a list with commas."""

    name: str
    variadic: bool

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        block = cursor.block()
        if block is None and not self.variadic:
            raise cursor.fault(f"expected successor '{self.name}'")
        blocks = [] if block is None else [block]
        while blocks and self.variadic and cursor.accept(","):
            following = cursor.block()
            if following is None:
                raise cursor.fault(f"expected another successor of '{self.name}' after ','")
            blocks.append(following)
        instance.successors[self.name] = blocks

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.token(", ".join(instance.successors[self.name]))

    def starts(self, cursor: Cursor) -> bool:
        return cursor.peek("^")

    def present(self, instance: Instance) -> bool:
        return bool(instance.successors[self.name])


@dataclass(frozen=True, slots=True)
class TypeElement(Element):
    """``type($value)``."""

    name: str
    arity: Arity

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        instance.types[self.name] = parse_types(cursor, self.arity, f"type of '{self.name}'")

    def print(self, writer: Writer, instance: Instance) -> None:
        writer.token(", ".join(instance.types[self.name]))

    def starts(self, cursor: Cursor) -> bool:
        position = cursor.position
        found = cursor.type() is not None
        cursor.position = position
        return found

    def present(self, instance: Instance) -> bool:
        return bool(instance.types[self.name])


def parse_types(cursor: Cursor, arity: Arity, what: str) -> list[str]:
    """One type, or a list with commas."""
    text = cursor.type()
    if text is None:
        if arity == "single":
            raise cursor.fault(f"expected the {what}")
        return []
    types = [text]
    while arity == "variadic" and cursor.accept(","):
        text = cursor.type()
        if text is None:
            raise cursor.fault(f"expected another {what} after ','")
        types.append(text)
    return types
