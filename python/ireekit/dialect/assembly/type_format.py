"""``assembly_format`` of types and attributes, and the rewriting of all of them in a text.

Such a format is enclosed in ``<`` and ``>``: that tells everybody, MLIR's own tools included, where the type ends.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ireekit.dialect.assembly import syntax
from ireekit.dialect.assembly.attribute_choice import attribute_syntax
from ireekit.dialect.assembly.attribute_syntax import AttributeSyntax
from ireekit.dialect.assembly.elements import AttributeElement, Element, LiteralElement, WhitespaceElement
from ireekit.dialect.assembly.faults import Fault, FormatError
from ireekit.dialect.assembly.instance import Instance, UnprintableError
from ireekit.dialect.assembly.lexer import Cursor, attribute_end, balanced_end, split_list
from ireekit.dialect.assembly.writer import Writer
from ireekit.dialect.model import TypeModel
from ireekit.dialect.names import nearest


class TypeFormat:
    """A checked format of a type or attribute."""

    def __init__(self, model: TypeModel, elements: tuple[Element, ...]) -> None:
        self.model = model
        self.elements = elements
        self._names = [row.name for row in model.parameters]

    def parse(self, text: str) -> list[str]:
        """The parameters of ``<...>`` in MLIR's own syntax.

        Raises:
          Fault: the text does not follow the format; at an offset of it.
        """
        cursor = Cursor(text)
        instance = Instance()
        for element in self.elements:
            element.parse(cursor, instance)
        if not cursor.at_end():
            raise cursor.fault(f"expected the end of '{self.model.name}'")
        return [instance.attributes[name] for name in self._names]

    def print(self, parameters: Sequence[str]) -> str:
        """``<...>`` by the format.

        Raises:
          UnprintableError: the parameters do not fit.
        """
        if len(parameters) != len(self._names):
            raise UnprintableError
        instance = Instance(attributes=dict(zip(self._names, parameters, strict=True)))
        writer = Writer(tight=True)
        for element in self.elements:
            element.print(writer, instance)
        return writer.text()


@dataclass(frozen=True, slots=True)
class _NamedParameters(Element):
    """``struct(...)``: ``name = value`` of each, in any order."""

    syntaxes: Mapping[str, AttributeSyntax]

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        for index in range(len(self.syntaxes)):
            if index:
                cursor.expect(",")
            position = cursor.ahead()
            name = cursor.keyword() or ""
            if name not in self.syntaxes or name in instance.attributes:
                missing = ", ".join(f"'{other}'" for other in self.syntaxes if other not in instance.attributes)
                raise Fault(position, f"expected a parameter name, one of {missing}")
            cursor.expect("=")
            AttributeElement(name, self.syntaxes[name], required=True).parse(cursor, instance)

    def print(self, writer: Writer, instance: Instance) -> None:
        entries = (f"{name} = {how.print(instance.attributes[name])}" for name, how in self.syntaxes.items())
        writer.token(", ".join(entries))


_FORMATS: WeakKeyDictionary[type, TypeFormat] = WeakKeyDictionary()
"""The formats made so far, by the class of the type or attribute."""


def type_format(model: TypeModel) -> TypeFormat:
    """The format of a type or attribute that has one.

    Raises:
      FormatError: it is wrong; says where in the text.
    """
    known = _FORMATS.get(model.cls)
    if known is None or known.model is not model:
        text = model.assembly_format or ""
        try:
            known = _FORMATS[model.cls] = TypeFormat(model, _Builder(model, text).build())
        except Fault as fault:
            raise FormatError(
                fault.cause, owner=model.name, text=text, position=fault.position, remedy=fault.remedy
            ) from None
    return known


class _Builder:
    def __init__(self, model: TypeModel, text: str) -> None:
        self._model = model
        self._text = text
        self._syntaxes = {row.name: attribute_syntax(row.constraint) for row in model.parameters}
        self._shown: set[str] = set()

    def build(self) -> tuple[Element, ...]:
        tree = syntax.parse_syntax(self._text)
        self._check_enclosed(tree)
        elements = [element for node in tree for element in self._elements(node)]
        for name in self._syntaxes:
            if name not in self._shown:
                raise Fault(len(self._text), f"parameter '{name}' is not in the format", f"write ${name}")
        for node, following in itertools.pairwise(tree):
            colon = isinstance(following, syntax.Literal) and following.text == ":"
            if colon and isinstance(node, syntax.Variable) and self._syntaxes[node.name].takes_type:
                raise Fault(node.position, f"parameter '{node.name}' goes on after the ':' that follows it")
        return tuple(elements)

    def _check_enclosed(self, tree: tuple[syntax.Element, ...]) -> None:
        literals = [node.text for node in tree if isinstance(node, syntax.Literal)]
        first, last = tree[:1], tree[-1:]
        enclosed = first and isinstance(first[0], syntax.Literal) and isinstance(last[0], syntax.Literal)
        if not enclosed or literals[0] != "<" or literals[-1] != ">":
            raise Fault(0, "the format of a type or attribute is enclosed in `<` and `>`")
        depth = 0
        for node in tree:
            if isinstance(node, syntax.Literal) and node.text in "<>":
                depth += 1 if node.text == "<" else -1
                if depth == 0 and node is not tree[-1]:
                    raise Fault(node.position, "this `>` closes the first `<`, and more follows")

    def _elements(self, node: syntax.Element) -> list[Element]:
        if isinstance(node, syntax.Literal):
            return [LiteralElement(node.text)]
        if isinstance(node, syntax.Whitespace):
            return [WhitespaceElement(node.text)]
        if isinstance(node, syntax.Variable):
            return [self._parameter(node)]
        if isinstance(node, syntax.Directive) and node.name in {"params", "struct", "qualified"}:
            return self._directive(node)
        if isinstance(node, syntax.Directive):
            raise Fault(node.position, f"unknown directive '{node.name}'", "known: params, qualified, struct")
        raise Fault(node.position, "parameters are never absent: no optional groups in the format of a type")

    def _parameter(self, node: syntax.Variable) -> Element:
        if node.name not in self._syntaxes:
            cause = f"{self._model.name} has no parameter '{node.name}'"
            raise Fault(node.position, cause, nearest(node.name, self._syntaxes))
        if node.name in self._shown:
            raise Fault(node.position, f"'{node.name}' is written twice")
        self._shown.add(node.name)
        return AttributeElement(node.name, self._syntaxes[node.name], required=True)

    def _directive(self, node: syntax.Directive) -> list[Element]:
        if node.name == "params":
            variables = [syntax.Variable(name, node.position) for name in self._syntaxes]
            elements: list[Element] = []
            for variable in variables:
                elements += [LiteralElement(",")] * bool(elements)
                elements.append(self._parameter(variable))
            return elements
        if node.name == "qualified":
            return [element for argument in node.arguments for element in self._elements(argument)]
        named: list[str] = []
        for argument in node.arguments:
            if isinstance(argument, syntax.Directive) and argument.name == "params":
                named += [name for name in self._syntaxes if name not in named]
            elif isinstance(argument, syntax.Variable):
                named.append(argument.name)
            else:
                raise Fault(argument.position, "'struct' takes $names or 'params'")
        for name in named:
            self._parameter(syntax.Variable(name, node.position))
        return [_NamedParameters({name: self._syntaxes[name] for name in named})]


class TypeRewriter:
    """Rewrites every type and attribute with a format of its own, wherever it stands in a text.

    Args:
      formats: by name with sigil, e.g. ``"!acme.tile"``.
      to_custom: towards the custom form; otherwise towards MLIR's own.
    """

    def __init__(self, formats: Mapping[str, TypeFormat], *, to_custom: bool) -> None:
        self._formats = formats
        self._to_custom_form = to_custom
        self._convert = self._to_custom if to_custom else self._to_generic
        names = "|".join(sorted(map(re.escape, formats), key=len, reverse=True))
        self._pattern = re.compile(rf'"(?:[^"\\\n]|\\.)*+"|//[^\n]*|(?:{names})(?=<)')
        self._hints = tuple({name.partition(".")[0] + "." for name in formats})
        self._known: dict[str, str] = {}

    def rewrite(self, text: str, replaced: Callable[[int, int, str], None] | None = None) -> str:
        """``text`` rewritten; the same object where nothing is.

        Args:
          replaced: told of each replacement: its extent in ``text``, and the text that stands there now.

        Raises:
          Fault: a type follows neither its format nor MLIR's own syntax.
        """
        if not self._formats or not any(hint in text for hint in self._hints):
            return text
        pieces: list[str] = []
        done = position = 0
        while (match := self._pattern.search(text, position)) is not None:
            position = match.end()
            name = match[0]
            if name[0] in '"/':
                continue
            start = match.start()
            try:
                end = balanced_end(text, position)
            except Fault:
                if self._to_custom_form:
                    break  # Not as MLIR prints it: the rest stays as it is.
                raise
            new = self._one(name, text[position:end], start + len(name))
            pieces += (text[done:start], name, new)
            if replaced is not None:
                replaced(start, end, name + new)
            done = position = end
        if not done:
            return text
        pieces.append(text[done:])
        return "".join(pieces)

    def _one(self, name: str, body: str, offset: int) -> str:
        key = name + body
        if key not in self._known:
            try:
                self._known[key] = self._convert(self._formats[name], body)
            except Fault as fault:
                raise Fault(offset + fault.position, fault.cause) from None
        return self._known[key]

    def _to_custom(self, form: TypeFormat, body: str) -> str:
        inner = self.rewrite(body[1:-1])
        try:
            return form.print(list(split_list(inner)))
        except UnprintableError:
            return f"<{inner}>"

    def _to_generic(self, form: TypeFormat, body: str) -> str:
        try:
            parameters = form.parse(body)
        except Fault:
            if not _is_generic(body, len(form.model.parameters)):
                raise
            return f"<{self.rewrite(body[1:-1])}>"
        lines = "\n" * body.count("\n")
        return f"<{', '.join(self.rewrite(part) for part in parameters)}{lines}>"


def _is_generic(body: str, count: int) -> bool:
    """Whether ``<...>`` holds ``count`` attributes and commas, as MLIR writes the parameters itself."""
    parts = list(split_list(body[1:-1]))
    try:
        return len(parts) == count and all(attribute_end(part, 0) == len(part) for part in parts)
    except Fault:
        return False
