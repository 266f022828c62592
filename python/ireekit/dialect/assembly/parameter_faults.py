"""Types and attributes that the native parser refuses: which parameter it is about.

Such a type comes into being nowhere, so that nothing can be verified: its text is read here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ireekit.dialect.constraints.base import Scope, bare, ir_of
from ireekit.dialect.parameters import split_parameters

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.dialect import Dialect
    from ireekit.dialect.model import TypeModel

_ENTITY = re.compile(r"([!#])([A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)+)<")
_LONGEST_NAME = 200


def parameter_fault(text: str, position: int, dialects: Sequence[Dialect], context: ir.Context) -> str | None:
    """What is wrong with the parameters of the type or attribute of ``dialects`` at an offset of ``text``.

    Args:
      text: in the native syntax of parameters.
      position: where the native parser refused it: in its name, or right behind that.

    Returns:
      A message that names the parameter; ``None`` where there is no such type, or nothing wrong with it.
    """
    around = _ENTITY.finditer(text, max(0, position - _LONGEST_NAME), position + _LONGEST_NAME)
    match = next((each for each in around if each.start() <= position <= each.end()), None)
    model = match and _model(match[1], match[2], dialects)
    if match is None or model is None:
        return None
    parts = list(split_parameters(_inside(text, match.end())))
    entity = f"{match[0]}{', '.join(parts)}>"
    if len(parts) != len(model.parameters):
        return f"{entity}: expected {len(model.parameters)} parameters, found {len(parts)}"
    ir = ir_of(context)
    scope = Scope()
    for parameter, part in zip(model.parameters, parts, strict=True):
        try:
            # Within a list: the bindings do not survive text of nothing, such as a comment.
            (value,) = ir.ArrayAttr(ir.Attribute.parse(f"[{part}\n]", context=context))
            problem = parameter.constraint.check(bare(value), scope)
        except Exception:
            # A text of no attribute, or a check of the definition's author that fails: the native message has to do.
            return None
        if problem is not None:
            return f"{entity}: parameter {parameter.name!r}: {problem}"
    return None


def _model(sigil: str, name: str, dialects: Sequence[Dialect]) -> TypeModel | None:
    tables = (each.models.types if sigil == "!" else each.models.attributes for each in dialects)
    return next((table[name] for table in tables if name in table), None)


def _inside(text: str, start: int) -> str:
    """From behind an opening angle bracket to the closing one."""
    depth = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|->|[<>]', text[start:]):
        depth += {"<": 1, ">": -1}.get(match[0], 0)
        if depth < 0:
            return text[start : start + match.start()]
    return text[start:]
