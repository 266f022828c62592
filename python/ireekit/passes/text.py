"""Pipeline text: ``builtin.module(acme-fuse{max-ops=4},util.func(canonicalize,acme-tile),cse)``.

The grammar is MLIR's::

    pipeline  ::= [item ("," item)*]
    item      ::= pass-name ["{" options "}"] | anchor "(" pipeline ")"

Spaces and line breaks may stand between any two parts. Names are looked up in a :class:`PassRegistry`, Python passes
before the compiler's.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import NoReturn

from ireekit.errors import PipelineError
from ireekit.passes.base import ANY, Pass
from ireekit.passes.nodes import NativePass, Nested, Node
from ireekit.passes.option_text import TextError, caret, position_of, skip
from ireekit.passes.options import OptionTextError, parse_options
from ireekit.passes.registry import PassRegistry

_NAME = re.compile(r"[A-Za-z_][\w.\-$]*")
_MAX_DEPTH = 64
_MODULE = "builtin.module"


class PipelineParser:
    """Reads one text.

    Args:
      text: the whole of it; errors point into it.
      registry: to look Python passes up in.
    """

    def __init__(self, text: str, registry: PassRegistry) -> None:
        self._text = text
        self._registry = registry
        self._position = 0
        self._depth = 0

    def parse(self, anchor: str) -> tuple[Node, ...]:
        """The items of the text, to run on operations called ``anchor``.

        Raises:
          PipelineError: it does not parse, or names what does not exist; says where.
        """
        items = self._items(anchor)
        if self._position < len(self._text):
            self._fail("unmatched ')'" if self._at(")") else "',' expected")
        return tuple(items)

    def _items(self, anchor: str) -> list[Node]:
        items: list[Node] = []
        self._space()
        if self._position == len(self._text) or self._at(")"):
            return items
        while True:
            items.append(self._item(anchor))
            self._space()
            if not self._at(","):
                return items
            self._position += 1

    def _item(self, anchor: str) -> Node:
        self._space()
        start = self._position
        node = self._node(start)
        if (error := nesting_error(node, anchor)) is not None:
            raise self._pointed(error, start)
        return node

    def _node(self, start: int) -> Node:
        match = _NAME.match(self._text, start)
        if match is None:
            self._fail("the name of a pass or operation expected")
        name = match[0]
        self._position = match.end()
        self._space()
        if self._at("("):
            return self._nested(name, start)
        options, options_at = self._options()
        if self._at("("):
            self._fail("an anchor takes no options")
        cls = self._registry.find(name)
        if cls is not None:
            return self._python(cls, options, start, options_at)
        if not self._registry.is_native(name):
            self._unknown(name, start)
        return NativePass(name, options, start)

    def _nested(self, name: str, start: int) -> Nested:
        opened = self._position
        if name != ANY and "." not in name:
            remedy = f"options stand in braces: {name}{{...}}" if self._registry.knows(name) else None
            self._fail(f"{name!r} is no operation name", start, remedy)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail(f"more than {_MAX_DEPTH} anchors within each other", start)
        self._position += 1
        items = self._items(name)
        self._space()
        if not self._at(")"):
            at_end = self._position == len(self._text)
            self._fail(
                "unbalanced parentheses: '(' is never closed" if at_end else "',' or ')' expected",
                opened if at_end else None,
            )
        self._position += 1
        self._depth -= 1
        return Nested(name, items, start)

    def _options(self) -> tuple[str, int]:
        if not self._at("{"):
            return "", self._position
        opened = self._position
        try:
            self._position = skip(self._text, opened)
        except TextError as error:
            self._fail(str(error), error.offset)
        raw = self._text[opened + 1 : self._position - 1]
        self._space()
        return raw.strip(), opened + 1 + len(raw) - len(raw.lstrip())

    def _python(self, cls: type[Pass], options: str, start: int, options_at: int) -> Pass:
        try:
            return cls(**parse_options(cls, cls.name, options))
        except OptionTextError as error:
            raise self._pointed(error.error, options_at + error.offset if options else start) from None
        except PipelineError as error:  # its own validation
            raise self._pointed(error, start) from None
        except Exception as error:
            raise self._pointed(
                PipelineError(f"pass {cls.name} cannot be made: {type(error).__name__}: {error}", op=cls.name), start
            ) from error

    def _unknown(self, name: str, start: int) -> NoReturn:
        close = self._registry.nearest(name)
        remedy = f"did you mean {close!r}?" if close else "`ireekit passes` lists what there is"
        if "." in name and close is None:
            remedy = f"an operation takes its passes in parentheses: {name}(...)"
        self._fail(f"{name!r} does not refer to a registered pass", start, remedy)

    def _at(self, character: str) -> bool:
        return self._text.startswith(character, self._position)

    def _space(self) -> None:
        while self._position < len(self._text) and self._text[self._position].isspace():
            self._position += 1

    def _fail(self, cause: str, offset: int | None = None, remedy: str | None = None) -> NoReturn:
        at = self._position if offset is None else offset
        raise self._pointed(PipelineError(cause, remedy=remedy), at)

    def _pointed(self, error: PipelineError, offset: int) -> PipelineError:
        return point_at(error, self._text, offset)


def point_at(error: PipelineError, text: str, offset: int) -> PipelineError:
    """``error`` with the place in the text and a caret under it."""
    error.location = f"{position_of(text, offset)} of the pipeline"
    error.notes = (*caret(text, offset), *error.notes)
    return error


def nesting_error(node: Node, anchor: str) -> PipelineError | None:
    """Why ``node`` cannot run on operations called ``anchor``, if it cannot."""
    if isinstance(node, Nested):
        return None
    if isinstance(node, Pass):
        if node.anchor != _MODULE or anchor in (_MODULE, ANY):
            return None
        return PipelineError(
            f"pass {node.name} runs on {_MODULE} and cannot stand within {anchor}",
            op=node.name,
            remedy=f"move it out of {anchor}(...)",
        )
    from ireekit.bindings.native_passes import nesting_problem

    if (problem := nesting_problem(anchor, node.name, node.options)) is None:
        return None
    return PipelineError(problem, op=node.name, remedy=_native_remedy(node, problem))


def node_items(node: Nested) -> tuple[Node, ...]:
    """The items of a nesting whose texts were read."""
    return tuple(each for each in node.items if isinstance(each, Pass | NativePass | Nested))


def _native_remedy(node: NativePass, reason: str) -> str:
    from ireekit.bindings.native_passes import native_passes

    info = native_passes().get(node.name)
    if "did you intend to nest" in reason:
        anchor = re.search(r"restricted to '([^']+)'", reason)
        return f"it runs on {anchor[1]}" if anchor else "nest it under its anchor"
    if info is None or not info.options:
        return f"{node.name} takes no options" if node.options else "`iree-opt --help` describes it"
    unknown = re.search(r"no such option (\S+)", reason)
    close = difflib.get_close_matches(unknown[1], info.options, 1, 0.5) if unknown else []
    return f"did you mean {close[0]!r}?" if close else "its options: " + ", ".join(info.options)


def parse_items(text: str, registry: PassRegistry, anchor: str = _MODULE) -> tuple[Node, ...]:
    """The items of ``text``, to run on operations called ``anchor``.

    Raises:
      PipelineError: it does not parse, or names what does not exist or cannot stand there; points at it.
    """
    return PipelineParser(text, registry).parse(anchor)


def names_in(nodes: Iterable[Node]) -> Iterable[str]:
    """Names of all passes, in order."""
    for node in nodes:
        if isinstance(node, Nested):
            yield from names_in(node_items(node))
        else:
            yield node.name
