"""From the compiler's diagnostics, thousands of lines at times, to one error a person can use."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.bindings import Diagnostic
from ireekit.errors import CompileError, UnsupportedOpsError
from ireekit.passes import walk

if TYPE_CHECKING:
    from iree.compiler import ir

_LOCATION = re.compile(
    r"^(?P<at>(?:loc\(.*?\)|[^\s:][^:\n]*:\d+:\d+|<unknown>:0)): (?:error: )?(?P<text>.*)", re.DOTALL
)
_OP_IN_MESSAGE = re.compile(r"'(?P<op>[a-z_0-9]+\.[\w.]+)' op\b|operation '(?P<legal>[a-z_0-9]+\.[\w.]+)'")
_OPERATOR_NAME = re.compile(r'name = "(?P<name>[\w.:]+)"')
_NOISE = re.compile(r"see current operation|Please report issues|^\s*$")

# Part of a message -> what people can do about it. First match wins.
_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"exceeded stack allocation limit",
        "flags=['--iree-llvmcpu-stack-allocation-limit=262144'], or a lower optimization level",
    ),
    (
        r"failed to legalize operation 'stablehlo.custom_call'",
        "the model calls a library function that IREE has no code for: express it in other operations",
    ),
    (
        r"failed to legalize operation '(torch|stablehlo|tosa|tm_tensor)",
        "replace the operation in the model, or lower it with a pass: pipeline.at('start', MyLowering())",
    ),
    (r"missing GPU target", "name an architecture that `ireekit targets` lists"),
    (r"f64|double", "data_types={'f64': 'f32'} computes in single precision"),
)


def compile_error(
    diagnostics: Sequence[Diagnostic], where: str, original: ir.Operation | None, whole: str | None = None
) -> CompileError:
    """Shape a failed phase's diagnostics into one error.

    Args:
      diagnostics: as the compiler gave them.
      where: ``phase NAME`` or ``pass NAME``, what failed.
      original: the module as imported, to find the layer an operation belongs to.
      whole: text of the failed module, kept in the details file.
    """
    errors = [each for each in diagnostics if each.severity == "error"]
    details = write_details(diagnostics, where, whole)
    if not errors:
        return CompileError("the compiler stopped without saying why", phase=where, details=details)
    at, text = split_location(errors[0].message)
    operation = _operation(text)
    others = tuple(dict.fromkeys(headline(split_location(each.message)[1]) for each in errors[1:]))
    return CompileError(
        headline(text),
        op=operation,
        location=_with_layer(at, operation, original),
        phase=where,
        remedy=next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, text)), None),
        notes=tuple(f"also: {line}" for line in others if line != headline(text))[:5],
        details=details,
    )


def unsupported_error(framework: str, unsupported: Sequence[tuple[str, str | None, str | None]]) -> UnsupportedOpsError:
    """All operators of a model that could not be lowered, as one error."""
    return UnsupportedOpsError(
        framework,
        tuple(unsupported),
        remedy="replace them in the model, or lower them with a pass: pipeline.at('start', MyLowering())",
    )


def split_location(message: str) -> tuple[str | None, str]:
    """``file:line:col`` and the rest of a diagnostic; ``None`` where it carries no location."""
    match = _LOCATION.match(message)
    if match is None:
        return None, message
    at = match["at"]
    return (None if at.startswith(("<unknown>", "-:", "loc(unknown)")) else at), match["text"]


def write_details(diagnostics: Sequence[Diagnostic], where: str, whole: str | None) -> Path | None:
    """Write everything to a file of its own; ``None`` where no file can be written."""
    text = "\n\n".join(f"{each.severity}: {each.message}" for each in diagnostics)
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix=f"ireekit-{re.sub(r'[^A-Za-z0-9]+', '-', where)}-",
            suffix=".mlir",
            delete=False,
            encoding="utf-8",
        ) as file:
            file.write("".join(f"// {line}\n" for line in text.splitlines()))
            file.write(whole or "")
    except OSError:
        return None
    return Path(file.name)


def headline(text: str) -> str:
    """The first line of a message that says something."""
    lines = [line for line in text.splitlines() if not _NOISE.search(line)]
    if not lines:
        return "the compiler gave no message"
    # Legalisation errors append the printed operation after the first colon.
    return re.sub(r"(failed to legalize operation '[^']*').*", r"\1", lines[0])


def _operation(text: str) -> str | None:
    match = _OP_IN_MESSAGE.search(text)
    if match is None:
        return None
    name = match["op"] or match["legal"]
    if name in ("torch.operator", "stablehlo.custom_call") and (inner := _OPERATOR_NAME.search(text)):
        return inner["name"]
    return name


def _with_layer(at: str | None, operation: str | None, original: ir.Operation | None) -> str | None:
    if at is None or original is None:
        return at
    parts = at.rpartition("/")[2].rsplit(":", 2)
    needle = f'{parts[0]}":{parts[1]}:' if len(parts) == 3 else at
    for op in walk(original):
        text = str(op.location)
        if needle not in text or (operation is not None and operation not in (op.name, _inner_name(op))):
            continue
        if layer := re.match(r'loc\("([^"]+)"\((?!\))', text):
            return f"{layer[1]}, {at}"
    return at


def _inner_name(op: ir.Operation) -> str:
    if op.name != "torch.operator":
        return op.name
    return str(op.attributes["name"]).strip('"')
