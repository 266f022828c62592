"""Turn the exceptions of ``torch.export`` into short errors with a cause, a source line and a way out."""

from __future__ import annotations

import itertools
import re
import traceback
from collections.abc import Iterator

from ireekit.errors import IreekitError, ModelImportError
from ireekit.frontends.torch.locate import innermost_user_frame, is_users

_MAX_REASON = 6
_APPENDED = (
    "The error above",
    "While executing",
    "GraphModule:",
    "Original traceback",
    "Caused by",
    "For more",
    "To fix",
)

# (what torch says, what it means, what to do), the first match counts.
_CAUSES: tuple[tuple[str, str | None, str], ...] = (
    (
        r"Could not (guard on|extract specialized integer from) data-dependent|GuardOnDataDependent",
        "the model branches on values that are known only at run time",
        "use torch.cond or torch.where, or torch._check(...) what always holds",
    ),
    (
        r"Constraints violated|marked .* as dynamic but|specialized it to be a constant|Not all values of",
        None,
        "correct dynamic_shapes: make the dimension static, relate it to the others, or bound it with Dim(min=, max=)",
    ),
    (
        r"dynamic_shapes|treespec|tree structure of",
        None,
        "dynamic_shapes must have the structure of the inputs: one entry per argument, by name or by position",
    ),
    (
        r"(missing|takes|unexpected|got multiple values).*argument",
        None,
        "give example inputs that the model's forward accepts",
    ),
    (
        r"is not registered|Unsupported input type|unknown type",
        None,
        "pass tensors in tuples, lists, dicts or dataclasses",
    ),
    (
        r"\.item\(\)|_local_scalar_dense|nonzero",
        None,
        "avoid shapes or Python numbers that depend on tensor values",
    ),
    (
        r"is not in the constants dictionary",
        "an input's class makes new tensors when torch takes it apart",
        "pass its tensors, and build the object (a DynamicCache, say) in forward",
    ),
    (r"\.numpy\(\)", "the model leaves torch for numpy", "use torch operations in forward"),
    (
        r"same device|Expected all tensors to be on|meta tensor",
        None,
        "put the model and its example inputs on one device, with real values",
    ),
)


def export_error(error: BaseException, entry: str) -> ModelImportError:
    """What to raise when exporting entry point ``entry`` failed with ``error``."""
    if isinstance(error, ModelImportError):
        return error
    text = "\n".join(_plain(link) for link in _chain(error))
    line = next((frame for link in _chain(error) if (frame := _frame(link))), None)
    cause, remedy = _explain(text)
    own, *more = _reason(_plain(error))
    return ModelImportError(
        f"torch.export of {entry!r} failed: {cause or own}",
        location=f"{line[0]}:{line[1]}" if line else None,
        remedy=remedy,
        notes=(*((f"torch says: {own}",) if cause else ()), *more),
    )


def _explain(text: str) -> tuple[str | None, str]:
    for pattern, cause, remedy in _CAUSES:
        if re.search(pattern, text, re.IGNORECASE):
            return cause, remedy
    return (
        None,
        "check that the model runs on these inputs; torch.export.export(model, inputs) gives torch's full report",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _frame(error: BaseException) -> tuple[str, int] | None:
    """The innermost frame of the user's: first what torch reports in its text, then the traceback's."""
    reported = innermost_user_frame(str(error))
    if reported:
        return reported
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename)]
    return (own[-1].filename, own[-1].lineno or 0) if own else None


def _plain(error: BaseException) -> str:
    if isinstance(error, IreekitError):
        return error.cause
    return str(error) or type(error).__name__


def _reason(text: str) -> list[str]:
    """The first lines of a message, without the advice and the graphs torch appends."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = list(itertools.takewhile(lambda line: not line.startswith(_APPENDED), lines))
    return kept[:_MAX_REASON] or lines[:1] or ["no reason given"]
