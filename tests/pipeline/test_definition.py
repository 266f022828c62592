"""Pipelines as definitions: what is added where, what is refused, what changes a fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

import ireekit
import mypipeline
from ireekit import NativePasses, Pass, Pipeline
from ireekit.bindings import PHASES
from ireekit.errors import PipelineError
from ireekit.pipeline import PipelineDefinition, find_pipeline, installed_pipelines, load_pipeline


@dataclass(frozen=True)
class Nothing(Pass):
    name: ClassVar[str] = "nothing"
    size: int = 1

    def run(self, op) -> None:
        """Nothing to do."""


TIDY = NativePasses("tidy", "cse")


def test_steps_are_kept_in_order_and_at_gives_the_pipeline() -> None:
    pipeline = Pipeline("p")
    assert pipeline.at("flow", Nothing(), TIDY).at("start", Nothing(2)) is pipeline
    assert list(map(str, pipeline.steps)) == ["flow: nothing", "flow: tidy", "start: nothing{size=2}"]
    assert repr(pipeline) == "<Pipeline p: 3 steps>"


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_is_a_place(phase: str) -> None:
    assert Pipeline("p").at(phase, TIDY).steps[0].phase == phase


@pytest.mark.parametrize(
    ("phase", "remedy"),
    [("strat", "did you mean 'start'?"), ("preprocess", "did you mean 'preprocessing'?"), ("zzz", ", ".join(PHASES))],
)
def test_an_unknown_phase(phase: str, remedy: str) -> None:
    with pytest.raises(PipelineError) as caught:
        Pipeline("p").at(phase, TIDY)
    assert caught.value.cause == f"there is no phase {phase!r}"
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "action", [5, None, "canonicalize", Nothing, lambda op: op], ids=["number", "none", "text", "class", "function"]
)
def test_what_is_no_pass(action) -> None:
    pipeline = Pipeline("p")
    with pytest.raises(PipelineError, match="is no pass") as caught:
        pipeline.at("start", TIDY, action)
    assert "ireekit.Pass" in caught.value.remedy
    assert pipeline.steps == ()


@pytest.mark.parametrize("targets", ["cpuu", ["cpu", "gpu"], ["cpu:host"], [5]], ids=str)
def test_an_unknown_target_family(targets) -> None:
    with pytest.raises(PipelineError, match="there is no target family") as caught:
        Pipeline("p").at("start", TIDY, targets=targets)
    assert "cpu, vulkan" in caught.value.remedy


@pytest.mark.parametrize(
    ("targets", "families", "runs"),
    [
        (None, {"cpu"}, True),
        ("cpu", {"cpu"}, True),
        (("cpu", "cuda"), {"cpu"}, True),
        (iter(["cpu", "cuda"]), {"cpu", "cuda"}, True),
        (["cpu"], {"cpu", "cuda"}, False),
        (["cuda"], {"cpu"}, False),
        ([], {"cpu"}, False),
    ],
)
def test_steps_for_target_families(targets, families: set[str], runs: bool) -> None:
    pipeline = Pipeline("p").at("start", TIDY, targets=targets)
    assert len(pipeline.steps_for(families)) == runs


def test_fingerprints_change_with_what_shapes_a_program() -> None:
    pipelines = [
        Pipeline("p"),
        Pipeline("q"),
        Pipeline("p", flags=["--a"]),
        Pipeline("p").at("start", TIDY),
        Pipeline("p").at("input", TIDY),
        Pipeline("p").at("start", NativePasses("tidy", "canonicalize")),
        Pipeline("p").at("start", NativePasses("other", "cse")),
        Pipeline("p").at("start", TIDY, TIDY),
        Pipeline("p").at("start", Nothing()),
        Pipeline("p").at("start", Nothing(2)),
    ]
    assert len({pipeline.fingerprint({"cpu"}) for pipeline in pipelines}) == len(pipelines)


def test_fingerprints_are_per_target_family() -> None:
    pipeline = Pipeline("p").at("start", TIDY, targets=["cuda"])
    assert pipeline.fingerprint({"cpu"}) == Pipeline("p").fingerprint({"cpu"})
    assert pipeline.fingerprint({"cuda"}) != Pipeline("p").fingerprint({"cuda"})


def test_the_pipeline_that_ships_is_installed() -> None:
    assert "mypipeline" in [each.name for each in installed_pipelines()]
    assert find_pipeline("mypipeline").reference == "mypipeline:pipeline"
    found = load_pipeline("mypipeline")
    assert found is mypipeline.pipeline
    assert isinstance(found, PipelineDefinition)
    assert isinstance(found, ireekit.Pipeline)


def test_an_unknown_pipeline_gets_a_suggestion() -> None:
    with pytest.raises(PipelineError) as caught:
        load_pipeline("mypipelin")
    assert "did you mean 'mypipeline'" in caught.value.remedy
