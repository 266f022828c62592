"""All passes there are, in rows for people."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

from ireekit.errors import PipelineError
from ireekit.passes.base import Pass
from ireekit.passes.options import OptionField, options_of
from ireekit.passes.registry import PassRegistry
from ireekit.passes.statistics import statistics_of


@dataclass(frozen=True)
class PassRow:
    """A pass as listings show it.

    Attributes:
      name: in pipeline text.
      anchor: the operation it runs on; ``None`` where it runs on any, or nobody says.
      summary: one line.
      options: one line of each option, by name.
      statistics: what it counts, by name.
      origin: ``"native"``, or the class.
    """

    name: str
    anchor: str | None
    summary: str
    options: Mapping[str, str]
    statistics: Mapping[str, str]
    origin: str


def list_passes(registry: PassRegistry, *, native: bool = True) -> tuple[PassRow, ...]:
    """Rows of all passes, the Python ones first; imports every one of these.

    A pass that cannot be imported has the reason as its summary.

    Args:
      registry: of the Python passes.
      native: list the compiler's passes too.
    """
    rows = [_python_row(name, registry) for name in registry.names()]
    return (*rows, *_native_rows()) if native else tuple(rows)


def _python_row(name: str, registry: PassRegistry) -> PassRow:
    try:
        cls = registry.find(name)
    except PipelineError as error:
        return PassRow(name, None, error.cause, {}, {}, "broken")
    assert cls is not None, "a source lists a name it does not have"
    return describe_pass(cls)


def describe_pass(cls: type[Pass]) -> PassRow:
    """The row of one pass class."""
    options = {each.name: _option_line(each) for each in options_of(cls).values()}
    statistics = {name: each.description for name, each in statistics_of(cls).items()}
    # A dataclass without a docstring gets its signature as one.
    text = "" if (cls.__doc__ or "").startswith(f"{cls.__name__}(") else inspect.cleandoc(cls.__doc__ or "")
    anchor = getattr(cls, "anchor", None)
    return PassRow(
        cls.name,
        anchor if isinstance(anchor, str) else None,
        text.partition("\n")[0],
        options,
        statistics,
        f"{cls.__module__}.{cls.__qualname__}",
    )


def _option_line(each: OptionField) -> str:
    default = "required" if each.required else f"default {each.type.print(each.default()) or 'empty'}"
    parts = [each.description, each.allowed, default]
    return "; ".join(part for part in parts if part)


def _native_rows() -> tuple[PassRow, ...]:
    from ireekit.bindings.native_passes import native_passes

    return tuple(
        PassRow(each.name, None, each.help, each.options, {}, "native") for _, each in sorted(native_passes().items())
    )
