"""Verifying types and attributes of dialects wherever they occur: IRDL checks less of their parameters than we do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ireekit.dialect.constraints import Scope, bare, is_type
from ireekit.dialect.constraints.base import attribute_of, ir_of
from ireekit.dialect.errors import VerificationError
from ireekit.dialect.model import TypeModel
from ireekit.dialect.parameters import entity_name, parameters_of
from ireekit.errors import IreekitError


class EntityChecker:
    """Verifies each type and attribute once.

    Args:
      models: definitions by sigil and full name, e.g. ``"!acme.tile"``.
    """

    def __init__(self, models: Mapping[str, TypeModel]) -> None:
        self._models = models
        self._seen: set[Any] = set()

    def check(self, operation: Any) -> None:
        """Verify the types of results and block arguments, and the attributes, of one operation.

        Raises:
          VerificationError: the first that breaks its definition.
        """
        if not self._models:
            return
        for value in operation.results:
            self._visit(value.type)
        for region in operation.regions:
            for block in region.blocks:
                for argument in block.arguments:
                    self._visit(argument.type)
        for name in operation.attributes:
            self._visit(attribute_of(operation, name))

    def _visit(self, value: Any) -> None:
        stack = [value]
        while stack:
            entity = stack.pop()
            if entity is None or entity in self._seen:
                continue
            self._seen.add(entity)
            found = bare(entity)
            name = entity_name(found)
            if name is None:
                stack.extend(_parts(found))
                continue
            model = self._models.get(("!" if is_type(found) else "#") + name)
            if model is not None:
                verify_entity(model, found)
                stack.extend(parameters_of(found))


def verify_entity(model: TypeModel, value: Any) -> None:
    """Verify a type or attribute against its definition.

    Raises:
      VerificationError: a parameter breaks its constraint, or ``verify`` of its class raised.
    """
    found = parameters_of(value)
    if len(found) != len(model.parameters):
        raise VerificationError(f"{value}: expected {len(model.parameters)} parameters, found {len(found)}")
    scope = Scope()
    for parameter, attribute in zip(model.parameters, found, strict=True):
        problem = parameter.constraint.check(attribute, scope)
        if problem is not None:
            raise VerificationError(f"{value}: parameter {parameter.name!r}: {problem}", field=parameter.name)
    if model.verify is None:
        return
    cls: Any = model.cls
    try:
        cls.view(value).verify()
    except VerificationError:
        raise
    except IreekitError as error:
        raise VerificationError(f"{value}: {error.cause}") from error
    except Exception as error:
        raise VerificationError(f"{value}: the check itself failed: {type(error).__name__}: {error}") from error


def _parts(value: Any) -> Iterator[Any]:
    """The types and attributes that a builtin one is made of."""
    module = ir_of(value)
    if isinstance(value, module.ShapedType):
        yield value.element_type
    elif isinstance(value, module.FunctionType):
        yield from (*value.inputs, *value.results)
    elif isinstance(value, module.TupleType):
        yield from (value.get_type(index) for index in range(value.num_types))
    elif isinstance(value, module.ArrayAttr):
        yield from value
    elif isinstance(value, module.DictAttr):
        yield from (named.attr for named in value)
