"""Rules as text of the PDL dialect, which the compiler turns into a matcher of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.errors import PassError
from ireekit.passes.rewrite.created import Computation, Creation, creation_by_python, rehearse
from ireekit.passes.rewrite.dag import (
    Attr,
    Built,
    Computed,
    Condition,
    Constant,
    Node,
    OpNode,
    Result,
    Rewrite,
    Type,
    Types,
    Value,
    Values,
)

if TYPE_CHECKING:
    from iree.compiler import ir

Function: TypeAlias = "Creation | Computation | Built"

_TYPES = {
    "value": "!pdl.value",
    "values": "!pdl.range<value>",
    "operation": "!pdl.operation",
    "attribute": "!pdl.attribute",
    "type": "!pdl.type",
    "types": "!pdl.range<type>",
}


@dataclass
class Emitted:
    """A rule in PDL.

    Attributes:
      text: a ``pdl.pattern``.
      constraints: Python tests by the name that ``text`` calls them by, with what they are given.
      rewrites: likewise the functions of the rewrite.
    """

    text: str
    constraints: dict[str, Condition] = field(default_factory=dict[str, Condition])
    rewrites: dict[str, Function] = field(default_factory=dict[str, "Function"])


def emit(name: str, benefit: int, rule: Rewrite, context: ir.Context | None = None, index: int = 0) -> Emitted:
    """Write ``rule`` as a ``pdl.pattern``.

    Args:
      index: tells apart rules of one name.
      context: to turn Python values of attributes into attributes, and to check the text of types and attributes;
        without one, such values are shown as comments and nothing is checked.

    Raises:
      PassError: a text is no type or attribute in ``context``; names the field.
    """
    symbol = _symbol(name) + (f"_{index}" if index else "")
    emitter = _Emitter(name, symbol, context)
    emitter.match(rule)
    emitter.rewrite(rule)
    body = "\n".join(emitter.lines)
    return Emitted(
        f"  pdl.pattern @{symbol} : benefit({benefit}) {{\n{body}\n  }}", emitter.constraints, emitter.rewrites
    )


def matched_operations(root: OpNode) -> list[OpNode]:
    """The operations of a match: ``root`` and what computes its operands, operands first."""
    found: list[OpNode] = []

    def visit(node: OpNode) -> None:
        if node in found:
            return
        for operand in node.operands:
            if isinstance(operand, Result):
                visit(operand.op)
        if node not in found:
            found.append(node)

    visit(root)
    return found


class _Emitter:
    def __init__(self, name: str, symbol: str, context: ir.Context | None) -> None:
        self.name = name
        self.symbol = symbol
        self.context = context
        self.lines: list[str] = []
        self.constraints: dict[str, Condition] = {}
        self.rewrites: dict[str, Function] = {}
        self._root: OpNode | None = None
        self._matched: list[OpNode] = []
        self._names: dict[Any, str] = {}
        self._indent = "    "
        self._matching = True
        self._count = 0

    def match(self, rule: Rewrite) -> None:
        self._root, self._matched = rule.root, matched_operations(rule.root)
        for node in self._matched:
            self._operation(node)
        for condition in rule.where:
            arguments = self._arguments(condition.arguments)
            name = self._unique(getattr(condition.function, "__name__", "test"))
            self.constraints[name] = condition
            self._line(f'pdl.apply_native_constraint "{name}"({arguments})')

    def rewrite(self, rule: Rewrite) -> None:
        root = self._names[id(rule.root)]
        self._line(f"pdl.rewrite {root} {{")
        self._indent, self._matching = "      ", False
        if isinstance(rule.by, Built):
            what = getattr(rule.by.function, "__name__", "build")
            self._line(self._call(what, rule.by, (rule.root, *rule.by.arguments)))
        elif len(rule.by) == 1 and isinstance(rule.by[0], OpNode):
            self._line(f"pdl.replace {root} with {self._node(rule.by[0])}")
        elif rule.by:
            values = [self._node(each) for each in rule.by]
            types = ", ".join([_TYPES[each.kind] for each in rule.by])
            self._line(f"pdl.replace {root} with ({', '.join(values)} : {types})")
        else:
            self._line(f"pdl.erase {root}")
        for other in rule.erase:
            self._line(f"pdl.erase {self._names[id(other)]}")
        self._indent = "    "
        self._line("}")

    def _node(self, node: Node) -> str:
        key = (
            id(node.find())
            if isinstance(node, Type)
            else (id(node.op), node.index)
            if isinstance(node, Result)
            else id(node)
        )
        if key not in self._names:
            emitted = _EMITTERS[type(node)](self, node)
            self._names[key] = emitted
        return self._names[key]

    def _type(self, node: Type) -> str:
        node = node.find()
        if node.text is None:
            if not self._matching:
                raise PassError(f"the {node.name} is not known", phase=f"rule {self.name}", remedy="give results=")
            return self._define("pdl.type")
        self._check_text(node.text, "type", node.name)
        return self._define(f"pdl.type : {node.text}")

    def _types(self, node: Types) -> str:
        return self._define("pdl.types")

    def _value(self, node: Value) -> str:
        self._must_match(node, node.name)
        return self._define(f"pdl.operand : {self._node(node.type)}")

    def _values(self, node: Values) -> str:
        self._must_match(node, node.name)
        return self._define(f"pdl.operands : {self._node(node.types)}")

    def _attribute(self, node: Attr) -> str:
        if node.text is None:
            self._must_match(node, node.name)
            return self._define("pdl.attribute")
        self._check_text(node.text, "attribute", node.text)
        return self._define(f"pdl.attribute = {node.text}")

    def _constant(self, node: Constant) -> str:
        if self.context is None:
            return self._define(f"pdl.attribute // {node.value!r}")
        try:
            made = node.constraint.to_attribute(node.value, self.context)
        except Exception as error:
            raise PassError(f"{node.where}: {error}", phase=f"rule {self.name}") from error
        return self._define(f"pdl.attribute = {made}")

    def _operation(self, node: OpNode) -> str:
        if id(node) in self._names:
            return self._names[id(node)]
        creation = self._creation(node)
        if creation is not None:
            call = self._call(node.name, creation, creation.arguments)
            self._names[id(node)] = self._define(f"{call} : !pdl.operation")
            return self._names[id(node)]
        operands = ""
        if node.operands:
            names = ", ".join([self._node(each) for each in node.operands])
            operands = f"({names} : {', '.join(_TYPES[each.kind] for each in node.operands)})"
        pairs = [f'"{key}" = {self._attribute_of(node, key, value)}' for key, value in node.attributes.items()]
        attributes = f" {{{', '.join(pairs)}}}" if pairs else ""
        types = [node.results] if isinstance(node.results, Types) else list(node.results)
        results = ""
        if types:
            names = ", ".join([self._node(each) for each in types])
            results = f" -> ({names} : {', '.join(_TYPES[each.kind] for each in types)})"
        self._names[id(node)] = self._define(f'pdl.operation "{node.name}"{operands}{attributes}{results}')
        return self._names[id(node)]

    def _attribute_of(self, node: OpNode, key: str, value: Node) -> str:
        if not isinstance(value, Computed):
            return self._node(value)
        what = getattr(value.function, "__name__", "compute")
        return self._define(f"{self._call(what, Computation(node, key, value), value.arguments)} : !pdl.attribute")

    def _creation(self, node: OpNode) -> Creation | None:
        if self._matching or self._root is None:
            return None
        if self.context is None:
            types = () if isinstance(node.results, Types) else node.results
            computed = any(each.find().computed for each in types)
            return Creation(node, (self._root,)) if computed else None
        try:
            rehearse(node, self.context)
            return creation_by_python(node, self._matched, self._root, self.context)
        except PassError as error:
            raise PassError(error.cause, phase=f"rule {self.name}", remedy=error.remedy) from error

    def _call(self, what: str, target: Function, arguments: tuple[Node, ...]) -> str:
        name = self._unique(what)
        self.rewrites[name] = target
        return f'pdl.apply_native_rewrite "{name}"({self._arguments(arguments)})'

    def _result(self, node: Result) -> str:
        return self._define(f"pdl.result {node.index} of {self._node(node.op)}")

    def _arguments(self, nodes: tuple[Node, ...]) -> str:
        names = [self._node(each) for each in nodes]
        return f"{', '.join(names)} : {', '.join(_TYPES[each.kind] for each in nodes)}"

    def _must_match(self, node: Node, name: str) -> None:
        if not self._matching:
            raise PassError(
                f"parameter {name!r} is used in the replacement, and nowhere in the match", phase=f"rule {self.name}"
            )

    def _check_text(self, text: str, kind: str, what: str) -> None:
        if self.context is None:
            return
        from iree.compiler import ir

        parse: Callable[..., Any] = ir.Type.parse if kind == "type" else ir.Attribute.parse
        try:
            parse(text, self.context)
        except Exception as error:
            raise PassError(f"{text!r}, of the {what}, is no {kind}", phase=f"rule {self.name}") from error

    def _unique(self, what: str) -> str:
        self._count += 1
        return f"{self.symbol}.{self._count}.{_symbol(what)}"

    def _define(self, text: str) -> str:
        self._count += 1
        self._line(f"%{self._count} = {text}")
        return f"%{self._count}"

    def _line(self, text: str) -> None:
        self.lines.append(self._indent + text)


_EMITTERS: dict[type, Callable[[Any, Any], str]] = {
    Type: _Emitter._type,  # pyright: ignore[reportPrivateUsage]
    Types: _Emitter._types,  # pyright: ignore[reportPrivateUsage]
    Value: _Emitter._value,  # pyright: ignore[reportPrivateUsage]
    Values: _Emitter._values,  # pyright: ignore[reportPrivateUsage]
    Attr: _Emitter._attribute,  # pyright: ignore[reportPrivateUsage]
    Constant: _Emitter._constant,  # pyright: ignore[reportPrivateUsage]
    OpNode: _Emitter._operation,  # pyright: ignore[reportPrivateUsage]
    Result: _Emitter._result,  # pyright: ignore[reportPrivateUsage]
}


def _symbol(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
