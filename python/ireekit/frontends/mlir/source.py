"""Read MLIR of every form into one context."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iree.compiler import ir

from ireekit.bindings.parsing import parse_unverified
from ireekit.bindings.pass_manager import Message, messages_of
from ireekit.errors import IreekitError, ModelImportError

if TYPE_CHECKING:
    from ireekit.dialect import Dialect

_FILE_LINE = re.compile(r'"((?:[^"\\]|\\.)*)":(\d+):(\d+)')
_MODULE_OP = "builtin.module"


def read_module(model: Any, context: ir.Context, dialects: Sequence[Dialect] = ()) -> ir.Module:
    """``model`` as a live module of ``context``.

    Args:
      model: MLIR text, bytes of text or bytecode, a path, an ``ir.Module`` or operation of this or another
        context, or the like of another package's MLIR bindings. A module of ``context`` is returned itself.
      dialects: loaded in ``context``, whose assembly texts may use.

    Raises:
      ModelImportError: it cannot be read, does not parse or does not verify.
    """
    if isinstance(model, Path) or (isinstance(model, str) and _is_path(model)):
        return _read_file(Path(model), context, dialects)
    if isinstance(model, str | bytes | bytearray | memoryview):
        return parse_module(model if isinstance(model, str) else bytes(model), context, dialects=dialects)
    if isinstance(model, ir.Module) and model.context == context:
        _verify(model, dialects)
        return model
    if isinstance(model, ir.OpView | ir.Operation) and model.context == context:
        return _wrap(model, dialects)
    operation = getattr(model, "operation", None)
    if operation is None or not hasattr(operation, "get_asm"):
        raise ModelImportError(
            f"{type(model).__module__}.{type(model).__qualname__} is no MLIR module",
            remedy="give MLIR text, bytecode, a path, or a live module",
        )
    return _cross(operation, context, dialects)


def parse_module(
    source: str | bytes, context: ir.Context, *, name: str = "<text>", dialects: Sequence[Dialect] = ()
) -> ir.Module:
    """Parse text, which may use the assembly of ``dialects``, or bytecode.

    Raises:
      ModelImportError: with file, line and column, the cause and the source line.
    """
    lines = _lines_of(source)
    if dialects and lines is not None:
        return _parse_assembly(source if isinstance(source, str) else source.decode(), context, dialects, name)
    with _refused(source, context, name, lines, dialects):
        return ir.Module.parse(source, context=context)


def _parse_assembly(text: str, context: ir.Context, dialects: Sequence[Dialect], name: str) -> ir.Module:
    from ireekit.dialect.assembly import parse_module

    # The text of a model without a file is "-" in locations, as MLIR has it.
    unnamed = name.startswith("<")
    try:
        return parse_module(text, context, dialects, filename="-" if unnamed else name)
    except IreekitError as error:
        if unnamed and error.location and error.location.startswith("-:"):
            error.location = name + error.location[1:]
        raise


def _read_file(path: Path, context: ir.Context, dialects: Sequence[Dialect]) -> ir.Module:
    try:
        head = path.open("rb").read(4)
    except OSError as error:
        raise ModelImportError(f"cannot read {path}: {error.strerror}") from None
    text = None if head == b"ML\xefR" else path.read_bytes().decode(errors="replace")
    if dialects and text is not None:
        return _parse_assembly(text, context, dialects, str(path))
    lines = None if text is None else text.splitlines()
    with _refused(path, context, str(path), lines, dialects):
        return ir.Module.parseFile(os.fspath(path), context=context)


@contextmanager
def _refused(
    source: str | bytes | Path | ir.Operation,
    context: ir.Context,
    name: str,
    lines: list[str] | None,
    dialects: Sequence[Dialect],
) -> Generator[None]:
    """Within, what the compiler refuses of ``source`` is one of our errors."""

    def read() -> ir.Operation | None:
        if isinstance(source, ir.Operation):
            return source
        return parse_unverified(source.read_bytes() if isinstance(source, Path) else source, context, "-")

    try:
        yield
    except ir.MLIRError as error:
        messages = messages_of(error)
        if dialects:
            from ireekit.dialect.native_messages import reworded

            messages = reworded(messages, dialects, read)
        # `from None`: the bindings' own traceback says nothing that is not in the diagnostics.
        raise _import_error(messages, error.message, name, lines) from None


def _import_error(messages: Sequence[Message], headline: str, name: str, lines: list[str] | None) -> ModelImportError:
    if not messages:
        return ModelImportError(headline, location=name)
    first = messages[0]
    cause = first.text.strip()
    if lines is None:
        return ModelImportError(
            f"the MLIR bytecode cannot be read: {cause}",
            location=name,
            remedy="write the file again, with tools of a version not newer than this compiler",
        )
    match = _FILE_LINE.search(first.location)
    if match is None:
        return ModelImportError(cause, location=name)
    line, column = int(match[2]), int(match[3])
    source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return ModelImportError(cause, location=f"{name}:{line}:{column}", notes=(f"| {source}",) if source else ())


def _cross(operation: Any, context: ir.Context, dialects: Sequence[Dialect]) -> ir.Module:
    """Bring an operation of another context, maybe of other bindings, over as bytecode, else as text."""
    try:
        buffer = io.BytesIO()
        operation.write_bytecode(buffer)
        return parse_module(buffer.getvalue(), context, name="<module>", dialects=dialects)
    except (ModelImportError, AttributeError, TypeError, ValueError):
        text = operation.get_asm(enable_debug_info=True)
        with _refused(text, context, "<module>", text.splitlines(), dialects):
            return ir.Module.parse(text, context=context)


def _wrap(model: ir.OpView | ir.Operation, dialects: Sequence[Dialect]) -> ir.Module:
    operation = model.operation
    module = ir.Module.create(operation.location)
    with ir.InsertionPoint(module.body):
        if operation.name != _MODULE_OP:
            operation.clone()
        else:
            for child in operation.regions[0].blocks[0].operations:
                child.operation.clone()
            for name in operation.attributes:
                module.operation.attributes[name] = operation.attributes[name]
    _verify(module, dialects)
    return module


def _verify(module: ir.Module, dialects: Sequence[Dialect]) -> None:
    with _refused(module.operation, module.context, "<module>", [], dialects):
        module.operation.verify()


def _lines_of(source: str | bytes) -> list[str] | None:
    if isinstance(source, str):
        return source.splitlines()
    return None if source.startswith(b"ML\xefR") else source.decode(errors="replace").splitlines()


def _is_path(model: str) -> bool:
    return "\n" not in model and "{" not in model and Path(model).exists()
