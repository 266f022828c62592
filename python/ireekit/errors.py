"""Every exception people meet.

Each carries what failed, where, the one-line cause and a way out. ``str(error)`` never exceeds
:data:`MAX_LINES` lines; whatever is longer belongs in a file named by ``details``.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

MAX_LINES = 20
_MAX_WIDTH = 200


class IreekitError(Exception):
    """Base of every error raised on purpose by ireekit.

    Args:
      cause: one sentence, what is wrong.
      op: the operation concerned, as the model or the IR names it.
      location: source line, or layer of the model, the operation comes from.
      phase: the compilation phase or pass that reported the error.
      remedy: one sentence, what to do about it.
      notes: further short lines, cut where they would exceed ``MAX_LINES``.
      details: a file that holds the whole story.
    """

    def __init__(
        self,
        cause: str,
        *,
        op: str | None = None,
        location: str | None = None,
        phase: str | None = None,
        remedy: str | None = None,
        notes: tuple[str, ...] = (),
        details: Path | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.op = op
        self.location = location
        self.phase = phase
        self.remedy = remedy
        self.notes = notes
        self.details = details

    def __str__(self) -> str:
        fields = (
            ("op", self.op),
            ("at", self.location),
            ("in", self.phase),
            ("remedy", self.remedy),
            ("details", str(self.details) if self.details else None),
        )
        head = [_shorten(line) for line in self.cause.strip().splitlines()[: MAX_LINES // 2]]
        tail = [f"  {label}: {_shorten(' '.join(text.split()))}" for label, text in fields if text]
        room = MAX_LINES - len(head) - len(tail)
        notes = [f"  {_shorten(line)}" for note in self.notes for line in note.splitlines()]
        if len(notes) > room:
            hidden = len(notes) - room + 1
            notes = [*notes[: room - 1], f"  ... and {hidden} more"]
        return "\n".join([*head, *notes, *tail])


def _shorten(text: str) -> str:
    text = text.rstrip()
    if len(text) <= _MAX_WIDTH:
        return text
    words = textwrap.shorten(text, _MAX_WIDTH, placeholder=" ...")
    # One long word, a type or a path, would leave nothing.
    return words if len(words) > _MAX_WIDTH // 2 else text[: _MAX_WIDTH - 4] + " ..."


class ModelImportError(IreekitError):
    """A model could not be turned into IR."""


class UnsupportedOpsError(ModelImportError):
    """The model uses operators the frontend cannot import; ``unsupported`` lists all of them.

    Args:
      unsupported: ``(operator, layer in the model, source line)`` of each, in model order.
    """

    def __init__(
        self,
        framework: str,
        unsupported: tuple[tuple[str, str | None, str | None], ...],
        remedy: str | None = None,
    ) -> None:
        operator, layer, line = unsupported[0]
        others = "" if len(unsupported) == 1 else f" (and {len(unsupported) - 1} more)"
        super().__init__(
            f"{framework} operator {operator} cannot be imported{others}",
            op=operator,
            location=", ".join(part for part in (layer, line) if part) or None,
            notes=tuple(
                f"also unsupported: {name}"
                + "".join(f" at {part}" for part in (", ".join(p for p in (where, source) if p),) if part)
                for name, where, source in unsupported[1:]
            ),
            remedy=remedy,
        )
        self.unsupported = unsupported


class MissingDependencyError(IreekitError):
    """An optional extra is needed; the remedy is the ``pip install`` line."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(
            f"the Python package {module!r} is not installed",
            remedy=f"pip install 'ireekit[{extra}]'",
        )


class CompileError(IreekitError):
    """The compiler refused the program."""


class CompileWarning(UserWarning):
    """The program was compiled, but not quite as asked."""


class DialectError(IreekitError):
    """The compiler refused to register a dialect or one of its operations."""


class PipelineError(IreekitError):
    """A pipeline, pass name or pass option is wrong."""


class CodegenError(PipelineError):
    """A configuration of code generation is wrong, or does not fit the operation it is for."""


class TuningError(IreekitError):
    """A tuning file, a database of measurements, or what a search was asked for is wrong."""


class PassError(CompileError):
    """A Python pass raised, signalled failure, or left invalid IR behind.

    Attributes:
      at: the location of the operation, as MLIR prints it; ``None`` where it is not known.
    """

    at: str | None = None


class TargetError(IreekitError):
    """A target specification is wrong or cannot be compiled for."""


class DeviceError(IreekitError):
    """No device fits, or the device refused the program."""


class ArtifactError(IreekitError):
    """A file is not a readable artifact, or could not be written."""


class InputError(IreekitError):
    """Arguments of a call do not fit the entry point's signature."""


class CapabilityError(IreekitError):
    """This build of the compiler or runtime lacks something that was asked for."""
