"""Forms of a program: options of passes that compute the same in another way, tried on the whole model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from ireekit.codegen.tuned.file import Form
from ireekit.errors import PipelineError
from ireekit.passes import Pass
from ireekit.passes.option_text import TextError
from ireekit.passes.options import options_of
from ireekit.pipeline import PipelineDefinition

AnyPipeline = TypeVar("AnyPipeline", bound=PipelineDefinition)


def possible_forms(pipeline: PipelineDefinition, families: Sequence[str] = ("cpu",)) -> Iterator[Form]:
    """What the options of the passes of a pipeline offer besides what they are."""
    for step in pipeline.steps_for(families):
        if not isinstance(step.action, Pass):
            continue
        for each in options_of(type(step.action)).values():
            current = each.type.print(getattr(step.action, each.field))
            texts = dict.fromkeys(each.type.print(value) for value in each.trials)
            yield from (Form(step.action.name, each.name, text) for text in texts if text != current)


def with_forms(pipeline: AnyPipeline, forms: Sequence[Form]) -> AnyPipeline:
    """A pipeline whose passes have these options; those it lacks are left out.

    Raises:
      PipelineError: a pass has no such option, or not of such a value.
    """
    values: dict[str, list[Form]] = {}
    for form in forms:
        values.setdefault(form.step, []).append(form)
    return pipeline.with_actions(lambda action: _changed(action, values.get(action.name, ())))


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
