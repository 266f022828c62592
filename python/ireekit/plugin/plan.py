"""What a pipeline has to do where, known without importing it.

It is recorded when the manifest is written, with the condition of each step: what its pass acts on. Inside of the stock
compiler a pipeline, its passes and the compiler's bindings are imported at the first point where a condition holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ireekit.bindings.phases import PHASES
from ireekit.plugin.placement import AFTER_PIPELINES, BEFORE_TRACES, BEGIN

if TYPE_CHECKING:
    from ireekit.pipeline import PipelineDefinition, Step

ALWAYS = ("*",)
"""Conditions that hold in every program."""

# Operations that the compiler does not know.
_UNKNOWN = "?"
# From here on there must be none; as ireekit.compiler.legality has it.
_LAST_OPEN_PHASE = "preprocessing"
_TRACED = "global-optimization"
# Points that steps at a phase need besides, and what has to be done for ireekit.plugin.shared_passes there.
_BESIDES = {
    _LAST_OPEN_PHASE: {AFTER_PIPELINES: "*{preprocessing_pipeline_done}"},
    _TRACED: {BEFORE_TRACES: "*{iree.tensor.trace}", _TRACED: "*{iree.tensor.trace.later}"},
}
POINTS = (BEGIN, *PHASES, AFTER_PIPELINES, BEFORE_TRACES)
"""Where the compiler may be asked to run something."""


class PlannedStep(NamedTuple):
    """A step as it is known without its pass.

    Attributes:
      text: that errors name it by.
      phase: where it runs; ``None`` around a pass.
      targets: families it is for; ``None`` for all.
      acts_on: as :attr:`ireekit.passes.Pass.acts_on`; :data:`ALWAYS` where the pass does not say.
    """

    text: str
    phase: str | None
    targets: frozenset[str] | None
    acts_on: tuple[str, ...]

    def applies_to(self, families: Iterable[str]) -> bool:
        return self.targets is None or self.targets.issuperset(families)

    def __str__(self) -> str:
        return self.text


def planned(steps: Iterable[Step]) -> tuple[PlannedStep, ...]:
    """The steps without their passes."""
    return tuple(
        PlannedStep(
            " ".join(str(step).split()),
            step.phase,
            step.targets,
            ALWAYS if (acts_on := getattr(step.action, "acts_on", None)) is None else acts_on,
        )
        for step in steps
    )


def can_wait(pipeline: PipelineDefinition) -> bool:
    """Whether nothing of a pipeline is needed before one of its steps has work, and each step tells when it has.

    Dialects are registered before the input is parsed, and passes of the compiler are watched from the beginning. Where
    a step always runs, nothing is gained.
    """
    known = [getattr(step.action, "acts_on", None) is not None and not step.point.is_pass for step in pipeline.steps]
    return bool(known) and all(known) and not pipeline.dialects


def points(steps: Sequence[PlannedStep], *, has_dialects: bool = False) -> str:
    """Where there may be something to run, and under which conditions: as ``PluginHost::points`` gives it."""
    conditions: dict[str, list[str]] = {PHASES[0]: [], _LAST_OPEN_PHASE: [_UNKNOWN]}
    if has_dialects:
        # Operations of them are verified, and must be gone in the end.
        for phase in (*PHASES[: PHASES.index(_LAST_OPEN_PHASE) + 1], *(step.phase or "" for step in steps)):
            conditions[phase] = list(ALWAYS)
    for step in steps:
        for point, condition in _BESIDES.get(step.phase or "", {}).items():
            conditions.setdefault(point, []).append(condition)
        if step.phase is not None:
            conditions.setdefault(step.phase, []).extend(step.acts_on)
    lines = [f"{point}\t{' '.join(dict.fromkeys(conditions[point]))}\n" for point in POINTS if point in conditions]
    return "".join(lines)


def record_of(step: PlannedStep) -> tuple[str, str, str, str]:
    """A step in fields of one line without tabs; :func:`step_of` reads them."""
    targets = "*" if step.targets is None else ",".join(sorted(step.targets))
    return step.phase or "", targets, " ".join(step.acts_on), step.text


def step_of(phase: str, targets: str, acts_on: str, text: str) -> PlannedStep:
    """The step that :func:`record_of` gave the fields of."""
    families = None if targets == "*" else frozenset(each for each in targets.split(",") if each)
    return PlannedStep(text, phase or None, families, tuple(acts_on.split()))
