"""Small modules, and passes of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from iree.compiler import ir

from ireekit.passes import Pass, Statistic

FUNCTION = """func.func @f{0}(%a: i32) -> i32 {{
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %a, %a : i32
  %2 = arith.muli %0, %1 : i32
  return %2 : i32
}}
"""


@pytest.fixture
def context() -> ir.Context:
    made = ir.Context()
    made.allow_unregistered_dialects = True
    return made


@pytest.fixture
def functions(context: ir.Context) -> Callable[[int], ir.Module]:
    """``functions(n)`` is a module of ``n`` functions, each with one addition too many for CSE."""

    def make(count: int) -> ir.Module:
        return ir.Module.parse("".join(FUNCTION.format(index) for index in range(count)), context)

    return make


class Mark(Pass):
    """Puts an attribute on functions."""

    name = "test-mark"
    anchor = "func.func"
    marked = Statistic("functions marked")
    label: str = "marked"
    at_most: int = 1000

    def run(self, op: Any) -> None:
        if self.marked.value >= self.at_most:
            return
        self.marked.increment()
        with op.context:
            op.attributes["test.label"] = ir.StringAttr.get(self.label)


class Fail(Pass):
    """Raises at the function it is told to."""

    name = "test-fail"
    anchor = "func.func"
    at: str = "f0"

    def run(self, op: Any) -> None:
        if op.attributes["sym_name"].value == self.at:
            raise ValueError("not this one")


class OnModule(Pass):
    """Does nothing to a module."""

    name = "test-on-module"

    def run(self, op: Any) -> None:
        assert op.name == "builtin.module"


class Call(Pass):
    """Runs a function on what it is given."""

    name = "test-call"
    anchor = "any"
    function: Callable[[Any], None]

    def run(self, op: Any) -> None:
        self.function(op)


PASSES = (Mark, Fail, OnModule)


@pytest.fixture
def passes() -> tuple[type[Pass], ...]:
    return PASSES


@pytest.fixture
def kinds() -> Any:
    """The pass classes by attribute."""

    class Kinds:
        mark, fail, on_module, call = Mark, Fail, OnModule, Call

    return Kinds
