"""Pipelines and passes that fail, each in a way of its own; for every way there is a pipeline of its name."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iree.compiler import ir

from ireekit import NativePasses, Pass, Pipeline
from ireekit.bindings import PHASES
from ireekit.errors import PassError


def _raises(op: ir.Operation) -> None:
    raise ValueError("no luck today")


def _raises_nothing_said(op: ir.Operation) -> None:
    raise RuntimeError


def _cannot_be_told(op: ir.Operation) -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError("not even this")

    raise Silent


def _raises_pass_error(op: ir.Operation) -> None:
    raise PassError("cannot tile by 7", op="func.func", remedy="tile by 8")


def _exits(op: ir.Operation) -> None:
    sys.exit(0)


def _interrupts(op: ir.Operation) -> None:
    raise KeyboardInterrupt


def _recurses(op: ir.Operation) -> None:
    _recurses(op)


def _corrupts(op: ir.Operation) -> None:
    function = next(each for each in op.regions[0].blocks[0].operations if "func" in each.operation.name)
    list(function.regions[0].blocks[0].operations)[-1].operation.erase()


def _leaves_unknown(op: ir.Operation) -> None:
    """An operation that the compiler does not know."""
    op.context.allow_unregistered_dialects = True
    with op.context, op.location, ir.InsertionPoint(op.regions[0].blocks[0]):
        ir.Operation.create("nobody.knows_it")


def _says_an_error(op: ir.Operation) -> None:
    op.location.emit_error("said, but not raised")


def _lends_out(op: ir.Operation) -> None:
    """Keeps what it was lent, and looks at it once more when it is gone."""
    _kept.extend((op, *op.regions[0].blocks[0].operations))


_kept: list[object] = []


def _sleeps(op: ir.Operation) -> None:
    _tell()
    while True:
        time.sleep(0.02)


def _spins(op: ir.Operation) -> None:
    _tell()
    while True:
        pass


def _tell() -> None:
    Path(os.environ["FAULTY_STARTED"]).touch()


FAULTS: dict[str, Callable[[ir.Operation], None]] = {
    "raises": _raises,
    "raises-nothing-said": _raises_nothing_said,
    "cannot-be-told": _cannot_be_told,
    "raises-pass-error": _raises_pass_error,
    "exits": _exits,
    "interrupts": _interrupts,
    "recurses": _recurses,
    "corrupts": _corrupts,
    "leaves-unknown": _leaves_unknown,
    "says-an-error": _says_an_error,
    "lends-out": _lends_out,
    "sleeps": _sleeps,
    "spins": _spins,
}


@dataclass(frozen=True)
class Fault(Pass):
    """Fail as told."""

    name = "faulty-fault"
    kind: str = "raises"

    def run(self, op: ir.Operation) -> None:
        FAULTS[self.kind](op)


AROUND = {
    "before-fusion": ("before", "iree-dispatch-creation-form-dispatch-regions"),
    "after-fusion": ("after", "iree-dispatch-creation-form-dispatch-regions"),
    "before-strategy": ("before", "iree-llvmcpu-select-lowering-strategy"),
    "after-strategy": ("after", "iree-llvmcpu-select-lowering-strategy"),
    "before-nothing": ("before", "there-is-no-such-pass"),
}


@dataclass(frozen=True)
class FaultAnywhere(Pass):
    """Fail on whatever operation."""

    name = "faulty-anywhere"
    anchor = "any"

    def run(self, op: ir.Operation) -> None:
        raise ValueError(f"no luck on {op.name}")


@dataclass(frozen=True)
class InterruptAnywhere(Pass):
    """Be interrupted on whatever operation."""

    name = "faulty-interrupt"
    anchor = "any"

    def run(self, op: ir.Operation) -> None:
        raise KeyboardInterrupt


def _pipelines() -> dict[str, Pipeline]:
    made = {kind: Pipeline(kind).at("preprocessing", Fault(kind)) for kind in FAULTS}
    for phase in PHASES:
        made[f"raises-at-{phase}"] = Pipeline(f"raises-at-{phase}").at(phase, Fault())
    for name, (where, compiler_pass) in AROUND.items():
        made[f"raises-{name}"] = getattr(Pipeline(f"raises-{name}"), where)(compiler_pass, FaultAnywhere())
    made["interrupts-before-strategy"] = Pipeline("interrupts-before-strategy").before(
        "iree-llvmcpu-select-lowering-strategy", InterruptAnywhere()
    )
    made["native"] = Pipeline("native").at("preprocessing", NativePasses("native", "there-is-no-such-pass"))
    made["flagged"] = Pipeline("flagged", flags=("--iree-there-is-no-such-flag",)).at("preprocessing", Fault())
    made["told"] = Pipeline("told").at("preprocessing", Fault()).option("kind", Fault)
    made["fine"] = Pipeline("fine").at("start", NativePasses("tidy", "canonicalize"))
    return made


PIPELINES = _pipelines()
globals().update({name.replace("-", "_"): pipeline for name, pipeline in PIPELINES.items()})

NO_PIPELINE = "not a pipeline"
