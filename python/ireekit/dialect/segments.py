"""Which values of an operation belong to which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ireekit.dialect.model import OPERAND_SEGMENTS, RESULT_SEGMENTS, OpModel, ValueField


class SegmentError(Exception):
    """The values of an operation do not fit its fields; the text says why."""


class _Group(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def variadic(self) -> bool: ...


def operand_slices(model: OpModel, operation: Any) -> Mapping[str, slice]:
    """The operands of each field.

    Raises:
      SegmentError: they do not fit.
    """
    total = len(operation.operands)
    if model.fixed_operands is not None and total == len(model.operands):
        return model.fixed_operands
    return _value_slices(model.operands, total, operation, OPERAND_SEGMENTS, "operand")


def result_slices(model: OpModel, operation: Any) -> Mapping[str, slice]:
    """The results of each field.

    Raises:
      SegmentError: they do not fit.
    """
    total = len(operation.results)
    if model.fixed_results is not None and total == len(model.results):
        return model.fixed_results
    return _value_slices(model.results, total, operation, RESULT_SEGMENTS, "result")


def group_slices(fields: Sequence[_Group], total: int, noun: str) -> dict[str, slice]:
    """The regions or successors of each field; only the last field may take several.

    Raises:
      SegmentError: they do not fit.
    """
    variadic = bool(fields) and fields[-1].variadic
    least = len(fields) - variadic
    if total < least or (total > least and not variadic):
        raise SegmentError(f"expected {'at least ' if variadic else ''}{_plural(least, noun)}, found {total}")
    slices = {field.name: slice(index, index + 1) for index, field in enumerate(fields)}
    if variadic:
        slices[fields[-1].name] = slice(least, total)
    return slices


def _value_slices(
    fields: Sequence[ValueField], total: int, operation: Any, attribute: str, noun: str
) -> dict[str, slice]:
    open_ended = [field for field in fields if field.arity != "single"]
    if len(open_ended) > 1:
        sizes = _declared(fields, operation, attribute)
    else:
        sizes = [1] * len(fields)
        if open_ended:
            position = fields.index(open_ended[0])
            sizes[position] = total - len(fields) + 1
    least = len(fields) - len(open_ended)
    if total < least or (not open_ended and total != least):
        raise SegmentError(f"expected {'at least ' if open_ended else ''}{_plural(least, noun)}, found {total}")
    for field, size in zip(fields, sizes, strict=True):
        most = {"single": 1, "optional": 1, "variadic": size}[field.arity]
        if size < (field.arity == "single") or size < 0 or size > most:
            raise SegmentError(f"{noun} {field.name!r} is {field.arity} but has {size} values")
    if sum(sizes) != total:
        raise SegmentError(f"{attribute!r} counts {_plural(sum(sizes), noun)}, there are {total}")
    slices: dict[str, slice] = {}
    start = 0
    for field, size in zip(fields, sizes, strict=True):
        slices[field.name] = slice(start, start + size)
        start += size
    return slices


def _declared(fields: Sequence[ValueField], operation: Any, attribute: str) -> list[int]:
    if attribute not in operation.attributes:
        raise SegmentError(f"the attribute {attribute!r} is missing")
    value = operation.attributes[attribute]
    if type(value).__name__ != "DenseI32ArrayAttr":
        raise SegmentError(f"the attribute {attribute!r} is no array<i32: ...> but {str(value)[:80]}")
    sizes = list(value)
    if len(sizes) != len(fields):
        raise SegmentError(
            f"the attribute {attribute!r} needs {len(fields)} elements, one a field, and has {len(sizes)}"
        )
    return sizes


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
