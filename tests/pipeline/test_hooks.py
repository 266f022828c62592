"""Steps before and after passes of the compiler, dialects and offered passes, as definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from ireekit import NativePasses, Pass, Pipeline
from ireekit.dialect import Dialect, Op
from ireekit.errors import PipelineError
from ireekit.pipeline import HookPoint


@dataclass(frozen=True)
class Nothing(Pass):
    name: ClassVar[str] = "nothing"
    size: int = 1

    def run(self, op) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class Other(Pass):
    name: ClassVar[str] = "other"

    def run(self, op) -> None:
        """Nothing to do."""


class Nop(Op):
    name = "hooked.nop"


TIDY = NativePasses("tidy", "cse")
HOOKED = Dialect("hooked", ops=(Nop,))


def test_steps_say_where_they_run() -> None:
    pipeline = Pipeline("p").before("inline", Nothing(), TIDY).at("flow", TIDY).after("cse", Nothing(2))
    assert list(map(str, pipeline.steps)) == [
        "before inline: nothing",
        "before inline: tidy",
        "flow: tidy",
        "after cse: nothing{size=2}",
    ]
    assert [step.phase for step in pipeline.steps] == [None, None, "flow", None]
    assert [step.point for step in pipeline.steps][:3:2] == [HookPoint("before", "inline"), HookPoint("at", "flow")]


def test_before_and_after_give_the_pipeline() -> None:
    pipeline = Pipeline("p")
    assert pipeline.before("cse", TIDY) is pipeline
    assert pipeline.after("cse", TIDY) is pipeline


@pytest.mark.parametrize("name", ["", "cse,inline", "canonicalize{max-iterations=2}", "util.func(cse)", "a b", None, 5])
@pytest.mark.parametrize("method", ["before", "after"])
def test_what_is_no_name_of_a_pass(method: str, name) -> None:
    pipeline = Pipeline("p")
    with pytest.raises(PipelineError, match="is no name of a pass") as caught:
        getattr(pipeline, method)(name, TIDY)
    assert "ireekit passes --of" in caught.value.remedy
    assert pipeline.steps == ()


@pytest.mark.parametrize("method", ["before", "after"])
def test_what_is_no_pass(method: str) -> None:
    with pytest.raises(PipelineError, match="is no pass"):
        getattr(Pipeline("p"), method)("cse", "canonicalize")


@pytest.mark.parametrize("method", ["before", "after"])
def test_target_families(method: str) -> None:
    pipeline = Pipeline("p")
    getattr(pipeline, method)("cse", TIDY, targets=["cpu"])
    assert len(pipeline.steps_for({"cpu"})) == 1
    assert pipeline.steps_for({"cuda"}) == ()
    with pytest.raises(PipelineError, match="no target family 'gpu'"):
        getattr(pipeline, method)("cse", TIDY, targets="gpu")


def test_fingerprints_change_with_hooks_and_dialects() -> None:
    pipelines = [
        Pipeline("p"),
        Pipeline("p").before("cse", TIDY),
        Pipeline("p").after("cse", TIDY),
        Pipeline("p").before("inline", TIDY),
        Pipeline("p").at("flow", TIDY),
        Pipeline("p", dialects=[HOOKED]),
        Pipeline("p", dialects=[Dialect("hooked")]),
        Pipeline("p", dialects=[Dialect("other")]),
    ]
    assert len({pipeline.fingerprint({"cpu"}) for pipeline in pipelines}) == len(pipelines)


def test_offered_passes_do_not_change_a_program() -> None:
    assert Pipeline("p", passes=[Nothing]).fingerprint({"cpu"}) == Pipeline("p").fingerprint({"cpu"})


def test_passes_of_steps_are_offered_too() -> None:
    pipeline = Pipeline("p", passes=[Other]).before("cse", Nothing(2)).at("flow", Nothing(), TIDY)
    assert list(pipeline.passes) == [Other, Nothing]
    assert pipeline.passes.find("nothing") is Nothing


def test_what_cannot_be_offered() -> None:
    with pytest.raises(PipelineError, match="is no pass class"):
        Pipeline("p", passes=[Nothing()])
    with pytest.raises(PipelineError, match="is no dialect"):
        Pipeline("p", dialects=["hooked"])
    with pytest.raises(PipelineError, match="two dialects are called 'hooked'"):
        Pipeline("p", dialects=[HOOKED, Dialect("hooked")])
