"""Pipelines with steps around passes of the compiler, for the tests beside this folder."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from ireekit import NativePasses, Pass, Pipeline, find, walk
from ireekit.dialect import Dialect, Op, Operand, Result, attribute, operand, result
from ireekit.dialect.constraints import F32, I64, Tensor, Var
from ireekit.dialect.traits import Pure

if TYPE_CHECKING:
    from iree.compiler import ir


class Note(Pass):
    """Says what it is given."""

    name: ClassVar[str] = "lit-note"
    anchor: ClassVar[str] = "any"
    text: str = ""

    def run(self, op: ir.Operation) -> None:
        print(f"{self.text}: {op.name}", file=sys.stderr)


class TanhToExp(Pass):
    """Another function, so that the result tells whether it ran."""

    name: ClassVar[str] = "lit-tanh-to-exp"
    anchor: ClassVar[str] = "util.func"

    def run(self, op: ir.Operation) -> None:
        from iree.compiler import ir

        for each in find(op, "math.tanh"):
            with each.location, ir.InsertionPoint(each):
                made = ir.Operation.create("math.exp", [each.result.type], [each.operands[0]])
            each.result.replace_all_uses_with(made.result)
            each.erase()


class Retile(Pass):
    """Tiles of workgroups, set after the compiler chose its own."""

    name: ClassVar[str] = "lit-retile"
    anchor: ClassVar[str] = "func.func"
    rows: int = 8
    columns: int = 8

    def run(self, op: ir.Operation) -> None:
        from iree.compiler import ir

        for each in walk(op):
            text = str(each.attributes["lowering_config"]) if "lowering_config" in each.attributes else ""
            # Only of operations with three loops: the compiler reads beyond the end of tiles that do not fit.
            if re.search(r"distribution = \[\d+, \d+, \d+\]", text) is None:
                continue
            text = re.sub(r"distribution = \[[^]]*\]", f"distribution = [{self.rows}, {self.columns}, 0]", text)
            each.attributes["lowering_config"] = ir.Attribute.parse(text, op.context)


class Break(Pass):
    """Leaves a function without an end."""

    name: ClassVar[str] = "lit-break"
    anchor: ClassVar[str] = "func.func"

    def run(self, op: ir.Operation) -> None:
        list(op.regions[0].blocks[0].operations)[-1].operation.erase()


class Raise(Pass):
    """Gives up."""

    name: ClassVar[str] = "lit-raise"
    anchor: ClassVar[str] = "any"

    def run(self, op: ir.Operation) -> None:
        raise ValueError("not like this")


class Twice(Op):
    """A tensor, some times."""

    name = "litp.times"
    value: Operand = operand(Tensor(element=F32) & Var("T"))
    count: int = attribute(I64)
    out: Result = result(Var("T"))
    traits = (Pure,)
    assembly_format = "$value `times` $count attr-dict `:` type($value)"

    def verify(self) -> None:
        if self.count < 0:
            self.error(f"counts to {self.count}")


class LowerTimes(Pass):
    """``litp.times`` as additions."""

    name: ClassVar[str] = "litp-lower"
    anchor: ClassVar[str] = "any"

    def run(self, op: ir.Operation) -> None:
        from iree.compiler import ir

        for each in find(op, "litp.times"):
            value: Any = each.operands[0]
            total = value
            with each.location, ir.InsertionPoint(each):
                for _ in range(ir.IntegerAttr(each.attributes["count"]).value - 1):
                    total = ir.Operation.create("arith.addf", [value.type], [total, value]).result
            each.result.replace_all_uses_with(total)
            each.erase()


FORM = "iree-dispatch-creation-form-dispatch-regions"
STRATEGY = "iree-llvmcpu-select-lowering-strategy"
LITP = Dialect("litp", ops=(Twice,))

notes = Pipeline("notes").before(FORM, Note("before"), Note("too")).after(FORM, Note("after"))
exp = Pipeline("exp").before(FORM, TanhToExp())
tiles = Pipeline("tiles").after(STRATEGY, Retile(4, 8))
tidy = Pipeline("tidy").before("iree-abi-wrap-entry-points", NativePasses("tidy", "util.func(cse)"))
breaks = Pipeline("breaks").after(STRATEGY, Break())
raises = Pipeline("raises").before(FORM, Raise())
misspelt = Pipeline("misspelt").before("iree-dispatch-creation-form-dispach-regions", Note())
idle = Pipeline("idle").before("iree-llvmgpu-select-lowering-strategy", Note())
anchors = Pipeline("anchors").after(FORM, Break(), targets=["cuda"]).before(FORM, Retile())
times = Pipeline("times", dialects=[LITP]).at("abi", LowerTimes())
leaves = Pipeline("leaves", dialects=[LITP])
late = Pipeline("late", dialects=[LITP]).before("convert-elementwise-to-linalg", LowerTimes())
