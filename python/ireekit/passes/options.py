"""Options of a pass: the fields of its class, checked, read from pipeline text and written to it."""

from __future__ import annotations

import difflib
import functools
import inspect
import threading
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from ireekit.errors import PipelineError
from ireekit.passes.option_text import TextError, split_words
from ireekit.passes.option_types import Boolean, Opaque, OptionType, option_type

_METADATA = "ireekit.option"
_making = threading.Lock()


@dataclass(frozen=True)
class _Extras:
    """What :func:`option` says of a field beyond its type."""

    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    trials: tuple[Any, ...] = ()
    measured: str = ""
    by_layer: str = ""


@dataclass(frozen=True)
class OptionField:
    """One option of a pass class.

    Attributes:
      field: the attribute's name, e.g. ``max_ops``.
      name: in pipeline text, e.g. ``max-ops``.
      type: checks, reads and writes its values.
      description: one line for listings.
      minimum, maximum: allowed range of numbers.
      required: it has no default.
      default: a function that gives the default; fails where ``required``.
      trials: values that tuning may try: another form of the same program.
      measured: name of a cost that tuning measures on the machine, to try it too; empty for none.
      by_layer: the field of the option that says other values for single layers; empty for none.
    """

    field: str
    name: str
    type: OptionType
    description: str
    minimum: float | None
    maximum: float | None
    required: bool
    default: Callable[[], Any]
    trials: tuple[Any, ...] = ()
    measured: str = ""
    by_layer: str = ""

    def check(self, value: Any) -> Any:
        """``value`` as the option keeps it.

        Raises:
          TextError: it is of another type or out of range.
        """
        kept = self.type.check(value)
        for bound, sign in ((self.minimum, 1), (self.maximum, -1)):
            if bound is None or kept is None:
                continue
            if any(not sign * each >= sign * bound for each in (kept if isinstance(kept, tuple | list) else (kept,))):
                raise TextError(f"{kept!r} is {'below' if sign > 0 else 'above'} {bound}")
        return kept

    @property
    def allowed(self) -> str:
        """What values look like, with the range."""
        bounds = [f"at least {self.minimum}"] if self.minimum is not None else []
        bounds += [f"at most {self.maximum}"] if self.maximum is not None else []
        return ", ".join([self.type.description, *bounds])


def option(
    default: Any = MISSING,
    description: str = "",
    *,
    default_factory: Any = MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    trials: Sequence[Any] = (),
    measured: str = "",
    by_layer: str = "",
) -> Any:
    """A field of a pass with more to say than a type and a default.

    Args:
      default: its value where none is given; without one the option is required.
      description: one line for ``ireekit passes``.
      default_factory: makes the default instead.
      minimum, maximum: range of a number, or of each number of a list.
      trials: values that ``ireekit tune --forms`` tries: the program computes the same with each.
      measured: a cost, an attribute of :class:`ireekit.targets.machines.Machine`, that it measures here and tries too.
      by_layer: the field of an option, texts ``"LAYER=VALUE"``, for layers that another of the trials suits better.

    Example::

        max_ops: int = option(4, "operations in a group at most", minimum=1)
    """
    metadata = {_METADATA: _Extras(description, minimum, maximum, tuple(trials), measured, by_layer)}
    if default_factory is not MISSING:
        return field(default_factory=default_factory, metadata=metadata)
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def make_dataclass(cls: type) -> None:
    """Make a pass class a frozen dataclass where its author left the decorator out and it has fields of its own."""
    if _is_ready(cls):
        return
    with _making:
        if not _is_ready(cls):
            dataclass(frozen=True)(cls)


def _is_ready(cls: type) -> bool:
    return "__dataclass_params__" in vars(cls) or not inspect.get_annotations(cls)


@functools.cache
def options_of(cls: type) -> Mapping[str, OptionField]:
    """The options of a pass class by their names in pipeline text, in order."""
    make_dataclass(cls)
    annotations = _annotations(cls)
    found = (_option_field(each, annotations) for each in fields(cls) if each.init)
    return {each.name: each for each in found}


