"""The language of ``assembly_format``: its text as a small tree.

The language is that of ODS: literals in backticks, ``$name`` variables, directives, optional groups
``( ... $anchor^ ... )?`` with ``: ( ... )?`` for the absent case, and ``oilist``. What the names mean is settled in
:mod:`ireekit.dialect.assembly.format`, against the definition of an op, a type or an attribute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ireekit.dialect.assembly.faults import Fault

PUNCTUATION = frozenset(":,=<>()[]{}?+*|-/") | {"->", "...", "::"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A keyword or punctuation that is printed and expected as it is."""

    text: str
    position: int

    @property
    def is_keyword(self) -> bool:
        return self.text[0].isalpha() or self.text[0] == "_"


@dataclass(frozen=True, slots=True)
class Whitespace:
    """`` ` ` ``, ``` `\\n` ``` or the empty pair of backticks, which suppresses the blank; printed, never expected."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name``: an operand, attribute, region, successor or parameter; a result only inside directives."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Directive:
    """``name`` or ``name(arguments)``; ``label`` is the ``<Name>`` of ``custom<Name>(...)``."""

    name: str
    arguments: tuple[Element, ...]
    position: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """An optional group; ``anchor`` is the index in ``then`` of the element marked with ``^``."""

    then: tuple[Element, ...]
    otherwise: tuple[Element, ...]
    anchor: int
    position: int


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of an ``oilist``: a keyword and what follows it."""

    keyword: Literal
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Clauses:
    """``oilist(...)``: clauses in any order, each at most once."""

    clauses: tuple[Clause, ...]
    position: int


Element = Literal | Whitespace | Variable | Directive | Group | Clauses

# A "(" after one of these opens an optional group.
_WITHOUT_ARGUMENTS = frozenset(
    ["attr-dict", "attr-dict-with-keyword", "prop-dict", "operands", "results", "regions", "successors", "params"]
)
_TOKEN = re.compile(r"`([^`]*)`|\$([A-Za-z_]\w*)|([A-Za-z_][\w-]*)|([()?^:,|<>])|(\S)", re.ASCII)
_LITERAL = re.compile(r"[A-Za-z_][\w$.]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


_KINDS = ("", "literal", "variable", "name", "mark", "unknown")
_END = "end"


def parse_syntax(text: str) -> tuple[Element, ...]:
    """The elements of a format text.

    Raises:
      Fault: the text is no format; the position is an offset of ``text``.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        tokens = [_Token(_KINDS[m.lastindex or 0], m[m.lastindex or 0], m.start()) for m in _TOKEN.finditer(text)]
        self._tokens = [*tokens, _Token(_END, "", len(text))]
        self._index = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._index]

    def _advance(self) -> _Token:
        token = self._next
        self._index += 1
        return token

    def _accept(self, mark: str) -> bool:
        if self._next.kind != "mark" or self._next.text != mark:
            return False
        self._index += 1
        return True

    def _expect(self, mark: str, context: str) -> None:
        if not self._accept(mark):
            raise Fault(self._next.position, f"expected '{mark}' {context}, found {_words(self._next)}")

    def whole(self) -> tuple[Element, ...]:
        elements: list[Element] = []
        while self._next.kind != _END:
            elements.append(self._element())
            if self._next.kind == "mark" and self._next.text == "^":
                raise Fault(self._next.position, "an anchor '^' stands only inside an optional group '( ... )?'")
        return tuple(elements)

    def _element(self) -> Element:
        token = self._advance()
        if token.kind == "literal":
            return _literal(token)
        if token.kind == "variable":
            return Variable(token.text, token.position)
        if token.kind == "name":
            return self._clauses(token) if token.text == "oilist" else self._directive(token)
        if token.kind == "mark" and token.text == "(":
            return self._group(token)
        if token.text == "`":
            raise Fault(token.position, "the literal is never closed: expected another '`'")
        if token.text == "$":
            raise Fault(token.position, "expected a name after '$'")
        raise Fault(token.position, f"expected a literal, '$name', a directive or '(', found {_words(token)}")

    def _directive(self, name: _Token) -> Directive:
        label = ""
        if name.text == "custom":
            self._expect("<", "after 'custom'")
            if self._next.kind != "name":
                raise Fault(self._next.position, "expected the name of the methods after 'custom<'")
            label = self._advance().text
            self._expect(">", "after the name of 'custom'")
        arguments: list[Element] = []
        if name.text not in _WITHOUT_ARGUMENTS and self._accept("(") and not self._accept(")"):
            arguments = self._arguments(name.text)
        return Directive(name.text, tuple(arguments), name.position, label)

    def _arguments(self, directive: str) -> list[Element]:
        arguments: list[Element] = []
        while True:
            token = self._advance()
            if token.kind == "variable":
                arguments.append(Variable(token.text, token.position))
            elif token.kind == "name":
                arguments.append(self._directive(token))
            else:
                raise Fault(token.position, f"expected '$name' or a directive in '{directive}(...)'")
            if not self._accept(","):
                self._expect(")", f"after the arguments of '{directive}'")
                return arguments

    def _group(self, opener: _Token) -> Group:
        then, anchors = self._group_elements()
        otherwise: tuple[Element, ...] = ()
        if self._accept(":"):
            self._expect("(", "before the elements of the absent case")
            otherwise, others = self._group_elements()
            if others:
                raise Fault(opener.position, "the anchor '^' stands in the first part of an optional group")
        self._expect("?", "after an optional group")
        if len(anchors) != 1:
            cause = "has no anchor: mark one element with '^'" if not anchors else "has more than one anchor '^'"
            raise Fault(opener.position, f"the optional group {cause}")
        return Group(then, otherwise, anchors[0], opener.position)

    def _group_elements(self) -> tuple[tuple[Element, ...], list[int]]:
        elements: list[Element] = []
        anchors: list[int] = []
        while not self._accept(")"):
            if self._next.kind == _END:
                raise Fault(self._next.position, "the optional group is never closed: expected ')'")
            elements.append(self._element())
            if self._accept("^"):
                anchors.append(len(elements) - 1)
        return tuple(elements), anchors

    def _clauses(self, name: _Token) -> Clauses:
        self._expect("(", "after 'oilist'")
        clauses: list[Clause] = []
        while True:
            keyword = self._next
            literal = self._element() if keyword.kind == "literal" else None
            if not isinstance(literal, Literal) or not literal.is_keyword:
                raise Fault(keyword.position, "a clause of 'oilist' starts with a keyword in backticks")
            elements: list[Element] = []
            while not (self._next.kind == _END or (self._next.kind == "mark" and self._next.text in {"|", ")"})):
                elements.append(self._element())
            clauses.append(Clause(literal, tuple(elements)))
            if not self._accept("|"):
                self._expect(")", "after the clauses of 'oilist'")
                return Clauses(tuple(clauses), name.position)


def _literal(token: _Token) -> Literal | Whitespace:
    text = token.text
    if text in {"", " ", "\\n", "\n"}:
        return Whitespace("\n" if text == "\\n" else text, token.position)
    if text in PUNCTUATION or _LITERAL.fullmatch(text):
        return Literal(text, token.position)
    raise Fault(
        token.position, f"'{text}' is no literal: expected one keyword, or one of {' '.join(sorted(PUNCTUATION))}"
    )


def _words(token: _Token) -> str:
    return "the end of the format" if token.kind == _END else f"'{token.text}'"
