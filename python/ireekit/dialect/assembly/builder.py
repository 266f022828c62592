"""From the tree of a format to its elements, with every check that can be made against the definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ireekit.dialect.assembly import syntax
from ireekit.dialect.assembly.attribute_choice import attribute_syntax
from ireekit.dialect.assembly.attribute_syntax import UnitSyntax
from ireekit.dialect.assembly.checks import AnyField, Coverage, check_ambiguities
from ireekit.dialect.assembly.custom_element import CustomElement, Slot, method_names
from ireekit.dialect.assembly.dict_elements import DictionaryElement
from ireekit.dialect.assembly.elements import (
    AttributeElement,
    Element,
    LiteralElement,
    OperandElement,
    RegionElement,
    SuccessorElement,
    TypeElement,
    UnitElement,
    WhitespaceElement,
)
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.group_elements import ClauseElement, ClausesElement, GroupElement
from ireekit.dialect.assembly.inference import Rule, plan
from ireekit.dialect.assembly.list_elements import (
    FunctionalTypeElement,
    RegionsElement,
    operand_list,
    successor_list,
    type_list,
    type_share,
)
from ireekit.dialect.model import AttributeField, OpModel, RegionField, SuccessorField, ValueField
from ireekit.dialect.names import nearest

_DIRECTIVES = (
    "attr-dict",
    "attr-dict-with-keyword",
    "custom",
    "functional-type",
    "oilist",
    "operands",
    "prop-dict",
    "qualified",
    "regions",
    "results",
    "successors",
    "type",
)


class OpFormatBuilder:
    """Builds the elements of one operation's format.

    Args:
      text: the format as it is written.
    """

    def __init__(self, model: OpModel, text: str) -> None:
        self._model = model
        self._text = text
        self._fields = model.fields
        self._coverage = Coverage(model)
        self._dictionaries: list[syntax.Directive] = []
        self._depth = 0

    def build(self) -> tuple[tuple[Element, ...], tuple[Rule, ...]]:
        """The elements and how to find the types they leave out.

        Raises:
          Fault: what is wrong, at an offset of the text.
        """
        tree = syntax.parse_syntax(self._text)
        elements = self._finish(self._elements(tree))
        check_ambiguities(tree, self._fields)
        self._coverage.check(len(self._text))
        rules, missing = plan(self._model, frozenset(self._coverage.types))
        if missing:
            row = missing[0]
            raise Fault(
                len(self._text),
                f"type of {row.kind} '{row.name}' can be neither parsed nor inferred",
                f"write type(${row.name})",
            )
        return elements, rules

    def _elements(self, tree: Sequence[syntax.Element]) -> list[Element]:
        return [self._element(node) for node in tree]

    def _element(self, node: syntax.Element) -> Element:
        if isinstance(node, syntax.Literal):
            return LiteralElement(node.text)
        if isinstance(node, syntax.Whitespace):
            return WhitespaceElement(node.text)
        if isinstance(node, syntax.Variable):
            return self._variable(node)
        if isinstance(node, syntax.Group):
            return self._group(node)
        if isinstance(node, syntax.Clauses):
            return self._clauses(node)
        return self._directive(node)

    def _show_types(self, rows: Sequence[ValueField], position: int) -> None:
        for row in rows:
            self._coverage.show_type(row, position)

    def _field(self, node: syntax.Variable) -> AnyField:
        field = self._fields.get(node.name)
        if field is None:
            cause = f"{self._model.name} has no field '{node.name}'"
            raise Fault(node.position, cause, nearest(node.name, self._fields))
        return field

    def _variable(self, node: syntax.Variable, *, in_group: bool = False, alone: bool = True) -> Element:
        field = self._field(node)
        self._coverage.show(field, node.position)
        if isinstance(field, ValueField):
            return OperandElement(field.name, field.arity)
        if isinstance(field, RegionField):
            return RegionElement(field.name, field.variadic)
        if isinstance(field, SuccessorField):
            return SuccessorElement(field.name, field.variadic)
        how = attribute_syntax(field.constraint, field.name)
        if isinstance(how, UnitSyntax):
            if not in_group:
                raise Fault(
                    node.position,
                    f"unit attribute '{field.name}' stands outside an optional group",
                    f"write (`{field.name}` ${field.name}^)?",
                )
            return UnitElement(field.name, field.name if alone else "")
        return AttributeElement(field.name, how, required=in_group or not field.optional)

    def _directive(self, node: syntax.Directive) -> Element:
        builders: dict[str, Callable[[syntax.Directive], Element]] = {
            "attr-dict": self._dictionary,
            "attr-dict-with-keyword": self._dictionary,
            "prop-dict": self._dictionary,
            "type": self._type,
            "functional-type": self._functional_type,
            "operands": self._all_operands,
            "regions": self._all_regions,
            "successors": self._all_successors,
            "qualified": self._qualified,
            "custom": self._custom,
        }
        if node.name in builders:
            return builders[node.name](node)
        if node.name == "results":
            raise Fault(node.position, "'results' stands only in type(results) and functional-type(...)")
        raise Fault(node.position, f"unknown directive '{node.name}'", nearest(node.name, _DIRECTIVES))

    def _dictionary(self, node: syntax.Directive) -> Element:
        if self._depth:
            raise Fault(node.position, f"'{node.name}' cannot stand in an optional group")
        if any((other.name == "prop-dict") == (node.name == "prop-dict") for other in self._dictionaries):
            raise Fault(node.position, f"'{node.name}' is written twice")
        self._dictionaries.append(node)
        self._coverage.dictionary = True if node.name != "prop-dict" else self._coverage.dictionary
        return DictionaryElement(
            frozenset(),
            keyword=node.name == "attr-dict-with-keyword",
            only=frozenset(row.name for row in self._model.attributes) if node.name == "prop-dict" else None,
        )

    def _finish(self, elements: list[Element]) -> tuple[Element, ...]:
        """Tell the dictionaries what they need not hold."""
        shown = frozenset(row.name for row in self._model.attributes if row.name in self._coverage.shown)
        properties = any(node.name == "prop-dict" for node in self._dictionaries)
        inherent = frozenset(row.name for row in self._model.attributes)
        return tuple(
            DictionaryElement(
                shown | inherent if properties and element.only is None else shown, element.keyword, element.only
            )
            if isinstance(element, DictionaryElement)
            else element
            for element in elements
        )

    def _one_argument(self, node: syntax.Directive) -> syntax.Variable | syntax.Directive:
        if len(node.arguments) != 1:
            raise Fault(node.position, f"'{node.name}' takes one argument, found {len(node.arguments)}")
        argument = node.arguments[0]
        assert isinstance(argument, syntax.Variable | syntax.Directive)
        return argument

    def _qualified(self, node: syntax.Directive) -> Element:
        # Types and attributes are always written with their dialect.
        return self._element(self._one_argument(node))

    def _custom(self, node: syntax.Directive) -> Element:
        cls = self._model.cls
        for method in method_names(node.label):
            if not callable(getattr(cls, method, None)):
                cause = f"custom<{node.label}> needs the class method {cls.__name__}.{method}"
                raise Fault(node.position, cause, "define both parse_... and print_...")
        if not node.arguments:
            raise Fault(node.position, f"custom<{node.label}> needs at least one argument")
        return CustomElement(cls, node.label, tuple(self._slot(argument) for argument in node.arguments))

    def _slot(self, node: syntax.Element) -> Slot:
        if isinstance(node, syntax.Directive) and node.name == "type":
            argument = self._one_argument(node)
            if isinstance(argument, syntax.Variable):
                field = self._value(argument)
                self._coverage.show_type(field, argument.position)
                return Slot("type", field.name, field.arity)
        elif isinstance(node, syntax.Variable):
            field = self._field(node)
            if isinstance(field, ValueField | AttributeField):
                self._coverage.show(field, node.position)
                attribute = isinstance(field, AttributeField)
                return (
                    Slot("attribute", field.name, "optional") if attribute else Slot("value", field.name, field.arity)
                )
        raise Fault(node.position, "an argument of custom<...> is an operand, an attribute or type($name)")

    def _type(self, node: syntax.Directive) -> Element:
        argument = self._one_argument(node)
        if isinstance(argument, syntax.Directive):
            rows = self._rows(argument)
            self._show_types(rows, argument.position)
            return type_list(rows)
        field = self._value(argument)
        self._coverage.show_type(field, argument.position)
        return TypeElement(field.name, field.arity)

    def _value(self, node: syntax.Variable) -> ValueField:
        field = self._field(node)
        if not isinstance(field, ValueField):
            raise Fault(node.position, f"'{node.name}' is no operand or result: it has no type to write")
        return field

    def _rows(self, node: syntax.Directive) -> tuple[ValueField, ...]:
        rows = {"operands": self._model.operands, "results": self._model.results}.get(node.name)
        if rows is None:
            raise Fault(node.position, f"expected '$name', 'operands' or 'results', found '{node.name}'")
        return rows

    def _functional_type(self, node: syntax.Directive) -> Element:
        if len(node.arguments) != 2:
            raise Fault(node.position, "'functional-type' takes two arguments, e.g. (operands, results)")
        sides: list[tuple[ValueField, ...]] = []
        for argument in node.arguments:
            if isinstance(argument, syntax.Directive):
                rows = self._rows(argument)
                self._show_types(rows, argument.position)
            else:
                assert isinstance(argument, syntax.Variable)
                field = self._value(argument)
                self._coverage.show_type(field, argument.position)
                rows = (field,)
            sides.append(rows)
        return FunctionalTypeElement(type_share(sides[0]), type_share(sides[1]))

    def _all_operands(self, node: syntax.Directive) -> Element:
        for row in self._model.operands:
            self._coverage.show(row, node.position)
        if sum(row.arity != "single" for row in self._model.operands) > 1:
            raise Fault(node.position, "'operands' cannot tell several optional or variadic operands apart: name each")
        return operand_list(self._model.operands)

    def _all_regions(self, node: syntax.Directive) -> Element:
        for row in self._model.regions:
            self._coverage.show(row, node.position)
        variadic = next((row.name for row in self._model.regions if row.variadic), None)
        return RegionsElement(tuple(row.name for row in self._model.regions), variadic)

    def _all_successors(self, node: syntax.Directive) -> Element:
        for row in self._model.successors:
            self._coverage.show(row, node.position)
        names = [row.name for row in self._model.successors]
        return successor_list(names, any(row.variadic for row in self._model.successors))

    def _group(self, node: syntax.Group) -> Element:
        self._depth += 1
        then = self._group_elements(node.then)
        otherwise = tuple(self._elements(node.otherwise))
        self._depth -= 1
        self._check_anchor(node.then[node.anchor])
        first = next((i for i, part in enumerate(node.then) if not isinstance(part, syntax.Whitespace)), node.anchor)
        # A unit attribute that its literals stand for cannot be looked for itself.
        start = then[first]
        if isinstance(start, UnitElement) and not start.keyword:
            raise Fault(node.position, "an optional group starts with what is written, not with a unit attribute")
        return GroupElement(then, otherwise, then[node.anchor], start)

    def _group_elements(self, nodes: Sequence[syntax.Element]) -> tuple[Element, ...]:
        alone = not any(isinstance(node, syntax.Literal) for node in nodes)
        return tuple(
            self._variable(node, in_group=True, alone=alone)
            if isinstance(node, syntax.Variable)
            else self._element(node)
            for node in nodes
        )

    def _check_anchor(self, node: syntax.Element) -> None:
        if isinstance(node, syntax.Literal | syntax.Whitespace | syntax.Clauses):
            raise Fault(node.position, "an anchor is a field, or the type of one: what may be absent")
        if isinstance(node, syntax.Directive):
            argument = node.arguments[0] if node.name in {"type", "qualified"} and node.arguments else node
            if isinstance(argument, syntax.Variable):
                self._check_anchor(argument)
            return
        if isinstance(node, syntax.Group):
            return
        field = self._field(node)
        if _always_present(field):
            raise Fault(node.position, f"anchor '{node.name}' is always present: it must be optional")

    def _clauses(self, node: syntax.Clauses) -> Element:
        self._depth += 1
        clauses: list[ClauseElement] = []
        for clause in node.clauses:
            elements = tuple(
                self._variable(part, in_group=True, alone=False)
                if isinstance(part, syntax.Variable)
                else self._element(part)
                for part in clause.elements
            )
            anchors = tuple(
                element
                for part, element in zip(clause.elements, elements, strict=True)
                if isinstance(part, syntax.Variable)
            )
            if not anchors:
                raise Fault(
                    clause.keyword.position, f"clause '{clause.keyword.text}' holds no field: nothing tells it apart"
                )
            clauses.append(ClauseElement(clause.keyword.text, elements, anchors))
        self._depth -= 1
        return ClausesElement(tuple(clauses))


def _always_present(field: AnyField) -> bool:
    if isinstance(field, ValueField):
        return field.arity == "single"
    if isinstance(field, AttributeField):
        return field.required
    # A region of no blocks counts as absent.
    return isinstance(field, SuccessorField) and not field.variadic
