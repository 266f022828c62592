"""Expressions over shapes: parsed by ``ast``, evaluated by a small table, never by ``eval``."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ireekit.dialect.errors import DefinitionError


class _Unknown:
    def __repr__(self) -> str:
        return "?"


UNKNOWN: Any = _Unknown()
"""What depends on a dynamic extent or on something absent."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS = ("rank", "elements", "len", "min", "max")
_MAX_LENGTH = 1000


class _EvaluationError(Exception):
    """The expression makes no sense for the shapes at hand, e.g. an extent that is not there."""


class ShapeText:
    """A parsed expression.

    Attributes:
      names: the fields it speaks of, in order.

    Raises:
      DefinitionError: not an expression of the allowed kind.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _MAX_LENGTH:
            raise DefinitionError(f"ShapeRelation of {len(text)} characters: at most {_MAX_LENGTH}")
        try:
            self._tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise DefinitionError(f"ShapeRelation {text!r}: {getattr(error, 'msg', error)}") from error
        self.names = tuple(dict.fromkeys(_names(self._tree)))
        _check(self._tree, text)
        if not self.names:
            raise DefinitionError(f"ShapeRelation {text!r} speaks of no field")

    def evaluate(self, shapes: Mapping[str, Any], attributes: Mapping[str, Any]) -> Any:
        """True, false, ``UNKNOWN``, or a text: why it makes no sense.

        Args:
          shapes: for each value field its shape, a tuple of extents (``None``: dynamic) or ``UNKNOWN``; for a variadic
            one a list of them.
          attributes: Python values.
        """
        try:
            return _Evaluation(shapes, attributes).value(self._tree)
        except _EvaluationError as error:
            return str(error)


class _Evaluation:
    def __init__(self, shapes: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        self.shapes = shapes
        self.attributes = attributes

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.BoolOp(op=op, values=values):
                return _logic(isinstance(op, ast.And), (self.value(part) for part in values))
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.value(operand)
                if inner is UNKNOWN:
                    return UNKNOWN
                return (not inner) if isinstance(op, ast.Not) else -_number(inner)
            case ast.BinOp(left=left, op=op, right=right):
                return _arithmetic(op, self.value(left), self.value(right))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self._comparison([left, *comparators], ops)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, [self.value(argument) for argument in arguments])
            case ast.Subscript(value=value, slice=index):
                return _element(self.value(value), self.value(index), ast.unparse(node))
            case ast.Name(id=name):
                return self._field(name)
            case _:
                raise _EvaluationError(f"{ast.unparse(node)} cannot be evaluated")

    def _field(self, name: str) -> Any:
        if name in self.shapes:
            return self.shapes[name]
        value = self.attributes.get(name, UNKNOWN)
        return UNKNOWN if value is None else value

    def _comparison(self, operands: list[ast.expr], ops: list[ast.cmpop]) -> Any:
        values = [self.value(operand) for operand in operands]
        outcomes: list[Any] = []
        for left, op, right in zip(values, ops, values[1:], strict=False):
            outcomes.append(_compare(op, left, right))
        return _logic(True, outcomes)

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if any(argument is UNKNOWN for argument in arguments):
            return UNKNOWN
        if name in {"min", "max"}:
            return {"min": min, "max": max}[name](_number(argument) for argument in arguments)
        (argument,) = arguments
        if name == "len":
            return len(argument) if isinstance(argument, Sequence) else UNKNOWN
        shape: Any = argument
        if not isinstance(shape, tuple):
            raise _EvaluationError(f"{name}() of what has no shape")
        if name == "rank":
            return len(shape)
        return UNKNOWN if None in shape else math.prod(shape)


def _compare(op: ast.cmpop, left: Any, right: Any) -> Any:
    if left is UNKNOWN or right is UNKNOWN or _dynamic(left) or _dynamic(right):
        return UNKNOWN
    try:
        return _COMPARE[type(op)](left, right)
    except TypeError as error:
        raise _EvaluationError(f"{left!r} and {right!r} cannot be compared") from error


def _dynamic(value: Any) -> bool:
    return isinstance(value, tuple) and None in value


def _element(value: Any, index: Any, text: str) -> Any:
    if value is UNKNOWN or index is UNKNOWN:
        return UNKNOWN
    position = _number(index)
    if not isinstance(value, Sequence):
        raise _EvaluationError(f"{text}: a number has no elements")
    if not -len(value) <= position < len(value):
        raise _EvaluationError(f"{text} is not there: only {len(value)}")
    found: Any = value[position]
    return UNKNOWN if found is None else found


def _number(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    raise _EvaluationError(f"expected a number, found {value!r}")


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    divisor = _number(right)
    if isinstance(op, (ast.FloorDiv, ast.Mod)) and divisor == 0:
        raise _EvaluationError("division by zero")
    return _BINARY[type(op)](_number(left), divisor)


def _logic(conjunction: bool, values: Iterable[Any]) -> Any:
    """``and``/``or`` of three values, from left to right and no further than needed."""
    unknown = False
    for value in values:
        if value is UNKNOWN:
            unknown = True
        elif bool(value) != conjunction:
            return not conjunction
    return UNKNOWN if unknown else conjunction


def _names(tree: ast.expr) -> list[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]


def _check(tree: ast.expr, text: str) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=value) if isinstance(value, int):
                allowed = True
            case ast.BinOp(op=op):
                allowed = type(op) in _BINARY
            case ast.Compare(ops=ops):
                allowed = all(type(op) in _COMPARE for op in ops)
            case ast.UnaryOp(op=op):
                allowed = isinstance(op, (ast.Not, ast.USub))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                allowed = len(arguments) >= 1 if name in {"min", "max"} else len(arguments) == 1
            case ast.BoolOp() | ast.Subscript() | ast.Name() | ast.operator() | ast.cmpop() | ast.unaryop():
                allowed = True
            case ast.boolop() | ast.expr_context():
                allowed = True
            case _:
                allowed = False
        if not allowed:
            raise DefinitionError(
                f"ShapeRelation {text!r}: {ast.unparse(node) or type(node).__name__!r} is not allowed",
                remedy="integers, + - * // %, comparisons, and, or, not, x[i], rank(x), elements(x), len(x), min, max",
            )
