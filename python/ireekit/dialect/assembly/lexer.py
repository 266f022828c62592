"""Tokens and extents of MLIR text, as far as custom assembly has to know them.

The native parser reads the text in the end. What is needed here is where a token, a type or an attribute *ends*; what
it means is left to MLIR.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from ireekit.dialect.assembly.faults import Fault

_BLANK = r"(?:[ \t\r\n]++|//[^\n]*+)*+"
_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
_SUFFIX = r"(?:\d++|[A-Za-z_$.-][\w$.-]*+)"
_PLAIN_BODY = r'<[^<>"()\[\]{}/\n-]*+>'
_SCALAR = r"(?:[su]?i\d++|index|none|bf16|tf32|f\d++(?:E\d++M\d++\w*+)?)(?![\w$.])"
_SHAPED_NAMES = ("tensor", "memref", "vector", "complex", "tuple")
_SHAPED = f"(?:{'|'.join(_SHAPED_NAMES)})"


def _token(pattern: str) -> re.Pattern[str]:
    """``pattern`` after blanks and comments; the token itself is group 1."""
    return re.compile(f"{_BLANK}({pattern})", re.ASCII)


_SPACE = re.compile(_BLANK)
_KEYWORD = _token(r"[A-Za-z_][\w$.]*+")
_VALUE = _token(rf"%{_SUFFIX}(?:#\d++)?")
_BLOCK = _token(rf"\^{_SUFFIX}")
_SYMBOL = _token(rf"@(?:{_SUFFIX}|{_STRING})(?:\s*::\s*@(?:{_SUFFIX}|{_STRING}))*+")
_QUOTED = _token(_STRING)
_INTEGER = _token(r"-?(?:0x[0-9A-Fa-f]++|\d++)(?![\w.])")
_NUMBER = _token(r"-?(?:0x[0-9A-Fa-f]++|\d++(?:\.\d*+(?:[eE][+-]?\d++)?)?)")
_EXTENDED = _token(r"[!#](?:[A-Za-z_][\w$.-]*+|\d++)")
_PLAIN_TYPE = _token(rf"(?:![A-Za-z_][\w$.]*+(?:{_PLAIN_BODY})?|{_SCALAR}|{_SHAPED}{_PLAIN_BODY})(?![<\w$.-])")
_BRACKETS = re.compile(rf'->|>=|[<>(){{}}\[\]]|{_STRING}|"|//[^\n]*+')
_BUILTIN_TYPE = _token(rf"{_SCALAR}|{_SHAPED}(?=\s*<)")
_TYPED_LITERAL = ("dense", "sparse", "dense_resource", "opaque", "strided")
_CLOSERS = {"<": ">", "(": ")", "[": "]", "{": "}"}


@functools.cache
def _literal(text: str) -> re.Pattern[str]:
    """Punctuation or a whole keyword; `-` is no part of `->`, nor is `:` of `::`."""
    end = {"-": "(?!>)", ":": "(?!:)"}.get(text, r"(?![\w$.])" if text[-1].isalnum() or text[-1] == "_" else "")
    return re.compile(_BLANK + re.escape(text) + end)


class Cursor:
    """A place in a text that moves forward, token by token.

    Every method looks past blanks and comments; the position is where the last token taken ends.
    """

    __slots__ = ("position", "text")

    def __init__(self, text: str, position: int = 0) -> None:
        self.text = text
        self.position = position

    def ahead(self) -> int:
        """The offset of the next token."""
        return _end(_SPACE.match(self.text, self.position))

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match[1]

    def at_end(self) -> bool:
        return self.ahead() == len(self.text)

    def peek(self, literal: str) -> bool:
        """Whether ``literal``, punctuation or a whole keyword, comes next."""
        return _literal(literal).match(self.text, self.position) is not None

    def accept(self, literal: str) -> bool:
        """Take ``literal`` if it comes next."""
        match = _literal(literal).match(self.text, self.position)
        if match is None:
            return False
        self.position = match.end()
        return True

    def expect(self, literal: str, context: str = "") -> None:
        if not self.accept(literal):
            raise self.fault(f"expected '{literal}'{context}")

    def keyword(self) -> str | None:
        return self._take(_KEYWORD)

    def value(self) -> str | None:
        """An SSA use, ``%x`` or ``%x#1``."""
        return self._take(_VALUE)

    def block(self) -> str | None:
        """A successor, ``^bb1``."""
        return self._take(_BLOCK)

    def symbol(self) -> str | None:
        """A symbol reference, ``@a::@b``."""
        return self._take(_SYMBOL)

    def string(self) -> str | None:
        """A quoted string, quotes and escapes as they stand."""
        return self._take(_QUOTED)

    def integer(self) -> str | None:
        return self._take(_INTEGER)

    def number(self) -> str | None:
        """An integer or floating point literal."""
        return self._take(_NUMBER)

    def type(self) -> str | None:
        """The text of a type, or ``None`` where none begins."""
        plain = self._take(_PLAIN_TYPE)
        if plain is not None:
            return plain
        start = self.ahead()
        end = type_end(self.text, start)
        if end is None:
            return None
        self.position = end
        return self.text[start:end]

    def attribute(self) -> str | None:
        """The text of an attribute with its ``: type``, or ``None`` where none begins."""
        start = self.ahead()
        end = attribute_end(self.text, start)
        if end is None:
            return None
        self.position = end
        return self.text[start:end]

    def balanced(self) -> str:
        """A bracketed text, from the opening bracket that comes next to the closing one."""
        start = self.ahead()
        self.position = balanced_end(self.text, start)
        return self.text[start : self.position]

    def region(self) -> Any:
        """A region with its braces."""
        return self.balanced()

    def fault(self, cause: str) -> Fault:
        """``cause`` at the next token, and what stands there instead."""
        return Fault(self.ahead(), f"{cause}, found {self.found()}")

    def found(self) -> str:
        """The next token in the words of an error message."""
        start = self.ahead()
        if start == len(self.text):
            return "the end of the text"
        for pattern in (_QUOTED, _VALUE, _SYMBOL, _BLOCK, _EXTENDED, _KEYWORD, _NUMBER):
            match = pattern.match(self.text, start)
            if match is not None:
                token = match[1]
                return f"'{token}'" if len(token) <= 40 else f"'{token[:37]}...'"
        return "'->'" if self.text.startswith("->", start) else f"'{self.text[start]}'"


