"""Input types and options of a pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from ireekit.errors import PipelineError
from ireekit.passes import NativePasses, Pass
from ireekit.passes.options import option
from ireekit.pipeline import PipelineDefinition


class Fuse(Pass):
    """Does nothing."""

    name = "acme-fuse"
    max_ops: int = option(4, "operations in a group at most", minimum=1)
    eager: bool = False

    def run(self, op: Any) -> None:
        return


def _pipeline() -> PipelineDefinition:
    return PipelineDefinition("acme-x").at("abi", Fuse(max_ops=8)).option("max-ops", Fuse).option("now", Fuse, "eager")


def test_an_option_is_that_of_its_passes() -> None:
    pipeline = _pipeline()
    assert [each.default([step.action for step in pipeline.steps]) for each in pipeline.options] == ["8", "false"]
    configured = pipeline.configured({"max-ops": "2", "now": "true"})
    assert configured.steps[0].action == Fuse(max_ops=2, eager=True)
    assert pipeline.steps[0].action == Fuse(max_ops=8)
    assert configured.fingerprint({"cpu"}) != pipeline.fingerprint({"cpu"})
    assert pipeline.configured() is pipeline


def test_the_environment_sets_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_X_OPT_MAX_OPS", "3")
    assert _pipeline().configured().steps[0].action == Fuse(max_ops=3)
    assert _pipeline().configured({"max-ops": "5"}).steps[0].action == Fuse(max_ops=5)


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"max-ops": "0"}, "0 is below 1"), ({"max-ops": "many"}, "max-ops"), ({"max-op": "1"}, "has no option 'max-op'")],
)
def test_wrong_values_are_refused(given: dict[str, str], reason: str) -> None:
    with pytest.raises(PipelineError, match=reason):
        _pipeline().configured(given)


def test_wrong_definitions_are_refused() -> None:
    with pytest.raises(PipelineError, match="has no option 'max-opps'") as caught:
        _pipeline().option("max-opps", Fuse)
    assert caught.value.remedy == "did you mean 'max-ops'?"
    with pytest.raises(PipelineError, match="two options are called 'now'"):
        _pipeline().option("now", Fuse, "max-ops")
    with pytest.raises(PipelineError, match="no dialect tells programs of input type 'acme'"):
        _pipeline().input("acme", Fuse())
    with pytest.raises(PipelineError, match="two input types are called 'acme'"):
        _pipeline().input("acme", Fuse(), dialects=["acme"]).input("acme", dialects=["acme"])
    with pytest.raises(PipelineError, match="is no pass"):
        _pipeline().input("acme", "fuse", dialects=["acme"])  # pyright: ignore[reportArgumentType]


def test_passes_of_an_input_type_are_offered_and_count() -> None:
    plain = PipelineDefinition("acme")
    pipeline = PipelineDefinition("acme").input("acme", Fuse(), dialects=["acme"])
    assert list(pipeline.passes) == [Fuse]
    assert pipeline.fingerprint({"cpu"}) != plain.fingerprint({"cpu"})


def test_passes_are_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = _pipeline().at("abi", NativePasses("tidy", "cse")).input("acme", Fuse(), dialects=("acme",))
    left = [pipeline.without("acme-fuse"), pipeline.configured({"without": " acme-fuse,"})]
    monkeypatch.setenv("ACME_X_OPT_WITHOUT", "acme-fuse")
    left.append(pipeline.configured())
    for each in left:
        assert [step.action.name for step in each.steps] == ["tidy"]
        assert [len(kind.steps) for kind in each.inputs] == [0]
        assert each.fingerprint({"cpu"}) != pipeline.fingerprint({"cpu"})
    assert len(pipeline.steps) == 2
    assert len(pipeline.configured({"without": ""}).steps) == 2


def test_only_passes_that_are_there_can_be_left_out() -> None:
    with pytest.raises(PipelineError, match="has no pass 'acme-fus'") as caught:
        _pipeline().without("acme-fus")
    assert caught.value.remedy == "did you mean 'acme-fuse'?"
    with pytest.raises(PipelineError, match="every pipeline has an option 'without'"):
        _pipeline().option("without", Fuse, "max-ops")
