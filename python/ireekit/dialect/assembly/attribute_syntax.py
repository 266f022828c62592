"""How an attribute is written in a format: in short where its constraint says the rest, else in full.

``3`` for ``3 : i64``, ``fast`` for an enum's ``0 : i32``, ``[1, 2]`` for ``array<i64: 1, 2>``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from ireekit.dialect.assembly.instance import UNIT, UnprintableError
from ireekit.dialect.assembly.lexer import Cursor, split_list

_INTEGER = re.compile(r"-?\d+")


class AttributeSyntax(ABC):
    """How one attribute is written.

    Attributes:
      expects: what people are told to write.
      takes_type: it goes on after a ``:``, so that the format cannot.
    """

    expects: str
    takes_type: ClassVar[bool] = False

    @abstractmethod
    def parse(self, cursor: Cursor) -> str | None:
        """The attribute in MLIR's own syntax; ``None``, the cursor where it was, when it does not come next."""

    @abstractmethod
    def print(self, text: str) -> str:
        """The short form of an attribute in MLIR's own syntax.

        Raises:
          UnprintableError: it is none of those the constraint allows.
        """

    def starts(self, cursor: Cursor) -> bool:
        """Whether it comes next."""
        position = cursor.position
        found = self.parse(cursor) is not None
        cursor.position = position
        return found


class FullSyntax(AttributeSyntax):
    """Any attribute in MLIR's own syntax, type included."""

    expects = "an attribute"
    takes_type = True

    def parse(self, cursor: Cursor) -> str | None:
        return cursor.attribute()

    def print(self, text: str) -> str:
        return text


class TypeSyntax(AttributeSyntax):
    """A type in an attribute's place."""

    expects = "a type"

    def parse(self, cursor: Cursor) -> str | None:
        return cursor.type()

    def print(self, text: str) -> str:
        return text


class StringSyntax(AttributeSyntax):
    expects = "a string"

    def parse(self, cursor: Cursor) -> str | None:
        return cursor.string()

    def print(self, text: str) -> str:
        return _checked(text, text.startswith('"') and text.endswith('"'))


class SymbolSyntax(AttributeSyntax):
    """A symbol reference.

    Args:
      nested: ``@a::@b`` is allowed.
    """

    def __init__(self, *, nested: bool = True) -> None:
        self.expects = "a symbol, e.g. '@name'"
        self._nested = nested

    def parse(self, cursor: Cursor) -> str | None:
        position = cursor.position
        text = cursor.symbol()
        if text is None or self._nested or "::" not in text:
            return text
        cursor.position = position
        return None

    def print(self, text: str) -> str:
        return _checked(text, text.startswith("@"))


class SymbolNameSyntax(AttributeSyntax):
    """The name that a symbol's operation defines: a string attribute, written ``@name``."""

    expects = "a symbol name, e.g. '@name'"

    def parse(self, cursor: Cursor) -> str | None:
        position = cursor.position
        text = cursor.symbol()
        if text is None:
            return None
        if "::" in text:
            cursor.position = position
            return None
        return text[1:] if text[1] == '"' else f'"{text[1:]}"'

    def print(self, text: str) -> str:
        _checked(text, text.startswith('"') and text.endswith('"'))
        return f"@{text[1:-1]}" if _PLAIN_NAME.fullmatch(text[1:-1]) else f"@{text}"


_PLAIN_NAME = re.compile(r"[A-Za-z_][\w$.]*", re.ASCII)


class BooleanSyntax(AttributeSyntax):
    expects = "'true' or 'false'"

    def parse(self, cursor: Cursor) -> str | None:
        return next((word for word in ("true", "false") if cursor.accept(word)), None)

    def print(self, text: str) -> str:
        return _checked(text, text in {"true", "false"})


class IntegerSyntax(AttributeSyntax):
    """An integer of one type, without the type."""

    def __init__(self, type_text: str) -> None:
        self.expects = f"an integer (of type {type_text})"
        self._type = type_text
        self._suffix = f" : {type_text}"

    def parse(self, cursor: Cursor) -> str | None:
        digits = cursor.integer()
        return None if digits is None else digits + self._suffix

    def print(self, text: str) -> str:
        digits = text.removesuffix(self._suffix)
        # MLIR leaves the type of an i64 out in some places.
        return _checked(digits, bool(_INTEGER.fullmatch(digits)) and (digits != text or self._type == "i64"))


