"""Where the plugin's passes go in a list of the compiler's, and what its flags say."""

from __future__ import annotations

import pytest

from ireekit.bindings import PHASES
from ireekit.errors import PipelineError
from ireekit.plugin.flags import families, values
from ireekit.plugin.placement import AFTER_PIPELINES, BEFORE_TRACES, arrange, split_items

# One item for what follows each boundary, and some between.
WHOLE = [
    "iree-auto-input-conversion",
    "iree-abi-convert-streamable-ops",
    "iree-op-pipeline-adaptor",
    "iree-hal-assign-target-devices{target-devices=local}",
    "iree-op-pipeline-adaptor",
    "iree-global-opt-erase-unused-linalg-operands",
    "iree-dispatch-creation-tensor-pad-to-tensor-insert-slice",
    "iree-verify-input-legality",
    "iree-util-verify-initialization-order",
    "iree-stream-verify-input",
    "inline",
    "iree-util-verify-initialization-order",
    "iree-util-attribute-call-graph",
    "iree-hal-assign-target-devices{target-devices=local}",
    "hal.executable(iree-hal-configure-executables{})",
    "hal.executable(iree-hal-translate-all-executables{})",
    "iree-hal-conversion",
    "inline",
    "iree-vm-conversion",
]
FOLLOWING = {
    "input": "iree-abi-convert",
    "abi": "iree-hal-assign",
    "global-optimization": "iree-dispatch-creation",
    "dispatch-creation": "iree-verify-input",
    "flow": "iree-util-verify-init",
    "stream": "iree-util-verify-init",
    "executable-sources": "hal.executable(iree-hal-conf",
    "executable-configurations": "hal.executable(iree-hal-trans",
    "executable-targets": "iree-hal-conversion",
    "hal": "inline",
}


def _placed(items: list[str], phases: list[str], last: str | None = None) -> tuple[list[str], frozenset[str]]:
    whole = [*(f"at {phase}" for phase in phases), *items]
    made = arrange(whole, {phase: index for index, phase in enumerate(phases)}, last)
    assert sorted(made.order) == list(range(len(whole)))
    return [whole[index] for index in made.order], made.phases


def _arranged(whole: list[str]) -> list[str]:
    own = {item.removeprefix("at "): index for index, item in enumerate(whole) if item.startswith("at ")}
    order = arrange(whole, own, "end").order
    assert sorted(order) == list(range(len(whole)))
    return [whole[index] for index in order]


def test_each_phase_ends_before_the_next_begins() -> None:
    phases = ["start", *FOLLOWING, "vm", "end"]
    placed, ended = _placed(WHOLE, phases)
    assert placed[0] == "at start"
    for phase, following in FOLLOWING.items():
        assert placed[placed.index(f"at {phase}") + 1].startswith(following), phase
    assert placed[-2:] == ["at vm", "at end"]
    assert [item for item in placed if not item.startswith("at ")] == WHOLE
    assert ended == frozenset(PHASES)


def test_preprocessing_ends_after_what_flags_add_to_it() -> None:
    specifications = ["iree-preprocessing-transform-interpreter{x=1}"]
    specifications += ["iree-preprocessing-apply-pdl-patterns", "canonicalize", "cse"]
    begin = WHOLE[:4]
    whole = ["at start", "at flow", *begin, "at preprocessing", "other-at-preprocessing", *specifications, *WHOLE[4:]]
    placed = _arranged(whole)
    expected = ["at start", *begin, "other-at-preprocessing", *specifications, "at preprocessing"]
    assert placed[: len(expected)] == expected


def test_what_phases_share_has_a_place_on_each_side() -> None:
    points = ["start", AFTER_PIPELINES, "global-optimization", BEFORE_TRACES]
    begin = [*(f"at {point}" for point in points), *WHOLE[:4], "at preprocessing"]
    placed = _arranged([*begin, *WHOLE[4:6], "iree-op-pipeline-adaptor", *WHOLE[6:]])
    assert placed[placed.index(f"at {AFTER_PIPELINES}") + 1] == "iree-global-opt-erase-unused-linalg-operands"
    last = placed.index(f"at {BEFORE_TRACES}")
    assert placed[last + 1 : last + 3] == ["iree-op-pipeline-adaptor", "at global-optimization"]


@pytest.mark.parametrize(
    ("size", "last"), [(1, "input"), (3, "abi"), (6, "global-optimization"), (11, "stream"), (14, "executable-sources")]
)
def test_a_pipeline_that_stops_early(size: int, last: str) -> None:
    placed, ended = _placed(WHOLE[:size], ["start", last, "vm"], last)
    assert placed[-2:] == [f"at {last}", "at vm"] or last == "abi"
    assert ended == frozenset(PHASES[: PHASES.index(last) + 1])


def test_a_pipeline_of_an_unknown_kind_is_refused() -> None:
    strange = [item for item in WHOLE if not item.startswith("iree-stream-verify-input")]
    with pytest.raises(PipelineError, match="where phase 'flow' ends"):
        _placed(strange, ["start", "flow"], "end")
    # Nothing is to be placed.
    assert _placed(strange, ["start"], "end")[0][0] == "at start"


def test_items_are_split_at_the_outermost_commas() -> None:
    text = "builtin.module(a,b{x=1,2 y={c,d}},func.func(e,f{g=h->i,j}),util.func(k))"
    assert split_items(text) == ["a", "b{x=1,2 y={c,d}}", "func.func(e,f{g=h->i,j})", "util.func(k)"]
    assert split_items("builtin.module()") == []


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu"), {"cpu"}),
        (("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"), {"vmvx"}),
        (("--iree-hal-target-device=local",), {"cpu"}),
        (("--iree-hal-target-device=local,vulkan",), {"cpu", "vulkan"}),
        (("--iree-hal-target-device=gpu=vulkan[0]",), {"vulkan"}),
        (("--iree-hal-target-device=hip",), {"rocm"}),
        (("--iree-hal-target-backends=vulkan-spirv",), {"vulkan"}),
        (("--iree-hal-target-backends", "cuda,llvm-cpu"), {"cuda", "cpu"}),
        ((), {"cpu"}),
    ],
)
def test_families_that_flags_select(flags: tuple[str, ...], expected: set[str]) -> None:
    assert families(flags) == expected


def test_values_of_a_flag() -> None:
    assert values(("--a=1", "-a", "2", "--b=3", "--a=4,5", "x=6"), "a") == ("1", "2", "4", "5")
    assert values(("--a",), "a") == ()