def _annotations(cls: type) -> Mapping[str, Any]:
    """Resolved annotations; names that only the scope of a class in a function knows are left out."""
    resolved: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        own: Mapping[str, Any] = vars(base).get("__annotations__", {})
        for name, annotation in own.items():
            holder = type("Holder", (), {"__annotations__": {name: annotation}, "__module__": base.__module__})
            try:
                resolved.update(typing.get_type_hints(holder))
            except Exception:  # whatever evaluating it does
                resolved.pop(name, None)
    return resolved


def _option_field(each: Field[Any], annotations: Mapping[str, Any]) -> OptionField:
    extras = each.metadata.get(_METADATA, _Extras())
    annotation = annotations.get(each.name, None if each.default is MISSING else type(each.default))
    required = each.default is MISSING and each.default_factory is MISSING

    def default() -> Any:
        return each.default if each.default_factory is MISSING else each.default_factory()

    return OptionField(
        each.name,
        each.name.replace("_", "-"),
        option_type(annotation),
        extras.description,
        extras.minimum,
        extras.maximum,
        required,
        default,
        extras.trials,
        extras.measured,
        extras.by_layer,
    )


def check_options(instance: Any, name: str) -> None:
    """Check the option fields of a pass just made, and keep them in the form their types have.

    Raises:
      PipelineError: an option has a value of another type, or out of range.
    """
    for each in options_of(type(instance)).values():
        if isinstance(each.type, Opaque):
            continue
        value = getattr(instance, each.field)
        try:
            kept = each.check(value)
        except TextError as error:
            raise option_error(name, each, str(error)) from None
        if kept is not value:
            object.__setattr__(instance, each.field, kept)


def option_error(name: str, each: OptionField, reason: str) -> PipelineError:
    return PipelineError(f"option {each.name!r} of pass {name}: {reason}", op=name, remedy=f"give {each.allowed}")


def print_options(instance: Any) -> str:
    """The options that differ from their defaults, ``key=value`` separated by spaces."""
    words: list[str] = []
    for each in options_of(type(instance)).values():
        value = getattr(instance, each.field)
        if not each.required and each.default() == value:
            continue
        words.append(f"{each.name}={each.type.print(value)}")
    return " ".join(words)


def parse_options(cls: type, name: str, text: str) -> dict[str, Any]:
    """Values of the options that ``text`` gives, by field.

    Args:
      cls: the pass class.
      name: of the pass, for errors.
      text: what stands between the braces.

    Raises:
      OptionTextError: an option is unknown, given twice, missing, or its value is not of its type.
    """
    known = options_of(cls)
    values: dict[str, Any] = {}
    try:
        words = list(split_words(text))
    except TextError as error:
        raise OptionTextError(PipelineError(f"options of pass {name}: {error}", op=name), error.offset) from None
    for at, key, value_at, value in words:
        each = known.get(key.replace("_", "-"))
        if each is None:
            raise OptionTextError(_unknown(name, key, known), at)
        if each.field in values:
            raise OptionTextError(PipelineError(f"option {each.name!r} of pass {name} is given twice", op=name), at)
        try:
            values[each.field] = each.check(each.type.parse(_value_text(each, value)))
        except TextError as error:
            raise OptionTextError(option_error(name, each, str(error)), value_at + error.offset) from None
    missing = next((each for each in known.values() if each.required and each.field not in values), None)
    if missing is not None:
        error = PipelineError(
            f"pass {name} needs option {missing.name!r}",
            op=name,
            remedy=f"{name}{{{missing.name}=...}}: {missing.allowed}",
        )
        raise OptionTextError(error, 0)
    return values


class OptionTextError(Exception):
    """Options were refused: ``error`` as people see it, and ``offset``, where in the text."""

    def __init__(self, error: PipelineError, offset: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.offset = offset


def _value_text(each: OptionField, value: str | None) -> str:
    if value is not None:
        return value
    if isinstance(each.type, Boolean):
        return "true"
    raise TextError("no value given")


def _unknown(name: str, key: str, known: Mapping[str, OptionField]) -> PipelineError:
    close = difflib.get_close_matches(key.replace("_", "-"), known, 1, 0.5)
    listed = "its options: " + ", ".join(known) if known else "it has none"
    return PipelineError(
        f"pass {name} has no option {key!r}", op=name, remedy=f"did you mean {close[0]!r}?" if close else listed
    )