class FloatSyntax(AttributeSyntax):
    """A floating-point number of one type, without the type; hexadecimal digits are its bits."""

    def __init__(self, type_text: str) -> None:
        self.expects = f"a number (of type {type_text})"
        self._type = type_text
        self._suffix = f" : {type_text}"

    def parse(self, cursor: Cursor) -> str | None:
        digits = cursor.number()
        if digits is None:
            return None
        if _INTEGER.fullmatch(digits):
            digits += ".0"
        return digits + self._suffix

    def print(self, text: str) -> str:
        digits = text.removesuffix(self._suffix)
        return _checked(digits, ":" not in digits and (digits != text or self._type == "f64"))


class OpenNumberSyntax(AttributeSyntax):
    """A number whose type is free; the usual one may be left out.

    Args:
      noun: ``"integer"`` or ``"number"``.
      usual: the type that a number without one has.
    """

    takes_type = True

    def __init__(self, noun: str, usual: str) -> None:
        self.expects = f"a{'n' * (noun == 'integer')} {noun} (of type {usual} unless ': type' follows)"
        self._suffix = f" : {usual}"
        self._is_float = noun == "number"

    def parse(self, cursor: Cursor) -> str | None:
        digits = cursor.number() if self._is_float else cursor.integer()
        if digits is None:
            return None
        if self._is_float and _INTEGER.fullmatch(digits):
            digits += ".0"
        if not cursor.accept(":"):
            return digits + self._suffix
        text = cursor.type()
        if text is None:
            raise cursor.fault("expected the type of the number")
        return f"{digits} : {text}"

    def print(self, text: str) -> str:
        return text.removesuffix(self._suffix)


class EnumSyntax(AttributeSyntax):
    """A member of an enum by its name.

    Args:
      members: the attribute of each name.
    """

    def __init__(self, members: Mapping[str, str]) -> None:
        self.expects = "one of " + ", ".join(f"'{name}'" for name in members)
        self._members = members
        self._names = {text: name for name, text in members.items()}

    def parse(self, cursor: Cursor) -> str | None:
        position = cursor.position
        word = cursor.keyword()
        text = None if word is None else self._members.get(word)
        if text is None:
            cursor.position = position
        return text

    def print(self, text: str) -> str:
        name = self._names.get(text)
        if name is None:
            raise UnprintableError
        return name


class ListSyntax(AttributeSyntax):
    """``[...]`` of what ``item`` reads, for an ``ArrayAttr``."""

    def __init__(self, item: AttributeSyntax) -> None:
        self.expects = f"a list '[...]', each {item.expects}"
        self._item = item

    def parse(self, cursor: Cursor) -> str | None:
        if not cursor.accept("["):
            return None
        items: list[str] = []
        while not cursor.accept("]"):
            if items:
                cursor.expect(",", " or ']'")
            text = self._item.parse(cursor)
            if text is None:
                raise cursor.fault(f"expected {self._item.expects}")
            items.append(text)
        return self.join(items)

    def join(self, items: list[str]) -> str:
        return f"[{', '.join(items)}]"

    def print(self, text: str) -> str:
        _checked(text, text.startswith("[") and text.endswith("]"))
        return f"[{', '.join(self._item.print(part) for part in split_list(text[1:-1]))}]"


class DenseArraySyntax(ListSyntax):
    """``[...]`` for ``array<type: ...>``."""

    def __init__(self, item: AttributeSyntax, type_text: str) -> None:
        super().__init__(item)
        self._type = type_text

    def join(self, items: list[str]) -> str:
        bare = ", ".join(item.partition(" : ")[0] for item in items)
        return f"array<{self._type}: {bare}>" if items else f"array<{self._type}>"

    def print(self, text: str) -> str:
        inner = text.removeprefix(f"array<{self._type}").removesuffix(">").removeprefix(":").strip()
        _checked(text, text.startswith(f"array<{self._type}") and text.endswith(">"))
        return f"[{inner}]"


class FixedSyntax(AttributeSyntax):
    """The one attribute the constraint allows: written out, so that a reader sees it."""

    def __init__(self, text: str) -> None:
        self.expects = f"'{text}'"
        self._text = text

    def parse(self, cursor: Cursor) -> str | None:
        start = cursor.ahead()
        if not cursor.text.startswith(self._text, start):
            return None
        cursor.position = start + len(self._text)
        return self._text

    def print(self, text: str) -> str:
        return _checked(text, text == self._text)


class UnitSyntax(AttributeSyntax):
    """Present or absent; its element knows how to say so."""

    expects = "nothing"

    def parse(self, cursor: Cursor) -> str | None:
        return UNIT if cursor.accept(UNIT) else None

    def print(self, text: str) -> str:
        return _checked(text, text == UNIT)


def _checked(text: str, fits: bool) -> str:
    if not fits:
        raise UnprintableError
    return text
