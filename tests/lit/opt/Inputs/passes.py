"""Passes that the tests of the driver run."""

import os
from enum import Enum
from typing import Literal

from iree.compiler import ir

from ireekit.passes import NativePasses, Pass, Statistic, find, option
from ireekit.pipeline import PipelineDefinition


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Show(Pass):
    """Put the options into an attribute, as text."""

    name = "test-show"
    anchor = "func.func"
    count: int = 4
    scale: float = 1.5
    label: str = "none"
    fast: bool = False
    level: Level = Level.LOW
    kind: Literal["row", "column"] = "row"
    sizes: tuple[int, ...] = ()
    limit: int | None = None
    minimum: int = option(2, "never less than 1", minimum=1)

    def run(self, op: ir.Operation) -> None:
        with op.context:
            op.attributes["options"] = ir.StringAttr.get(str(self))


class Count(Pass):
    """Count operations."""

    name = "test-count"
    anchor = "func.func"
    functions = Statistic("functions seen")
    adds = Statistic("additions seen")

    def run(self, op: ir.Operation) -> None:
        self.functions.increment()
        self.adds.increment(len(find(op, "arith.addi")))


class Mark(Pass):
    """Set a unit attribute on the module."""

    name = "test-mark"
    label: str = "marked"

    def run(self, op: ir.Operation) -> None:
        with op.context:
            op.attributes[f"test.{self.label}"] = ir.UnitAttr.get()


class MarkAny(Pass):
    """Set a unit attribute on whatever it runs on."""

    name = "test-mark-any"
    anchor = "any"

    def run(self, op: ir.Operation) -> None:
        with op.context:
            op.attributes["test.any"] = ir.UnitAttr.get()


class Raise(Pass):
    """Raise what Python raises."""

    name = "test-raise"
    anchor = "func.func"
    kind: Literal["value", "key", "exit", "recursion", "memory"] = "value"

    def run(self, op: ir.Operation) -> None:
        if self.kind == "value":
            raise ValueError("the value is wrong\nand more than one line is said of it")
        if self.kind == "key":
            {}["missing"]
        if self.kind == "exit":
            raise SystemExit(0)
        if self.kind == "memory":
            raise MemoryError
        self.run(op)


class Die(Pass):
    """End the process, as a crash does."""

    name = "test-die"
    anchor = "func.func"

    def run(self, op: ir.Operation) -> None:
        os._exit(7)


class Say(Pass):
    """Emit an error without failing."""

    name = "test-say"
    anchor = "func.func"

    def run(self, op: ir.Operation) -> None:
        for add in find(op, "arith.addi"):
            add.location.emit_error("an addition")


class Break(Pass):
    """Leave invalid IR behind."""

    name = "test-break"
    anchor = "func.func"

    def run(self, op: ir.Operation) -> None:
        del op.attributes["function_type"]


class Erase(Pass):
    """Erase functions that are called by nobody."""

    name = "test-erase"
    anchor = "func.func"

    def run(self, op: ir.Operation) -> None:
        op.erase()


TIDY = NativePasses("tidy", "builtin.module(func.func(canonicalize,cse))")

pipeline = PipelineDefinition("test-pipeline")
pipeline.at("start", Mark(label="start"), TIDY).at("abi", Mark(label="abi"))
pipeline.at("abi", Mark(label="cpu"), targets=("cpu",)).at("abi", Mark(label="gpu"), targets=("vulkan", "cuda"))
