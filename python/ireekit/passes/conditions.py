"""What a pass acts on: the operations without which it has nothing to do.

A pass says so in ``acts_on``; where none of them is in the operation it would run on, it is not run. Inside of the
stock compiler its module is not even imported then: the native library looks for the operations (``conditions.cc``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ireekit.bindings.erasure import address
from ireekit.bindings.native import native_library
from ireekit.errors import PipelineError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.passes.base import Pass

# `linalg.generic`, `linalg.conv_*`, `linalg.generic{iterator_types=reduction}`, `*{lowering_config}`.
_CONDITION = re.compile(r"(?P<name>[\w.$*-]+)(?:\{(?P<attribute>[\w.$-]+)(?:=(?P<text>[^\s{}]+))?\})?", re.ASCII)
_REMEDY = 'as in acts_on = ("linalg.conv_*", "linalg.generic{iterator_types=reduction}")'


def check_acts_on(cls: type[Pass]) -> None:
    """Refuse what ``acts_on`` of a pass cannot be.

    Raises:
      PipelineError: names the first word that is no condition.
    """
    given: object = cls.acts_on
    if given is None:
        return
    if not isinstance(given, tuple):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PipelineError(f"acts_on of pass {cls.name} is a {type(given).__name__}, not a tuple", remedy=_REMEDY)
    for word in given:
        if not isinstance(word, str) or not _CONDITION.fullmatch(word):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PipelineError(f"pass {cls.name} cannot act on {word!r}", remedy=_REMEDY)


def has_work(step: Pass, op: ir.Operation) -> bool:
    """Whether something that ``step`` acts on is ``op`` or in it, at any depth."""
    if step.acts_on is None:
        return True
    if (native := native_library()) is not None:
        return native.ireekit_conditions_hold(address(op), " ".join(step.acts_on).encode())
    return bool(step.acts_on) and _has_any(op, [_CONDITION.fullmatch(word) for word in step.acts_on])


def _has_any(op: ir.Operation, conditions: list[re.Match[str] | None]) -> bool:
    from ireekit.passes.walk import walk

    by_name: dict[str, list[re.Match[str]]] = {}
    for each in walk(op):
        name = each.name
        if name not in by_name:
            by_name[name] = [found for found in conditions if found and _fits(name, found["name"])]
        if any(_holds(each, condition) for condition in by_name[name]):
            return True
    return False


def _holds(op: Any, condition: re.Match[str]) -> bool:
    attribute, text = condition["attribute"], condition["text"]
    if attribute is None:
        return True
    return attribute in op.attributes and (text is None or text in str(op.attributes[attribute]))


def _fits(name: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
