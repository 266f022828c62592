"""Where an fx node comes from: its layer in the model, and the user's source line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from iree.compiler import ir

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in ')
_NOT_THE_USERS = (str(Path(torch.__file__).parent), str(Path(__file__).parent), "<")
_LIBRARY = str(Path(re.__file__).parent.parent)


def layer_of(node: Any) -> str | None:
    """Dotted path of the innermost module ``node`` was traced in, e.g. ``encoder.layer.0.attention``.

    The empty path of the model itself is given as ``None``.
    """
    stack = node.meta.get("nn_module_stack")
    if not stack:
        return None
    path, _ = list(stack.values())[-1]
    return re.sub(r"@\d+$", "", path) or None


def source_of(node: Any) -> tuple[str, int] | None:
    """File and line of the innermost frame that is neither torch's nor ours."""
    return innermost_user_frame(node.meta.get("stack_trace"))


def innermost_user_frame(trace: str | None) -> tuple[str, int] | None:
    """File and line of the last frame of a formatted traceback that is the user's."""
    if not trace:
        return None
    frames = [(name, int(line)) for name, line in _FRAME.findall(trace)]
    outside = [frame for frame in frames if is_users(frame[0])]
    return (outside or frames or [None])[-1]


def is_users(filename: str) -> bool:
    """Whether a source file is neither torch's, nor ours, nor of Python's own library."""
    if filename.startswith(_NOT_THE_USERS):
        return False
    return not filename.startswith(_LIBRARY) or "site-packages" in filename


def source_line(node: Any) -> str | None:
    """``file:line`` of :func:`source_of`, or ``None``."""
    frame = source_of(node)
    return f"{frame[0]}:{frame[1]}" if frame else None


def location_of(node: Any, context: ir.Context) -> ir.Location:
    """A ``NameLoc`` of the layer around a ``FileLineColLoc`` of the source line, as far as they are known."""
    frame, layer = source_of(node), layer_of(node)
    place = ir.Location.file(frame[0], frame[1], 0, context=context) if frame else ir.Location.unknown(context)
    if layer is None and frame:
        return place
    return ir.Location.name(layer or node.name, place, context=context)