def balanced_end(text: str, start: int) -> int:
    """The offset after the bracket that closes the one at ``start``.

    Strings, comments, ``->`` and ``>=`` hold no brackets.

    Raises:
      Fault: it is never closed, or by a bracket of another kind.
    """
    open_brackets: list[tuple[str, int]] = []
    position = start
    while True:
        match = _BRACKETS.search(text, position)
        if match is None:
            where = open_brackets[-1][1] if open_brackets else start
            raise Fault(where, f"'{text[where : where + 1]}' is never closed")
        token, position = match[0], match.end()
        if token in _CLOSERS:
            open_brackets.append((_CLOSERS[token], match.start()))
        elif token == '"':
            raise Fault(match.start(), "the string is never closed")
        elif len(token) == 1:
            if not open_brackets or token != open_brackets[-1][0]:
                opener = open_brackets[-1][1] if open_brackets else start
                raise Fault(opener, f"'{text[opener : opener + 1]}' is not closed before '{token}'")
            open_brackets.pop()
            if not open_brackets:
                return position


def type_end(text: str, start: int) -> int | None:
    """The offset after the type at ``start``, or ``None`` where no type begins.

    Raises:
      Fault: a type begins but its brackets do not match.
    """
    first = text[start : start + 1]
    if first == "!":
        return _extended_end(text, start)
    if first == "(":
        return _function_type_end(text, start)
    match = _BUILTIN_TYPE.match(text, start)
    if match is None:
        return None
    opening = _end(_SPACE.match(text, match.end()))
    shaped = match[1] in _SHAPED_NAMES and text.startswith("<", opening)
    return balanced_end(text, opening) if shaped else match.end()


def _extended_end(text: str, start: int) -> int | None:
    match = _EXTENDED.match(text, start)
    if match is None:
        return None
    return balanced_end(text, match.end()) if text.startswith("<", match.end()) else match.end()


def _function_type_end(text: str, start: int) -> int | None:
    end = balanced_end(text, start)
    arrow = _end(_SPACE.match(text, end))
    if not text.startswith("->", arrow):
        return None
    results = _end(_SPACE.match(text, arrow + 2))
    if not text.startswith("(", results):
        return type_end(text, results)
    whole = _function_type_end(text, results)
    return balanced_end(text, results) if whole is None else whole


def attribute_end(text: str, start: int) -> int | None:
    """The offset after the attribute at ``start``, its ``: type`` included, or ``None`` where none begins.

    Raises:
      Fault: an attribute begins but its brackets do not match.
    """
    first = text[start : start + 1]
    if first == "#":
        return _extended_end(text, start)
    if first in "[{" and first:
        return balanced_end(text, start)
    if first == "@":
        return _end_or_none(_SYMBOL.match(text, start))
    if first == '"':
        return _typed(text, _end_or_none(_QUOTED.match(text, start)))
    if first.isdigit() or first == "-":
        return _typed(text, _end_or_none(_NUMBER.match(text, start)))
    end = type_end(text, start)
    if end is not None:
        return end
    return _named_attribute_end(text, start)


def _named_attribute_end(text: str, start: int) -> int | None:
    """``true``, ``unit``, ``dense<...> : type``, ``array<...>``, ``affine_map<...>``, ``loc(...)``, ..."""
    match = _KEYWORD.match(text, start)
    if match is None:
        return None
    if match[1] in {"true", "false", "unit"}:
        return match.end()
    end = _end(_SPACE.match(text, match.end()))
    if match[1] == "distinct" and text.startswith("[", end):
        end = balanced_end(text, end)
    if match[1] == "loc" and text.startswith("(", end):
        return balanced_end(text, end)
    if not text.startswith("<", end):
        return None
    end = balanced_end(text, end)
    return _typed(text, end) if match[1] in _TYPED_LITERAL else end


def _typed(text: str, end: int | None) -> int | None:
    """``end``, or the end of the ``: type`` that follows it."""
    if end is None:
        return None
    colon = _end(_SPACE.match(text, end))
    if not text.startswith(":", colon) or text.startswith("::", colon):
        return end
    following = type_end(text, _end(_SPACE.match(text, colon + 1)))
    return end if following is None else following


def split_list(text: str) -> Iterator[str]:
    """The parts of ``text`` between its top-level commas, stripped. An empty text has no parts."""
    if not text.strip():
        return
    start = position = 0
    while True:
        match = _SEPARATOR.search(text, position)
        if match is None:
            yield text[start:].strip()
            return
        token = match[0]
        if token == ",":
            yield text[start : match.start()].strip()
            start = position = match.end()
        elif token in _CLOSERS:
            position = balanced_end(text, match.start())
        else:
            position = match.end()


_SEPARATOR = re.compile(rf"[,<({{\[]|->|{_STRING}|//[^\n]*+")


def _end(match: re.Match[str] | None) -> int:
    # Only for patterns that match the empty text.
    assert match is not None
    return match.end()


def _end_or_none(match: re.Match[str] | None) -> int | None:
    return None if match is None else match.end()
