"""Options of a pipeline: options of its passes, under names of the pipeline's own."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ireekit.errors import PipelineError
from ireekit.passes import Pass
from ireekit.passes.option_text import TextError
from ireekit.passes.options import OptionField, options_of

WITHOUT = "without"
"""The option of every pipeline that names passes to leave out."""
WITHOUT_HELP = "passes to leave out, with commas between their names"


@dataclass(frozen=True)
class PipelineOption:
    """An option of a pipeline.

    Attributes:
      name: as in ``--NAME-opt-max-ops=8`` of ``iree-compile``.
      cls: class of the passes it is an option of.
      field: that option.
    """

    name: str
    cls: type[Pass]
    field: OptionField

    @property
    def help(self) -> str:
        """One line for listings."""
        return f"{self.field.description or self.field.name} ({self.field.allowed})"

    def value(self, text: str) -> Any:
        """The value that ``text`` stands for.

        Raises:
          PipelineError: it is not of the option's type, or out of range.
        """
        try:
            return self.field.check(self.field.type.parse(text))
        except TextError as error:
            raise PipelineError(f"option {self.name!r}: {error}", op=text, remedy=self.field.allowed) from None

    def default(self, steps: Sequence[object]) -> str:
        """The text of its value in the first of ``steps`` that has it, or of its default."""
        found = next((step for step in steps if type(step) is self.cls), None)
        return self.field.type.print(getattr(found, self.field.field) if found is not None else self.field.default())


def make_option(name: str, cls: type[Pass], field: str | None) -> PipelineOption:
    """The option ``name`` for option ``field`` of a pass class.

    Raises:
      PipelineError: the class has no such option.
    """
    known = options_of(cls)
    wanted = (field or name).replace("_", "-")
    if wanted in known:
        return PipelineOption(name, cls, known[wanted])
    near = difflib.get_close_matches(wanted, known, 1)
    raise PipelineError(
        f"pass {cls.name} has no option {wanted!r}",
        remedy=f"did you mean {near[0]!r}?" if near else f"its options: {', '.join(known) or 'none'}",
    )


def variable(pipeline: str, option: str) -> str:
    """The environment variable that sets an option of a pipeline."""
    return f"{pipeline}_opt_{option}".replace("-", "_").upper()


def left_out(pipeline: str, given: str | None) -> tuple[str, ...]:
    """Names of the passes to leave out, as ``given`` says, or else the environment."""
    text = os.environ.get(variable(pipeline, WITHOUT), "") if given is None else given
    return tuple(name for each in text.split(",") if (name := each.strip()))


def values_in(pipeline: str, options: Sequence[PipelineOption], given: Mapping[str, str]) -> dict[PipelineOption, Any]:
    """What ``given``, and for the others the environment, say of options.

    Raises:
      PipelineError: there is no such option, or a value is wrong.
    """
    known = {each.name: each for each in options}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise PipelineError(
                f"pipeline {pipeline!r} has no option {name!r}",
                remedy=f"did you mean {near[0]!r}?" if near else f"its options: {', '.join(known) or 'none'}",
            )
    texts = {each: given.get(each.name, os.environ.get(variable(pipeline, each.name))) for each in options}
    return {each: each.value(text) for each, text in texts.items() if text is not None}


def configured_pass(step: Pass, values: Mapping[PipelineOption, Any]) -> Pass:
    """``step`` with those of ``values`` that are for passes of its class."""
    changes = {each.field.field: value for each, value in values.items() if each.cls is type(step)}
    return dataclasses.replace(step, **changes) if changes else step  # pyright: ignore[reportArgumentType]
