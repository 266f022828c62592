"""``custom<Name>(...)``: a piece of syntax that two class methods of the operation read and write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ireekit.dialect.assembly.elements import Element
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.instance import Instance, UnprintableError
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.writer import Writer
from ireekit.dialect.errors import DefinitionError
from ireekit.dialect.model import Arity

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def method_names(label: str) -> tuple[str, str]:
    """The class methods behind ``custom<Label>``: that which reads and that which writes."""
    snake = _WORD_START.sub("_", label).lower()
    return f"parse_{snake}", f"print_{snake}"


@dataclass(frozen=True, slots=True)
class Slot:
    """One argument: an operand's values, a field's types, or an attribute.

    Attributes:
      name: the field.
      arity: how many texts it stands for; an attribute's is ``"optional"``.
    """

    kind: Literal["value", "type", "attribute"]
    name: str
    arity: Arity

    def get(self, instance: Instance) -> Any:
        """A text, ``None``, or a list of texts, by arity."""
        if self.kind == "attribute":
            return instance.attributes.get(self.name, instance.defaults.get(self.name))
        found = (instance.values if self.kind == "value" else instance.types)[self.name]
        return list(found) if self.arity == "variadic" else next(iter(found), None)

    def put(self, instance: Instance, given: Any) -> bool:
        """Take what ``get`` would give; false where it is something else."""
        texts = given if self.arity == "variadic" else [] if given is None else [given]
        fits = isinstance(texts, list | tuple) and all(isinstance(text, str) for text in texts)
        if not fits or (self.arity == "single" and not texts):
            return False
        if self.kind != "attribute":
            (instance.values if self.kind == "value" else instance.types)[self.name] = list(texts)
        elif texts:
            instance.attributes[self.name] = texts[0]
        return True


@dataclass(frozen=True, slots=True)
class CustomElement(Element):
    """``custom<Shape>($a, type($b))``: ``parse_shape(cls, parser)`` and ``print_shape(cls, a, b_type)``.

    ``parse_...`` is given the :class:`Cursor` and returns one value for each argument (the value itself if there is
    one argument); ``print_...`` is given them and returns the text. Values are texts in MLIR's syntax: a text for a
    single operand or type, ``None`` or a text for an optional one and for an attribute, a list for a variadic one.
    """

    cls: type
    label: str
    slots: tuple[Slot, ...]

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        start = cursor.ahead()
        name = method_names(self.label)[0]
        try:
            given: Any = getattr(self.cls, name)(cursor)
        except Fault:
            raise
        except Exception as error:
            raise Fault(start, f"{self.cls.__name__}.{name} raised {type(error).__name__}: {error}") from error
        values: Sequence[Any] = (given,) if len(self.slots) == 1 else given
        if not isinstance(values, list | tuple) or len(values) != len(self.slots):
            raise Fault(start, f"{self.cls.__name__}.{name} returned {given!r}: expected {len(self.slots)} values")
        for slot, value in zip(self.slots, values, strict=True):
            if not slot.put(instance, value):
                raise Fault(start, f"{self.cls.__name__}.{name} returned {value!r} for {slot.kind} of '{slot.name}'")

    def print(self, writer: Writer, instance: Instance) -> None:
        name = method_names(self.label)[1]
        try:
            text: Any = getattr(self.cls, name)(*(slot.get(instance) for slot in self.slots))
        except UnprintableError:
            raise
        except Exception as error:
            cause = f"{self.cls.__name__}.{name} raised {type(error).__name__}: {error}"
            raise DefinitionError(cause) from error
        writer.token(str(text))
