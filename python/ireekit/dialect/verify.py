"""Verification in Python: what IRDL and native traits do not check, and everything where nothing is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ireekit.dialect.constraints import Constraint, Predicate, Relation, Scope, bare
from ireekit.dialect.constraints.base import attribute_of
from ireekit.dialect.entity_checks import EntityChecker
from ireekit.dialect.errors import ConstraintError, VerificationError
from ireekit.dialect.load import LoadReport, report_of
from ireekit.dialect.model import (
    OPERAND_SEGMENTS,
    RESULT_SEGMENTS,
    AttributeField,
    OpModel,
    RegionField,
    SuccessorField,
    ValueField,
)
from ireekit.dialect.op import Op
from ireekit.dialect.segments import SegmentError, group_slices, operand_slices, result_slices
from ireekit.dialect.trait_checks import TRAIT_CHECKS
from ireekit.errors import DialectError, IreekitError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.dialect import Dialect


def verify(operation: ir.Operation | ir.OpView | ir.Module | Op, dialects: Iterable[Dialect]) -> None:
    """The Python part of verification of an operation and everything nested in it.

    Args:
      operation: a module, or any operation. Nothing need be registered; any IR is survived.
      dialects: whose operations to verify.

    Raises:
      VerificationError: the first problem, with operation and location; further ones are in its notes.
    """
    found = problems(operation, dialects)
    first = next(found, None)
    if first is None:
        return
    others = [f"also: {other.cause} at {other.location}" for other, _ in zip(found, range(5), strict=False)]
    first.notes = (*first.notes, *others)
    raise first


def problems(
    operation: ir.Operation | ir.OpView | ir.Module | Op, dialects: Iterable[Dialect]
) -> Iterator[VerificationError]:
    """Every operation's first problem, in order of the operations."""
    raw: Any = getattr(operation, "operation", operation)
    models: dict[str, tuple[OpModel, LoadReport]] = {}
    entities: dict[str, Any] = {}
    for dialect in dialects:
        report = _report(dialect, raw.context)
        models.update({name: (model, report) for name, model in dialect.models.ops.items()})
        rows = (*dialect.models.types.values(), *dialect.models.attributes.values())
        entities.update({model.sigil + model.name: model for model in rows})
    checker = _Checker(models, entities)
    for each in _nested(raw):
        problem = checker.problem(each)
        if problem is not None:
            yield problem


class _Checker:
    def __init__(self, models: Mapping[str, tuple[OpModel, LoadReport]], entities: Mapping[str, Any]) -> None:
        self.rules = {name: _Rules(model, report) for name, (model, report) in models.items()}
        self.entities = EntityChecker(entities)

    def problem(self, operation: Any) -> VerificationError | None:
        name = operation.name
        rules = self.rules.get(name)
        try:
            self.entities.check(operation)
            if rules is not None:
                rules.check(operation)
        except VerificationError as error:
            return error.at(name, operation.location)
        return None


class _Rules:
    """What is to be checked of the operations of one definition."""

    def __init__(self, model: OpModel, report: LoadReport) -> None:
        self.model = model
        self.traits = tuple(
            (trait, TRAIT_CHECKS[trait.name])
            for trait in model.traits
            if trait.name in TRAIT_CHECKS and not report.verified_natively(model.name, trait.name)
        )
        self.predicates = tuple(row for row in model.relations if isinstance(row, Predicate))
        self.relations = tuple(row for row in model.relations if isinstance(row, Relation))
        self.variadic = frozenset(row.name for row in (*model.operands, *model.results) if row.arity == "variadic")
        cls: Any = model.cls
        self.own = cls.verify is not Op.verify
        self.nested = bool(model.regions or model.successors)
        self.names = tuple(row.name for row in model.attributes) + (OPERAND_SEGMENTS,) * model.needs_operand_segments
        self.names += (RESULT_SEGMENTS,) * model.needs_result_segments
        # Operations with equal types and attributes need their fields checked once.
        self.fine: set[Any] = set()

    def check(self, operation: Any) -> None:
        """Verify one operation.

        Raises:
          VerificationError: the first problem.
        """
        signature = (
            tuple(value.type for value in operation.operands),
            tuple(value.type for value in operation.results),
            tuple(attribute_of(operation, name) for name in self.names),
        )
        known = signature in self.fine
        plain = not self.nested and not self.predicates and not self.traits and not self.own
        if known and plain and not len(operation.regions) and not len(operation.successors):
            return
        _Check(self, operation).run()
        self.fine.add(signature)


