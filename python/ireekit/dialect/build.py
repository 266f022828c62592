"""Building an operation from keyword arguments."""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints import Scope, UnitAttr, bare
from ireekit.dialect.constraints.base import WRAPPED, ir_of
from ireekit.dialect.errors import BuildError, ConstraintError
from ireekit.dialect.inference import infer_types
from ireekit.dialect.model import OPERAND_SEGMENTS, RESULT_SEGMENTS, OpModel, RegionField, ValueField
from ireekit.dialect.names import nearest

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.op import Op

_OPTIONS = ("location", "at", "result_types", "discardable")
_HERE = str(Path(__file__).parent)
# Bindings whose current context counts where no argument tells the context.
_BINDINGS = ("iree.compiler.ir", "torch_mlir.ir", "mlir.ir", "jaxlib.mlir.ir")


def build(cls: type[Op], given: Mapping[str, Any]) -> ir.Operation:
    """Build an operation of class ``cls`` from its fields and the options that :class:`Op` names.

    Raises:
      BuildError: a field is missing, unknown or does not fit, or result types do not follow.
    """
    model = cls.model if "model" in cls.__dict__ else None
    if model is None:
        raise BuildError(f"{cls.__name__} has no name: it is a base of operations")
    options = {name: given.get(name) for name in _OPTIONS}
    fields = {name: value for name, value in given.items() if name not in _OPTIONS}
    _refuse_unknown(model, fields)
    operands = {field.name: as_values(field, fields.get(field.name), model.name) for field in model.operands}
    context = _context_of(operands, options, fields)
    attributes = _attributes(model, fields, context)
    results = _result_types(cls, model, operands, attributes, fields, options["result_types"], context)
    location = options["location"] or _location(context)
    successors = _successors(model, fields)
    counts = [_region_count(field, fields.get(field.name)) for field in model.regions]
    if model.needs_operand_segments:
        attributes[OPERAND_SEGMENTS] = _segments(context, [len(operands[row.name]) for row in model.operands])
    if model.needs_result_segments:
        attributes[RESULT_SEGMENTS] = _segments(context, [len(results[row.name]) for row in model.results])
    operation = ir_of(context).Operation.create(
        model.name,
        results=list(itertools.chain.from_iterable(results.values())),
        operands=list(itertools.chain.from_iterable(operands.values())),
        attributes={**(options["discardable"] or {}), **attributes},
        successors=successors,
        regions=sum(counts),
        loc=location,
        ip=_insertion_point(options["at"], context),
    )
    _fill_regions(model, operation, fields, counts, location)
    return operation


def as_values(field: ValueField, value: Any, owner: str = "") -> list[Any]:
    """The values given for an operand field; operations with one result stand for it.

    Raises:
      BuildError: wrong number, or no values.
    """
    if field.arity == "variadic":
        if value is None:
            return []
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            raise BuildError(f"{owner}: operand {field.name!r} is variadic: give a sequence of values")
        return [_as_value(field, each, owner) for each in value]
    if value is None and field.arity == "optional":
        return []
    if value is None:
        raise BuildError(f"{owner}: the operand {field.name!r} is missing")
    return [_as_value(field, value, owner)]


def find_context(values: Iterable[Any]) -> Any:
    """The context of the first of ``values`` that has one, else the current one.

    Raises:
      BuildError: there is none.
    """
    for value in values:
        context = getattr(getattr(value, WRAPPED, value), "context", None)
        if context is not None:
            return context
    for name in _BINDINGS:
        module = sys.modules.get(name)
        try:
            if module is not None and module.Context.current is not None:
                return module.Context.current
        except ValueError:
            continue
    raise BuildError("no MLIR context to build in", remedy="enter one: with context: ...")


