"""``attr-dict`` and its like: the attributes that the rest of a format does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ireekit.dialect.assembly.elements import Element
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.instance import UNIT, Instance, attribute_entry
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.writer import Writer
from ireekit.dialect.model import OPERAND_SEGMENTS, RESULT_SEGMENTS

_KEYWORD = "attributes"
_RESERVED = {OPERAND_SEGMENTS, RESULT_SEGMENTS}
# The usual case, in one step.
_NUMBER_ENTRY = re.compile(r" ?([A-Za-z_][\w$.]*+) = (-?\d++ : (?:[su]?i\d++|index))(?=[,}])", re.ASCII)
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|\s*\n\s*')


@dataclass(frozen=True, slots=True)
class DictionaryElement(Element):
    """An attribute dictionary that may be left out when it is empty.

    Attributes:
      shown: the attributes that stand elsewhere in the format.
      keyword: ``attributes`` goes before it (``attr-dict-with-keyword``).
      only: the attributes it holds (``prop-dict``); ``None``: all that are not shown.
    """

    shown: frozenset[str]
    keyword: bool = False
    only: frozenset[str] | None = None

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        if not self.starts(cursor):
            return
        if self.keyword:
            cursor.expect(_KEYWORD)
            if not cursor.peek("{"):
                raise cursor.fault(f"expected '{{' after '{_KEYWORD}'")
        properties = self.only is not None and cursor.accept("<")
        cursor.expect("{")
        for position, name, value in parse_entries(cursor):
            if name in _RESERVED:
                continue  # Counted anew from what is written.
            if name in instance.attributes:
                raise Fault(position, f"attribute '{name}' is given twice")
            instance.attributes[name] = value
        if properties:
            cursor.expect(">", " after the properties")

    def print(self, writer: Writer, instance: Instance) -> None:
        entries = ", ".join(attribute_entry(name, value) for name, value in self._entries(instance))
        if not entries:
            return
        if self.keyword:
            writer.literal(_KEYWORD)
        writer.token(f"{{{entries}}}" if self.only is None else f"<{{{entries}}}>")

    def _entries(self, instance: Instance) -> Iterator[tuple[str, str]]:
        for name, value in instance.attributes.items():
            if name in self.shown or (self.only is not None and name not in self.only):
                continue
            if value != instance.defaults.get(name):
                yield name, value

    def starts(self, cursor: Cursor) -> bool:
        if self.keyword:
            return cursor.peek(_KEYWORD)
        return cursor.peek("{") or (self.only is not None and cursor.peek("<"))

    def present(self, instance: Instance) -> bool:
        return next(self._entries(instance), None) is not None


def parse_entries(cursor: Cursor) -> Iterator[tuple[int, str, str]]:
    """``(offset, name, value)`` of each entry up to the closing brace, which is taken."""
    first = True
    while not cursor.accept("}"):
        if not first:
            cursor.expect(",", " or '}' in the attribute dictionary")
        first = False
        number = _NUMBER_ENTRY.match(cursor.text, cursor.position)
        if number is not None:
            cursor.position = number.end()
            yield number.start(1), number[1], number[2]
            continue
        position = cursor.ahead()
        quoted = cursor.string()
        name = cursor.keyword() if quoted is None else quoted[1:-1]
        if name is None:
            raise cursor.fault("expected the name of an attribute")
        if not cursor.accept("="):
            yield position, name, UNIT
            continue
        value = cursor.attribute()
        if value is None:
            raise cursor.fault(f"expected a value of attribute '{name}'")
        yield position, name, one_line(value)


def one_line(text: str) -> str:
    """``text`` without line breaks and comments: what is moved must not move what stands below it."""
    if "\n" not in text:
        return text
    return _COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else " ", text)
