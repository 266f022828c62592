"""Forms of a program: options of passes that compute the same in another way, tried on the whole model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ireekit.codegen.tuned.file import Form
from ireekit.errors import PipelineError
from ireekit.passes import Pass
from ireekit.passes.option_text import TextError
from ireekit.passes.options import OptionField, options_of
from ireekit.pipeline import PipelineDefinition

AnyPipeline = TypeVar("AnyPipeline", bound=PipelineDefinition)

SKIPPED = "skipped"
"""The option of a form that leaves a pass out; its value is ``true``."""


def possible_forms(
    pipeline: PipelineDefinition,
    families: Sequence[str] = ("cpu",),
    *,
    idle: Collection[str] = (),
    costs: Callable[[], Mapping[str, float]] = dict[str, float],
) -> Iterator[Form]:
    """What the passes of a pipeline offer besides what they are: first other values of options, then to be left out.

    Args:
      pipeline: it.
      families: of the target.
      idle: passes that do nothing in the program; nothing of them is worth a trial.
      costs: gives those of this machine, by attribute of :class:`ireekit.targets.machines.Machine`; asked only where an
        option wants one.
    """
    passes = [step.action for step in pipeline.steps_for(families) if isinstance(step.action, Pass)]
    busy = list({each.name: each for each in passes if each.name not in idle}.values())
    for action in busy:
        for each in options_of(type(action)).values():
            current = each.type.print(getattr(action, each.field))
            known = costs() if each.measured else {}
            values = [*each.trials, *([known[each.measured]] if each.measured in known else [])]
            texts = dict.fromkeys(each.type.print(value) for value in values)
            yield from (Form(action.name, each.name, text) for text in texts if text != current)
    yield from (Form(action.name, SKIPPED, "true") for action in busy if action.for_speed)


def layer_option(pipeline: PipelineDefinition, form: Form) -> OptionField | None:
    """The option that says other values than that of ``form`` for single layers; ``None`` where there is none."""
    for step in pipeline.steps:
        if step.action.name != form.step or not isinstance(step.action, Pass):
            continue
        known = options_of(type(step.action))
        by_layer = known[form.option].by_layer if form.option in known else ""
        return next((each for each in known.values() if by_layer and each.field == by_layer), None)
    return None


def with_forms(pipeline: AnyPipeline, forms: Sequence[Form]) -> AnyPipeline:
    """A pipeline whose passes have these options; those it lacks are left out.

    Raises:
      PipelineError: a pass has no such option, or not of such a value.
    """
    present = {step.action.name for step in pipeline.steps}
    skipped = {form.step for form in forms if form.option == SKIPPED} & present
    values: dict[str, list[Form]] = {}
    for form in forms:
        if form.step not in skipped:
            values.setdefault(form.step, []).append(form)
    made = pipeline.without(*skipped) if skipped else pipeline
    return made.with_actions(lambda action: _changed(action, values.get(action.name, ())))


def _changed(action: Any, forms: Sequence[Form]) -> Any:
    if not isinstance(action, Pass) or not forms:
        return action
    known = options_of(type(action))
    changes: dict[str, Any] = {}
    for form in forms:
        if form.option not in known:
            raise PipelineError(f"pass {form.step} has no option {form.option!r}", remedy="tune again")
        try:
            field = known[form.option]
            changes[field.field] = field.check(field.type.parse(form.value))
        except TextError as error:
            raise PipelineError(f"option {form.option!r} of pass {form.step}: {error}", remedy="tune again") from None
    return dataclasses.replace(action, **changes)