class _Check:
    def __init__(self, rules: _Rules, operation: Any) -> None:
        self.rules = rules
        self.model = rules.model
        self.operation = operation
        self.scope = Scope()
        self.types: dict[str, Sequence[Any]] = {}

    def run(self) -> None:
        # In this order each step may rely on the ones before it.
        self._values(self.model.operands, self.operation.operands, operand_slices)
        self._values(self.model.results, self.operation.results, result_slices)
        self._attributes()
        self._groups(self.model.regions, len(self.operation.regions), "region")
        self._groups(self.model.successors, len(self.operation.successors), "successor")
        self._regions()
        self._relations()
        self._traits()
        self._own()

    def _values(self, fields: Sequence[ValueField], values: Any, slices: Any) -> None:
        found = self._sliced(lambda: slices(self.model, self.operation))
        for field in fields:
            where = found[field.name]
            kinds = [bare(values[index].type) for index in range(where.start, where.stop)]
            self.types[field.name] = kinds
            for index, kind in enumerate(kinds):
                label = f"{field.kind} {field.name!r}" + (f"[{index}]" if field.arity == "variadic" else "")
                self._constraint(field.name, label, field.constraint, kind)

    def _attributes(self) -> None:
        for field in self.model.attributes:
            value = attribute_of(self.operation, field.name)
            if value is not None:
                self._constraint(field.name, f"attribute {field.name!r}", field.constraint, bare(value))
            elif field.required and field.name not in self.operation.attributes:
                self._fail(field.name, f"attribute {field.name!r}: expected {field.constraint.describe()}, found none")

    def _groups(self, fields: Sequence[RegionField] | Sequence[SuccessorField], total: int, noun: str) -> None:
        self._sliced(lambda: group_slices(fields, total, noun))

    def _sliced(self, slices: Callable[[], Mapping[str, slice]]) -> Mapping[str, slice]:
        try:
            return slices()
        except SegmentError as error:
            raise VerificationError(f"{self.model.name}: {error}") from None

    def _regions(self) -> None:
        regions = list(self.operation.regions)
        slices = group_slices(self.model.regions, len(regions), "region")
        for field in self.model.regions:
            for region in regions[slices[field.name]]:
                self._region(field, list(region.blocks))

    def _region(self, field: RegionField, blocks: Sequence[Any]) -> None:
        if field.blocks is not None and len(blocks) != field.blocks:
            plural = "block" if field.blocks == 1 else "blocks"
            self._fail(field.name, f"region {field.name!r}: expected {field.blocks} {plural}, found {len(blocks)}")
        if field.arguments is None:
            return
        arguments = list(blocks[0].arguments) if blocks else []
        if len(arguments) != len(field.arguments):
            self._fail(
                field.name,
                f"region {field.name!r}: expected {len(field.arguments)} entry block arguments, found {len(arguments)}",
            )
        for index, (argument, constraint) in enumerate(zip(arguments, field.arguments, strict=True)):
            label = f"argument {index} of region {field.name!r}"
            self._constraint(field.name, label, constraint, bare(argument.type))

    def _relations(self) -> None:
        if self.rules.relations:
            attributes = {field.name: self._python(field) for field in self.model.attributes}
            for relation in self.rules.relations:
                problem = relation.check(self.types, attributes, self.rules.variadic)
                if problem is not None:
                    self._fail(None, problem)
        for predicate in self.rules.predicates:
            if not self._guard(predicate.describe(), lambda predicate=predicate: predicate.function(self._view())):
                self._fail(None, f"expected {predicate.describe()}")

    def _traits(self) -> None:
        for trait, rule in self.rules.traits:
            problem = rule(self.model, trait, self.operation, self.types)
            if problem is not None:
                self._fail(None, f"trait {trait}: {problem}")

    def _own(self) -> None:
        if self.rules.own:
            self._guard("verify", lambda: self._view().verify())

    def _view(self) -> Any:
        cls: Any = self.model.cls
        return cls.view(self.operation)

    def _python(self, field: AttributeField) -> Any:
        value = attribute_of(self.operation, field.name)
        if value is not None:
            return field.constraint.to_python(value)
        return field.default if field.has_default else None

    def _constraint(self, name: str, label: str, constraint: Constraint, value: Any) -> None:
        problem = self._guard(label, lambda: constraint.check(value, self.scope))
        if problem is not None:
            self._fail(name, f"{label}: {problem}")

    def _guard(self, what: str, function: Any) -> Any:
        """Call code of the definition's author: whatever it raises is a problem of the operation."""
        try:
            return function()
        except VerificationError:
            raise
        except ConstraintError as error:
            self._fail(None, f"{what}: {error.cause}")
        except IreekitError as error:
            self._fail(None, error.cause)
        except Exception as error:
            raise VerificationError(
                f"{self.model.name}: {what}: the check itself failed: {type(error).__name__}: {error}"
            ) from error

    def _fail(self, field: str | None, cause: str) -> NoReturn:
        raise VerificationError(f"{self.model.name}: {cause}", field=field)


def _report(dialect: Dialect, context: Any) -> LoadReport:
    try:
        return report_of(dialect, context)
    except DialectError as error:
        return LoadReport(False, error.cause)


def _nested(operation: Any) -> Iterator[Any]:
    """The operation and everything nested in it, outermost first, without recursion."""
    stack = [operation]
    while stack:
        each = stack.pop()
        yield each
        inner = [nested.operation for region in each.regions for block in region.blocks for nested in block.operations]
        stack.extend(reversed(inner))
