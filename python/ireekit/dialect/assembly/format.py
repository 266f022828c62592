"""``assembly_format`` of operations, checked against their definition and made ready to parse and print."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ireekit.dialect.assembly.builder import OpFormatBuilder
from ireekit.dialect.assembly.elements import Element
from ireekit.dialect.assembly.faults import Fault, FormatError
from ireekit.dialect.assembly.inference import InferenceError, Rule, TypeSolver
from ireekit.dialect.assembly.instance import Instance, UnprintableError
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.writer import Writer
from ireekit.dialect.model import OpModel

if TYPE_CHECKING:
    from iree.compiler import ir

_EMPTY_REGION = "{}"


class OpFormat:
    """A checked format.

    Args:
      elements: what is written, in order.
      rules: where the types come from that are not written.

    Attributes:
      breaks_lines: printing depends on the indentation.
    """

    def __init__(self, model: OpModel, elements: tuple[Element, ...], rules: tuple[Rule, ...]) -> None:
        self.model = model
        self.elements = elements
        self.rules = rules
        self._inferred = frozenset(rule.field.name for rule in rules)
        self.breaks_lines = "\\n" in (model.assembly_format or "")
        self._defaults: dict[str, str] | None = None

    def defaults(self, context: ir.Context) -> dict[str, str]:
        """What absent attributes stand for; the texts are the same in every context."""
        if self._defaults is None:
            rows = (row for row in self.model.attributes if row.has_default)
            self._defaults = {row.name: str(row.constraint.to_attribute(row.default, context)) for row in rows}
        return self._defaults

    def parse(self, cursor: Cursor, solver: TypeSolver) -> Instance:
        """Read what follows the name of an operation.

        Raises:
          Fault: it does not follow the format.
        """
        start = cursor.position
        instance = self._blank(solver)
        for element in self.elements:
            element.parse(cursor, instance)
        for row in self.model.regions:
            if not row.variadic and not instance.regions[row.name]:
                instance.regions[row.name] = [_EMPTY_REGION]
        for name, text in instance.defaults.items():
            instance.attributes.setdefault(name, text)
        self._check_counts(instance, start)
        try:
            solver.complete(self.model, self.rules, instance)
        except InferenceError as error:
            raise Fault(start - len(self.model.name), f"'{self.model.name}': {error}") from None
        return instance

    def _blank(self, solver: TypeSolver) -> Instance:
        model = self.model
        return Instance(
            values={row.name: [] for row in model.operands},
            types={row.name: [] for row in (*model.operands, *model.results)},
            defaults=self.defaults(solver.context),
            regions={row.name: [] for row in model.regions},
            successors={row.name: [] for row in model.successors},
        )

    def _check_counts(self, instance: Instance, start: int) -> None:
        for row in self.model.operands:
            values, types = len(instance.values[row.name]), len(instance.types[row.name])
            if values != types and row.name not in self._inferred:
                raise Fault(start - len(self.model.name), f"'{row.name}' has {values} operands but {types} types")
        for row in self.model.results:
            if row.arity == "single" and row.name not in self._inferred and len(instance.types[row.name]) != 1:
                raise Fault(start - len(self.model.name), f"the type of result '{row.name}' is missing")

    def print(self, instance: Instance, solver: TypeSolver, *, indent: str = "") -> str:
        """The custom form of what follows the operation's name.

        Raises:
          UnprintableError: the operation would not read back as it is.
        """
        if self.rules:
            self._check_inferred(instance, solver)
        writer = Writer(indent=indent)
        for element in self.elements:
            element.print(writer, instance)
        return writer.text()

    def _check_inferred(self, instance: Instance, solver: TypeSolver) -> None:
        given = {name: [] if name in self._inferred else types for name, types in instance.types.items()}
        again = Instance(instance.values, given, instance.attributes)
        try:
            solver.complete(self.model, self.rules, again)
        except InferenceError as error:
            raise UnprintableError from error
        if again.types != instance.types:
            raise UnprintableError


_FORMATS: WeakKeyDictionary[type, OpFormat] = WeakKeyDictionary()
"""The formats made so far, by the class of the operation."""


def op_format(model: OpModel) -> OpFormat:
    """The format of an operation that has one.

    Raises:
      FormatError: it is wrong; says where in the text.
    """
    known = _FORMATS.get(model.cls)
    if known is None or known.model is not model:
        known = _FORMATS[model.cls] = _compile(model)
    return known


def _compile(model: OpModel) -> OpFormat:
    text = model.assembly_format or ""
    try:
        elements, rules = OpFormatBuilder(model, text).build()
    except Fault as fault:
        raise FormatError(
            fault.cause, owner=model.name, text=text, position=fault.position, remedy=fault.remedy
        ) from None
    return OpFormat(model, elements, rules)
