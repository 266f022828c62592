"""What mypipeline's passes say they act on: where there is none of it, they would not have changed anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from iree.compiler import ir

from ireekit.bindings import CompilerSession
from ireekit.passes import Pass, walk
from ireekit.passes.conditions import has_work
from ireekit.passes.runner import Runner
from ireekit.passes.stages import PythonStage
from mypipeline.definition import pipeline

CASES = sorted(Path(__file__).parents[1].glob("lit/**/*.mlir"))
PASSES = {step.action.name: step.action for step in pipeline.steps if isinstance(step.action, Pass)}


@pytest.fixture(scope="module")
def modules() -> list[ir.Operation]:
    """Every module of the FileCheck tests that is nothing but the compiler's own operations."""
    context: Any = CompilerSession().context
    found: list[ir.Operation] = []
    for file in CASES:
        for text in file.read_text().split("// -----"):
            try:
                found.append(ir.Module.parse(text, context).operation)
            except ir.MLIRError:  # of a dialect of its own, or wrong on purpose
                continue
    return found


def test_every_pass_says_what_it_acts_on() -> None:
    """One that does not has the pipeline imported for every program, numpy and all."""
    assert [step.action.name for step in pipeline.steps if getattr(step.action, "acts_on", None) is None] == []


@pytest.mark.parametrize("name", PASSES)
def test_names_are_those_of_operations(name: str, modules: list[ir.Operation]) -> None:
    """A name that is wrong is never found."""
    context: Any = modules[0].context
    words = [word.partition("{")[0] for word in PASSES[name].acts_on or ()]
    context.load_all_available_dialects()
    assert [word for word in words if "*" not in word and not context.is_registered_operation(word)] == []


@pytest.mark.parametrize("name", PASSES)
def test_without_it_nothing_changes(name: str, modules: list[ir.Operation], monkeypatch: pytest.MonkeyPatch) -> None:
    step, tried = PASSES[name], 0
    idle = [
        module
        for module in modules
        if any(each.name == step.anchor for each in walk(module)) and not has_work(step, module)
    ]
    monkeypatch.setattr("ireekit.passes.runner.has_work", _always)
    for module in idle:
        before = str(module)
        Runner(module).run(f"builtin.module({step})", (PythonStage((), step),))
        assert str(module) == before
        tried += 1
    assert tried > 2


def _always(_step: Pass, _op: Any) -> bool:
    return True
