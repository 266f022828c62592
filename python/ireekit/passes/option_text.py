"""The text between the braces of a pass's options: words, quotes, groups, and where each of them starts.

The grammar is that of MLIR's pass options: ``key=value`` separated by spaces; a value with spaces or commas in
quotes, or a group in braces. Quoted text takes the escapes of Python, and braces and quotes in it are always
written as escapes, so that MLIR, which counts braces within quotes too, splits it at the same places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PLAIN = re.compile(r"""[^\s,{}"'\\()]+""")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.)|$)", re.DOTALL)
_SHORT_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_SHORT_NAMES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}
_CLOSING = {"{": "}"}
_WINDOW = 120


class TextError(ValueError):
    """Something is wrong at ``offset`` of the text at hand."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def quote(text: str) -> str:
    """``text`` as one value: as it is where nothing in it means anything, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.isprintable():
        return text
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    if character in _SHORT_NAMES:
        return _SHORT_NAMES[character]
    code = ord(character)
    if character.isprintable() and character not in "\"'{}":
        return character
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(text: str) -> str:
    """The value that ``text``, quoted or not, stands for.

    Raises:
      TextError: the closing quote is not at the end, or an escape is none.
    """
    if not text.startswith(('"', "'")):
        return text
    end = _end_of_quote(text, 0)
    if end != len(text):
        raise TextError(f"{text[end:]!r} after the closing quote", end)
    body = text[1:-1]

    def replace(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits:
            code = int(digits, 16)
            if code > 0x10FFFF:
                raise TextError(f"{match[0]} is no character", match.start() + 1)
            return chr(code)
        if match[4] not in _SHORT_ESCAPES:
            raise TextError(f"unknown escape {match[0]!r}", match.start() + 1)
        return _SHORT_ESCAPES[match[4]]

    return _ESCAPE.sub(replace, body)


def is_quoted(text: str) -> bool:
    return text.startswith(('"', "'"))


def strip_group(text: str) -> tuple[int, str]:
    """What is in the braces around the whole of ``text``, and where that starts; ``text`` itself without braces.

    Raises:
      TextError: a brace or quote is not closed.
    """
    if text.startswith("{") and _end_of_group(text, 0) == len(text):
        return 1, text[1:-1]
    return 0, text


def split_list(text: str) -> list[tuple[int, str]]:
    """The elements of a list and the offsets they start at; a comma in quotes or braces separates nothing.

    Raises:
      TextError: a brace or quote is not closed.
    """
    if not text.strip():
        return []
    elements: list[tuple[int, str]] = []
    start = position = 0
    while position <= len(text):
        if position == len(text) or text[position] == ",":
            raw = text[start:position]
            elements.append((start + len(raw) - len(raw.lstrip()), raw.strip()))
            start = position = position + 1
        else:
            position = skip(text, position)
    return elements


def split_words(text: str) -> Iterator[tuple[int, str, int, str | None]]:
    """Each ``key=value``: offset of the key, the key, offset of the value, the value (``None`` for a bare key).

    Raises:
      TextError: a brace or quote is not closed.
    """
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        start = position
        while position < len(text) and not text[position].isspace() and text[position] != "=":
            position = skip(text, position)
        key = text[start:position]
        if position == len(text) or text[position] != "=":
            yield start, key, position, None
            continue
        value = position = position + 1
        while position < len(text) and not text[position].isspace():
            position = skip(text, position)
        yield start, key, value, text[value:position]


def skip(text: str, position: int) -> int:
    """The position after the character, or the whole quote or group, that starts at ``position``.

    A quote starts where a value can: an apostrophe within a word is just that.

    Raises:
      TextError: a brace or quote is not closed.
    """
    character = text[position]
    if character == "{":
        return _end_of_group(text, position)
    if character in "\"'" and (position == 0 or text[position - 1] in "=,{ \t\n"):
        return _end_of_quote(text, position)
    return position + 1


def _end_of_group(text: str, start: int) -> int:
    position = start + 1
    while position < len(text):
        if text[position] == _CLOSING[text[start]]:
            return position + 1
        position = skip(text, position)
    raise TextError("this brace is never closed", start)


def _end_of_quote(text: str, start: int) -> int:
    position = start + 1
    while position < len(text):
        if text[position] == text[start]:
            return position + 1
        position += 2 if text[position] == "\\" else 1
    raise TextError("this quote is never closed", start)


def caret(text: str, offset: int) -> tuple[str, str]:
    """The line of ``text`` that ``offset`` is in, cut to fit, and a line with a caret under it."""
    start = text.rfind("\n", 0, offset) + 1
    line, _, _ = text[start:].partition("\n")
    column = offset - start
    first = max(0, column - _WINDOW // 2)
    shown = line[first : first + _WINDOW].replace("\t", " ")
    prefix = "..." if first else ""
    return prefix + shown, " " * (len(prefix) + column - first) + "^"


def position_of(text: str, offset: int) -> str:
    """``column N``, with the line where there are several; both count from one."""
    if "\n" not in text:
        return f"column {offset + 1}"
    start = text.rfind("\n", 0, offset) + 1
    return f"line {text.count(chr(10), 0, offset) + 1}, column {offset - start + 1}"
