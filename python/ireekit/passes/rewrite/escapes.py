"""Python inside declarative rules: tests, computed attributes and types, and replacements built by a function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

from ireekit.errors import PassError
from ireekit.passes.rewrite.dag import Built, Computed, Condition, Node, Type, Values
from ireekit.passes.uses import block_of


def constraint(function: Callable[..., Any]) -> Callable[..., Condition]:
    """A Python test for ``where=``: true where the rule may apply. Runs only after everything else has matched.

    It is given values, attributes and types of ``iree.compiler.ir``, and operations as typed views::

        @constraint
        def is_even(axis):
            return axis.value % 2 == 0

        replace(total, fused, where=[is_even(axis)])
    """

    @functools.wraps(function)
    def made(*arguments: Node) -> Condition:
        return Condition(function, _checked(function, arguments))

    return made


def compute(kind: Literal["attribute", "type"]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A Python function whose result is an attribute or a type of something created::

    @compute("attribute")
    def total(a, b):
        return ir.IntegerAttr.get(a.type, a.value + b.value)

    op("arith.constant", value=total(a, b), results=x.type)
    """
    if kind not in ("attribute", "type"):
        raise PassError(
            f"compute({kind!r}): only an attribute or a type can be computed", remedy="use build() for values"
        )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def made(*arguments: Node) -> Any:
            computed = Computed(kind, function, _checked(function, arguments))
            return computed if kind == "attribute" else Type(f"type computed by {function.__name__}", computed=computed)

        return made

    return decorate


def build(function: Callable[..., Any]) -> Callable[..., Built]:
    """A Python function that makes the replacement: ``function(rewriter, *matched)`` returns values or an operation.

    For what declarative rules cannot create: operations with regions, or a number of them that depends on the match.
    """

    @functools.wraps(function)
    def made(*arguments: Node) -> Built:
        return Built(function, _checked(function, arguments))

    return made


@constraint
def one_use(value: Any) -> bool:
    """The value, or the only result of the operation, is used exactly once."""
    results = [value] if hasattr(value, "uses") else list(value.operation.results)
    return sum(1 for result in results for _use in result.uses) == 1


@constraint
def same_block(one: Any, other: Any) -> bool:
    """Both operations lie in one block."""
    return block_of(one) == block_of(other)


def fits(node: Node, constraint: Any) -> Condition:
    """The type of a value, or an attribute, satisfies a constraint of :mod:`ireekit.dialect`, e.g. ``Tensor(F32)``."""

    def test(given: Any) -> bool:
        return bool(constraint.accepts(given.type if node.kind == "value" else given))

    return Condition(test, _checked(test, (node,)))


def _checked(function: Callable[..., Any], arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    for index, each in enumerate(arguments):
        if not isinstance(each, Node):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PassError(f"argument {index} of {function.__name__} is {each!r}, and nothing of the rule")
        if isinstance(each, Values) or each.kind == "types":
            raise PassError(
                f"argument {index} of {function.__name__} is any number of values",
                remedy="give the operation that has them",
            )
    return arguments
