"""What is checked of a format before it is used: that it says everything, once, and can be read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ireekit.dialect.assembly import syntax
from ireekit.dialect.assembly.attribute_choice import attribute_syntax
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.model import AttributeField, OpModel, RegionField, SuccessorField, ValueField

AnyField = ValueField | AttributeField | RegionField | SuccessorField

_DICTIONARIES = frozenset({"attr-dict", "attr-dict-with-keyword"})


class Coverage:
    """What a format has shown so far of an operation."""

    def __init__(self, model: OpModel) -> None:
        self._model = model
        self.shown: set[str] = set()
        self.types: set[str] = set()
        self.dictionary = False

    def show(self, field: AnyField, position: int) -> None:
        """A field's own place.

        Raises:
          Fault: it has one already, or is a result.
        """
        if isinstance(field, ValueField) and field.kind == "result":
            raise Fault(
                position,
                f"result '{field.name}' is named before the '=': a format holds only its type",
                f"write type(${field.name})",
            )
        if field.name in self.shown:
            raise Fault(position, f"'{field.name}' is written twice")
        self.shown.add(field.name)

    def show_type(self, field: ValueField, position: int) -> None:
        """The place of a field's type.

        Raises:
          Fault: it has one already.
        """
        if field.name in self.types:
            raise Fault(position, f"the type of '{field.name}' is written twice")
        self.types.add(field.name)

    def check(self, end: int) -> None:
        """Whether everything has its place; what is missing is missed at ``end``.

        Raises:
          Fault: something is not shown anywhere.
        """
        for kind, rows in (
            ("operand", self._model.operands),
            ("region", self._model.regions),
            ("successor", self._model.successors),
        ):
            for row in rows:
                if row.name not in self.shown:
                    raise Fault(end, f"{kind} '{row.name}' is not in the format", f"write ${row.name}")
        if not self.dictionary:
            raise Fault(
                end,
                "'attr-dict' is not in the format: attributes that other passes add need a place",
                "write attr-dict",
            )


def check_ambiguities(
    tree: Sequence[syntax.Element], fields: Mapping[str, AnyField], after: Sequence[syntax.Element] = ()
) -> None:
    """Refuse what could not be read back.

    Args:
      after: what may follow ``tree``.

    Raises:
      Fault: an element would swallow part of what follows it.
    """
    for index, node in enumerate(tree):
        following = [*_firsts(tree[index + 1 :], after)]
        if isinstance(node, syntax.Group):
            check_ambiguities(node.then, fields, following)
            check_ambiguities(node.otherwise, fields, following)
        elif isinstance(node, syntax.Clauses):
            words = [clause.keyword for clause in node.clauses]
            for clause in node.clauses:
                check_ambiguities(clause.elements, fields, [*words, *following])
        else:
            for other in following:
                _check_pair(node, other, fields)


def _firsts(nodes: Sequence[syntax.Element], after: Sequence[syntax.Element]) -> Iterator[syntax.Element]:
    """What may come first of ``nodes`` and then ``after``."""
    for node in nodes:
        if isinstance(node, syntax.Whitespace):
            continue
        if isinstance(node, syntax.Clauses):
            yield from (clause.keyword for clause in node.clauses)
        elif isinstance(node, syntax.Group):
            yield from _firsts(node.then, ())
            yield from _firsts(node.otherwise, ())
        else:
            yield node
            if not (isinstance(node, syntax.Directive) and node.name in _DICTIONARIES):
                return
    yield from after


def _check_pair(node: syntax.Element, following: syntax.Element, fields: Mapping[str, AnyField]) -> None:
    literal = following.text if isinstance(following, syntax.Literal) else None
    if (
        isinstance(node, syntax.Directive)
        and node.name == "attr-dict"
        and (literal == "{" or _is_region(following, fields))
    ):
        raise Fault(
            node.position,
            "'attr-dict' before a '{' takes it for its own",
            "put a literal between them, or write attr-dict-with-keyword",
        )
    field = fields.get(node.name) if isinstance(node, syntax.Variable) else None
    if (
        isinstance(field, AttributeField)
        and literal == ":"
        and attribute_syntax(field.constraint, field.name).takes_type
    ):
        raise Fault(
            node.position,
            f"attribute '{field.name}' goes on after the ':' that follows it, since its type is not fixed",
            "constrain its type, or put another literal between them",
        )
    if _is_list(node, fields) and literal == ",":
        raise Fault(
            node.position, "a list with commas before ',' takes it for its own", "separate them by another literal"
        )
    other = fields.get(following.name) if isinstance(following, syntax.Variable) else None
    if isinstance(field, ValueField) and field.arity != "single" and isinstance(other, ValueField):
        raise Fault(
            node.position,
            f"'{field.name}' may be absent and would then take '{other.name}'",
            "put a literal between them",
        )


def _is_region(node: syntax.Element, fields: Mapping[str, AnyField]) -> bool:
    if isinstance(node, syntax.Directive):
        return node.name == "regions"
    return isinstance(node, syntax.Variable) and isinstance(fields.get(node.name), RegionField)


def _is_list(node: syntax.Element, fields: Mapping[str, AnyField]) -> bool:
    if isinstance(node, syntax.Variable):
        field = fields.get(node.name)
        return getattr(field, "arity", None) == "variadic" or getattr(field, "variadic", False)
    if not isinstance(node, syntax.Directive):
        return False
    if node.name in {"operands", "successors", "regions"}:
        return True
    if node.name != "type" or not node.arguments:
        return False
    argument = node.arguments[0]
    return _is_list(argument, fields) or (isinstance(argument, syntax.Directive) and argument.name == "results")