def caller_location(context: Any) -> Any:
    """``file:line:column`` of the nearest Python frame outside this package."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    location = ir_of(context).Location
    if frame is None:
        return location.unknown(context)
    return location.file(
        frame.f_code.co_filename, frame.f_lineno, _column(frame.f_code, frame.f_lasti), context=context
    )


@functools.lru_cache(maxsize=4096)
def _column(code: CodeType, instruction: int) -> int:
    """From 1; finding it takes time in proportion to the function's length."""
    position = next(itertools.islice(code.co_positions(), instruction // 2, None), None)
    return (position[2] or 0) + 1 if position else 1


def _as_value(field: ValueField, value: Any, owner: str) -> Any:
    operation: Any = getattr(value, "operation", None)
    if operation is not None:
        results = operation.results
        if len(results) != 1:
            raise BuildError(
                f"{owner}: operand {field.name!r}: {operation.name} has {len(results)} results",
                remedy="name one of them",
            )
        return results[0]
    try:
        if isinstance(value, ir_of(value).Value):
            return value
    except (AttributeError, ImportError):
        pass
    raise BuildError(f"{owner}: operand {field.name!r}: {value!r} is no value")


def _refuse_unknown(model: OpModel, fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in model.order:
            known = (*model.order, *_OPTIONS)
            raise BuildError(f"{model.name} has no field {name!r}", remedy=nearest(name, known))


def _context_of(operands: Mapping[str, list[Any]], options: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    at = options["at"]
    places = (
        options["location"],
        getattr(at, "block", None),
        getattr(at, "owner", None),
        getattr(at, "operation", None),
    )
    values = (*itertools.chain.from_iterable(operands.values()), *(place for place in places if place is not None))
    return find_context((*values, *fields.values()))


def _attributes(model: OpModel, fields: Mapping[str, Any], context: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in model.attributes:
        value = fields.get(field.name)
        if value is None:
            value = field.default if field.has_default else None
        if value is None or (value is False and isinstance(field.constraint, UnitAttr)):
            if field.required:
                raise BuildError(f"{model.name}: the attribute {field.name!r} is missing")
            continue
        try:
            made[field.name] = field.constraint.to_attribute(value, context)
            # What a conversion made fits already. Variables are compared when the operation is verified.
            converted = field.constraint.converts and not hasattr(value, "context") and not hasattr(value, WRAPPED)
            problem = None if converted else field.constraint.check(bare(made[field.name]), Scope())
        except ConstraintError as error:
            problem = error.cause
        if problem is not None:
            raise BuildError(f"{model.name}: attribute {field.name!r}: {problem}")
    return made


def _result_types(
    cls: type[Op],
    model: OpModel,
    operands: Mapping[str, list[Any]],
    attributes: Mapping[str, Any],
    fields: Mapping[str, Any],
    given: Any,
    context: Any,
) -> dict[str, list[Any]]:
    if given is not None:
        return _split_results(model, _type_list(given, model))
    types: dict[str, list[Any]] = {name: [value.type for value in values] for name, values in operands.items()}
    named = {
        field.name: _type_list(fields[field.name], model)
        for field in model.results
        if fields.get(field.name) is not None
    }
    named.update(own_inference(cls, model, operands, fields, named))
    for field in model.results:
        if field.arity != "single":
            named.setdefault(field.name, [])
    inferred = infer_types(model, {**types, **named}, attributes, context)
    for field in model.results:
        if field.name in named:
            continue
        if field.name not in inferred:
            raise BuildError(
                f"{model.name}: the type of the result {field.name!r} does not follow from its operands",
                remedy=f"give {field.name}=... (a type) or result_types=[...], or define infer",
            )
        named[field.name] = list(inferred[field.name])
    return {field.name: named[field.name] for field in model.results}


def own_inference(
    cls: type[Op],
    model: OpModel,
    operands: Mapping[str, list[Any]],
    fields: Mapping[str, Any],
    named: Mapping[str, list[Any]],
) -> dict[str, list[Any]]:
    """The types of further results that ``infer`` of the class gives, by field; nothing where it has none.

    Args:
      cls: the operation.
      model: of ``cls``.
      operands: the values of every operand field.
      fields: Python values of attributes.
      named: the types of results that are known already.

    Raises:
      BuildError: ``infer`` asks for something that is no field, or gives no types.
    """
    function: Any = getattr(cls, "infer", None)
    if function is None or all(field.name in named for field in model.results):
        return {}
    arguments: dict[str, Any] = {}
    for field in model.operands:
        values = operands[field.name]
        arguments[field.name] = tuple(values) if field.arity == "variadic" else (values[0] if values else None)
    for field in model.attributes:
        value = fields.get(field.name)
        arguments[field.name] = field.default if value is None and field.has_default else value
    wanted = inspect.signature(function).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted.values()):
        unknown = [name for name in wanted if name not in arguments]
        if unknown:
            raise BuildError(f"{model.name}: infer asks for {unknown[0]!r}, which is no operand or attribute")
        arguments = {name: arguments[name] for name in wanted}
    found = function(**arguments)
    if isinstance(found, Mapping):
        made = {str(name): _type_list(kinds, model) for name, kinds in found.items()}
    else:
        made = _split_results(model, _type_list(found, model))
    return {name: kinds for name, kinds in made.items() if name not in named}


def _type_list(given: Any, model: OpModel) -> list[Any]:
    kinds = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    made = [getattr(kind, WRAPPED, kind) for kind in kinds]
    for kind in made:
        try:
            fits = isinstance(kind, ir_of(kind).Type)
        except (AttributeError, ImportError):
            fits = False
        if not fits:
            raise BuildError(f"{model.name}: {kind!r} is no type", remedy="give ir.Type objects")
    return made


def _split_results(model: OpModel, types: list[Any]) -> dict[str, list[Any]]:
    """All result types, in order, as those of each field."""
    open_ended = [field for field in model.results if field.arity != "single"]
    extra = len(types) - (len(model.results) - len(open_ended))
    wrong = (
        extra < 0 or (extra > 0 and not open_ended) or (extra > 1 and all(f.arity == "optional" for f in open_ended))
    )
    if wrong:
        raise BuildError(f"{model.name} has {len(model.results)} results, not {len(types)}")
    if len(open_ended) > 1 and extra:
        raise BuildError(
            f"{model.name}: which of its results the {len(types)} types belong to is ambiguous",
            remedy="give the types by the results' names",
        )
    split: dict[str, list[Any]] = {}
    rest = list(types)
    for field in model.results:
        count = 1 if field.arity == "single" else extra
        split[field.name], rest = rest[:count], rest[count:]
    return split


def _successors(model: OpModel, fields: Mapping[str, Any]) -> list[Any]:
    blocks: list[Any] = []
    for field in model.successors:
        value = fields.get(field.name)
        if value is None and not field.variadic:
            raise BuildError(f"{model.name}: the successor {field.name!r} is missing")
        blocks.extend(value or () if field.variadic else (value,))
    return blocks


def _region_count(field: RegionField, value: Any) -> int:
    if not field.variadic:
        return 1
    return 0 if value is None else len(value)


def _fill_regions(
    model: OpModel, operation: Any, fields: Mapping[str, Any], counts: Sequence[int], location: Any
) -> None:
    start = 0
    for field, count in zip(model.regions, counts, strict=True):
        given = fields.get(field.name)
        parts = list(given or ()) if field.variadic else [given]
        for index, part in enumerate(parts):
            _fill_region(model, field, operation.regions[start + index], part, operation, location)
        start += count


def _fill_region(model: OpModel, field: RegionField, target: Any, given: Any, operation: Any, location: Any) -> None:
    module: Any = ir_of(operation.context)
    if isinstance(given, module.Region):
        for block in list(given.blocks):
            block.append_to(target)
        return
    if given is None and not field.blocks and field.arguments is None:
        return
    types = _argument_types(model, field, operation) if given is None or callable(given) else _type_list(given, model)
    block = module.Block.create_at_start(target, types, [location] * len(types))
    if callable(given):
        with module.InsertionPoint(block):
            given(*block.arguments)


def _argument_types(model: OpModel, field: RegionField, operation: Any) -> list[Any]:
    scope = Scope()
    for rows, values in ((model.operands, operation.operands), (model.results, operation.results)):
        # Bindings of variables: from single fields before the first group, whose places are fixed.
        for row, value in zip(itertools.takewhile(lambda row: row.arity == "single", rows), values, strict=False):
            row.constraint.check(bare(value.type), scope)
    types: list[Any] = []
    for index, constraint in enumerate(field.arguments or ()):
        kind = constraint.infer(scope, operation.context)
        if kind is None:
            raise BuildError(
                f"{model.name}: the type of argument {index} of the region {field.name!r} does not follow",
                remedy=f"give {field.name}=[types of the entry block's arguments]",
            )
        types.append(kind)
    return types


def _segments(context: Any, sizes: list[int]) -> Any:
    return ir_of(context).DenseI32ArrayAttr.get(sizes, context=context)


def _location(context: Any) -> Any:
    try:
        current = ir_of(context).Location.current
    except ValueError:
        current = None
    return caller_location(context) if current is None or current.context != context else current


def _insertion_point(at: Any, context: Any) -> Any:
    module: Any = ir_of(context)
    if at is None or isinstance(at, module.InsertionPoint):
        return at
    if isinstance(at, module.Block):
        return module.InsertionPoint(at)
    operation = getattr(at, "operation", None)
    if operation is None:
        raise BuildError(f"at={at!r} is no place", remedy="an ir.InsertionPoint, a block or an operation")
    return module.InsertionPoint(operation)
