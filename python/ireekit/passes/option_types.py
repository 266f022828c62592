"""The types that options of passes may have: how each is checked, read from text and written to it."""

from __future__ import annotations

import enum
import re
import types
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from ireekit.passes.option_text import TextError, is_quoted, quote, split_list, strip_group, unquote

_INTEGER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_NONE = "none"


class OptionType(ABC):
    """How values of one type are checked, read and written."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What values look like, e.g. ``"an integer"``."""

    @abstractmethod
    def check(self, value: Any) -> Any:
        """``value`` as the option keeps it.

        Raises:
          TextError: it is not of this type.
        """

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Read a value.

        Raises:
          TextError: ``text`` is no value of this type; ``offset`` says where.
        """

    @abstractmethod
    def print(self, value: Any) -> str:
        """Write a value so that :meth:`parse` gives it back."""

    @property
    def choices(self) -> tuple[str, ...]:
        """All allowed texts where they can be listed."""
        return ()

    def refusal(self, shown: str) -> TextError:
        return TextError(f"{shown} is not {self.description}")


@dataclass(frozen=True)
class Boolean(OptionType):
    @property
    def description(self) -> str:
        return "true or false"

    @property
    def choices(self) -> tuple[str, ...]:
        return ("true", "false")

    def check(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise self.refusal(repr(value))

    def parse(self, text: str) -> bool:
        if text.lower() not in _TRUTHS:
            raise self.refusal(repr(text))
        return _TRUTHS[text.lower()]

    def print(self, value: Any) -> str:
        return "true" if value else "false"


@dataclass(frozen=True)
class Integer(OptionType):
    @property
    def description(self) -> str:
        return "an integer"

    def check(self, value: Any) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise self.refusal(repr(value))
        return value.__index__()

    def parse(self, text: str) -> int:
        if not _INTEGER.fullmatch(text):
            raise self.refusal(repr(text))
        digits = text.lower().lstrip("+-")
        base = {"0x": 16, "0b": 2}.get(digits[:2], 10)
        try:
            return int(text, base)
        except ValueError:  # more digits than Python reads
            raise self.refusal(repr(text)) from None

    def print(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class Real(OptionType):
    @property
    def description(self) -> str:
        return "a number"

    def check(self, value: Any) -> float:
        if isinstance(value, bool) or not (isinstance(value, int | float) or hasattr(value, "__float__")):
            raise self.refusal(repr(value))
        try:
            return float(value)
        except (OverflowError, TypeError, ValueError):
            raise self.refusal(repr(value)) from None

    def parse(self, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise self.refusal(repr(text)) from None

    def print(self, value: Any) -> str:
        return repr(value)


@dataclass(frozen=True)
class Text(OptionType):
    """A string, or a path of the file system."""

    cls: type = str

    @property
    def description(self) -> str:
        return "a path" if self.cls is Path else "a string"

    def check(self, value: Any) -> Any:
        if not isinstance(value, str | self.cls):
            raise self.refusal(repr(value))
        return self.cls(value)

    def parse(self, text: str) -> Any:
        return self.cls(unquote(text))

    def print(self, value: Any) -> str:
        return quote(str(value))


@dataclass(frozen=True)
class Choice(OptionType):
    """A ``Literal`` or an ``Enum``: one of a few values, each under one or several texts."""

    values: Mapping[str, Any]
    aliases: Mapping[str, Any]

    @property
    def description(self) -> str:
        return "one of " + ", ".join(self.values)

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(self.values)

    def check(self, value: Any) -> Any:
        for each in self.values.values():
            if _same(each, value):
                return each
        if isinstance(value, str) and (value in self.values or value in self.aliases):
            return self.parse(value)
        raise self.refusal(repr(value))

    def parse(self, text: str) -> Any:
        plain = unquote(text)
        if plain in self.values:
            return self.values[plain]
        if plain not in self.aliases:
            raise self.refusal(repr(plain))
        return self.aliases[plain]

    def print(self, value: Any) -> str:
        return next(quote(text) for text, each in self.values.items() if _same(each, value))


@dataclass(frozen=True)
class Optional(OptionType):
    """A type or ``None``, which is written ``none``; a string of these letters is written in quotes."""

    inner: OptionType

    @property
    def description(self) -> str:
        return f"{self.inner.description} or none"

    @property
    def choices(self) -> tuple[str, ...]:
        return (*self.inner.choices, _NONE) if self.inner.choices else ()

    def check(self, value: Any) -> Any:
        return None if value is None else self.inner.check(value)

    def parse(self, text: str) -> Any:
        return None if text == _NONE else self.inner.parse(text)

    def print(self, value: Any) -> str:
        if value is None:
            return _NONE
        text = self.inner.print(value)
        if text != _NONE:
            return text
        return f"{{{text}}}" if isinstance(self.inner, Listing) else f'"{text}"'


@dataclass(frozen=True)
class Listing(OptionType):
    """A list or tuple. ``elements`` holds one type for any length, else the type of each place."""

    container: type
    elements: tuple[OptionType, ...]
    fixed: bool

    @property
    def description(self) -> str:
        if self.fixed:
            return "a list of " + ", ".join(element.description for element in self.elements)
        return f"a list, each {self.elements[0].description}"

    def check(self, value: Any) -> Any:
        if isinstance(value, str | bytes) or not isinstance(value, Sequence):
            raise self.refusal(repr(value))
        types_ = self._types(len(value), repr(value))
        return self.container(kind.check(each) for kind, each in zip(types_, value, strict=True))

    def parse(self, text: str) -> Any:
        start, inner = strip_group(text)
        parts = split_list(inner)
        values: list[Any] = []
        for kind, (offset, part) in zip(self._types(len(parts), repr(text)), parts, strict=True):
            try:
                values.append(kind.parse(part))
            except TextError as error:
                raise TextError(str(error), start + offset + error.offset) from None
        return self.container(values)

    def print(self, value: Any) -> str:
        kinds = self._types(len(value), repr(value))
        nested = any(map(_is_listing, self.elements))
        text = ",".join(_print_element(kind, each) for kind, each in zip(kinds, value, strict=True))
        return f"{{{text}}}" if nested else text

    def _types(self, size: int, shown: str) -> Sequence[OptionType]:
        if not self.fixed:
            return self.elements * size
        if size != len(self.elements):
            raise TextError(f"{shown} is not {self.description}: {size} instead of {len(self.elements)} elements")
        return self.elements


@dataclass(frozen=True)
class Opaque(OptionType):
    """Any other type: given from Python only."""

    @property
    def description(self) -> str:
        return "given from Python only"

    def check(self, value: Any) -> Any:
        return value

    def parse(self, text: str) -> Any:
        raise TextError("this option cannot be given as text")

    def print(self, value: Any) -> str:
        return quote(str(value))


def option_type(annotation: Any) -> OptionType:
    """The option type of a resolved annotation."""
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        rest = [each for each in arguments if each is not type(None)]
        inner = option_type(rest[0]) if len(rest) == 1 and len(arguments) == 2 else Opaque()
        return inner if isinstance(inner, Opaque) else Optional(inner)
    if origin is Literal:
        return _literal(arguments)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _enumeration(annotation)
    if origin in (tuple, list) or origin is Sequence:
        return _listing(tuple if origin is Sequence else origin, arguments)
    return Opaque()


_SCALARS: Mapping[Any, OptionType] = {
    bool: Boolean(),
    int: Integer(),
    float: Real(),
    str: Text(),
    Path: Text(Path),
}


def _listing(container: type, arguments: tuple[Any, ...]) -> OptionType:
    fixed = container is tuple and not (len(arguments) == 2 and arguments[1] is ...)
    elements = tuple(option_type(each) for each in arguments if each is not ...)
    if any(isinstance(each, Opaque) for each in elements) or not (fixed or elements):
        return Opaque()
    return Listing(container, elements, fixed)


def _literal(values: tuple[Any, ...]) -> OptionType:
    if None in values:
        rest = tuple(value for value in values if value is not None)
        return Optional(_literal(rest))
    return Choice({_word(value): value for value in values}, {})


def _enumeration(cls: type[enum.Enum]) -> OptionType:
    """Members go by their values where these are strings, else by their names in lower case with dashes."""
    members = list(cls)
    by_value = all(isinstance(member.value, str) for member in members)
    texts = {(member.value if by_value else _dashed(member.name)): member for member in members}
    aliases = {name: member for member in cls for name in (member.name, _dashed(member.name), str(member.value))}
    return Choice(texts, aliases)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _dashed(name: str) -> str:
    return name.lower().replace("_", "-")


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_listing(kind: OptionType) -> bool:
    return isinstance(kind, Listing) or (isinstance(kind, Optional) and _is_listing(kind.inner))


def _print_element(kind: OptionType, value: Any) -> str:
    text = kind.print(value)
    if isinstance(kind, Optional):
        if value is None:
            return text
        kind = kind.inner
    if isinstance(kind, Listing):
        return text if text.startswith("{") else f"{{{text}}}"
    # An empty element would make a list of one look like an empty list.
    return text if text or is_quoted(text) else '""'
