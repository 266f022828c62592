"""Pipelines that the tests run inside of the stock tools."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ireekit import Pass, Pipeline
from ireekit.bindings import PHASES
from ireekit.dialect import Dialect, Op, Operand, Result, operand, result
from ireekit.dialect.constraints import AnyFloat, Tensor, Var
from ireekit.passes.options import option
from ireekit.passes.rewrite import apply_walk, pattern


class Twice(Op):
    """The sum of a tensor with itself."""

    name = "acme.twice"
    x: Operand = operand(Tensor(Var("T", AnyFloat)))
    out: Result = result(Tensor(Var("T")))


acme_dialect = Dialect("acme", ops=(Twice,))


@pattern(Twice)
def lower_twice(op: Twice, rewriter: Any) -> None:
    rewriter.replace(op, rewriter.create("arith.addf", operands=[op.x, op.x], results=[op.x.type]))


class LowerTwice(Pass):
    """Lower ``acme.twice`` to an addition."""

    name = "acme-lower"

    def run(self, op: Any) -> None:
        apply_walk(op, [lower_twice])


class Say(Pass):
    """Write a text and the operation's name to standard error."""

    name = "acme-say"
    text: str = "hello"
    times: int = option(1, "how often", minimum=0)

    def run(self, op: Any) -> None:
        for _ in range(self.times):
            os.write(2, f"[{self.text}] {op.name}\n".encode())


class SayFunction(Say):
    """The same for functions."""

    name = "acme-say-function"
    anchor = "func.func"


class Dump(Pass):
    """Write the program to a file of a folder that the environment names."""

    name = "acme-dump"
    to: str = ""

    def run(self, op: Any) -> None:
        folder = Path(os.environ["ACME_DUMP"])
        text = op.get_asm(enable_debug_info=False, large_elements_limit=64, print_generic_op_form=True)
        (folder / f"{self.to}.mlir").write_text(text)


class Fail(Pass):
    """Fail in the way that the environment names."""

    name = "acme-fail"

    def run(self, op: Any) -> None:
        ways = {"raise": self._raise, "exit": self._exit, "interrupt": self._interrupt}
        ways.get(os.environ.get("ACME_FAIL", ""), self._succeed)()

    def _raise(self) -> None:
        raise ValueError("deliberate")

    def _exit(self) -> None:
        raise SystemExit(7)

    def _interrupt(self) -> None:
        raise KeyboardInterrupt

    def _succeed(self) -> None:
        return


class SayAny(Say):
    """The same for operations of every kind."""

    name = "acme-say-any"
    anchor = "any"


class FailAny(Fail):
    """Fail on operations of every kind."""

    name = "acme-fail-any"
    anchor = "any"


class MultiplyInstead(Pass):
    """Turn additions into multiplications."""

    name = "acme-multiply-instead"
    anchor = "util.func"

    def run(self, op: Any) -> None:
        apply_walk(op, [multiply_instead])


@pattern("arith.addf")
def multiply_instead(op: Any, rewriter: Any) -> None:
    rewriter.replace(op, rewriter.create("arith.mulf", operands=list(op.operands), results=[op.result.type]))


def _everywhere(name: str) -> Pipeline:
    pipeline = Pipeline(name)
    for phase in PHASES:
        pipeline.at(phase, Dump(to=phase))
    return pipeline


def _phases() -> Iterator[str]:
    yield from os.environ.get("ACME_PHASES", "start").split(",")


dumping = _everywhere("dumping")
saying = Pipeline("saying")
for _phase in _phases():
    saying.at(_phase, Say(text=_phase))
failing = Pipeline("failing").at(os.environ.get("ACME_FAIL_AT", "abi"), Fail())
acme = (
    Pipeline("acme", dialects=[acme_dialect], passes=[Say, SayFunction])
    .input("acme", LowerTwice())
    .at("preprocessing", Say(text="default"))
    .option("say", Say, "text")
    .option("times", Say)
)
multiplying = Pipeline("multiplying").before("iree-dispatch-creation-form-dispatch-regions", MultiplyInstead())
hooking = Pipeline("hooking")
for _name in os.environ.get("ACME_AROUND", "").split(","):
    if _name:
        hooking.before(_name, SayAny(text=f"before {_name}")).after(_name, SayAny(text=f"after {_name}"))
for _name in os.environ.get("ACME_FAIL_BEFORE", "").split(","):
    if _name:
        hooking.before(_name, FailAny())
only_vulkan = Pipeline("only-vulkan").at("abi", Say(text="vulkan"), targets="vulkan").at("abi", Say(text="all"))
