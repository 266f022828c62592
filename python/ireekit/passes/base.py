"""What a pass is."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

from ireekit.errors import PipelineError
from ireekit.passes.conditions import check_acts_on
from ireekit.passes.explain import source_file
from ireekit.passes.option_text import caret
from ireekit.passes.options import (
    OptionTextError,
    check_options,
    make_dataclass,
    option,
    parse_options,
    print_options,
)

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect import Dialect

ANY = "any"
"""The anchor of passes that run on operations of every name."""


@dataclass_transform(frozen_default=True, field_specifiers=(field, option))
@dataclass(frozen=True)
class Pass(ABC):
    """A pass written in Python. Its annotated fields are its options; objects of it never change.

    Options may be of type ``bool``, ``int``, ``float``, ``str``, ``Path``, ``Literal``, ``Enum``, tuples and lists of
    these, and each ``| None``; fields of other types can be given from Python only. Subclasses with fields become
    frozen dataclasses by themselves; the decorator may be written too.

    Class attributes:
      name: of the pass in pipeline texts, e.g. ``"acme-fuse"``.
      anchor: the operation it runs on: ``"builtin.module"``, the name of operations nested in it, each of
        which it is then given in turn, or ``"any"`` for whatever the pipeline is at.
      dependent_dialects: what it makes operations of: dialects of ireekit, or their names. They are loaded before it
        runs. The compiler's own dialects need not be listed.
      acts_on: operations without which it has nothing to do, see "What a pass acts on" in docs/passes.md: it is not run
        where none of them is in the operation it would run on. ``None``: it runs always.
      for_speed: programs compute the same without it, so that ``ireekit tune --forms`` may try to leave it out.

    Example::

        class FuseScale(Pass):
            name = "acme-fuse-scale"
            anchor = "util.func"
            fused = Statistic("operations fused")
            max_ops: int = 4

            def run(self, op: ir.Operation) -> None: ...
    """

    name: ClassVar[str]
    anchor: ClassVar[str] = "builtin.module"
    dependent_dialects: ClassVar[tuple[Dialect | str, ...]] = ()
    acts_on: ClassVar[tuple[str, ...] | None] = None
    for_speed: ClassVar[bool] = False

    def __new__(cls, *_arguments: Any, **_options: Any) -> Self:
        make_dataclass(cls)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        if not isinstance(getattr(self, "name", None), str):
            raise PipelineError(
                f"class {type(self).__name__} gives its pass no name", remedy="write name = 'acme-...' in the class"
            )
        check_acts_on(type(self))
        check_options(self, self.name)
        self.validate()

    def validate(self) -> None:  # noqa: B027 (most passes have nothing to check)
        """Check options against each other. Raise :class:`PipelineError` to refuse them."""

    @abstractmethod
    def run(self, op: ir.Operation) -> None:
        """Change ``op`` in place. Raise to signal failure. The context of ``op`` is the current one meanwhile."""

    @classmethod
    def parse(cls, options: str = "") -> Self:
        """The pass with options from text, what stands between the braces in a pipeline.

        Raises:
          PipelineError: an option is unknown, missing, or has a value it cannot have; points at it.
        """
        try:
            return cls(**parse_options(cls, cls.name, options))
        except OptionTextError as error:
            error.error.notes = caret(options, error.offset)
            raise error.error from None

    def __str__(self) -> str:
        options = print_options(self)
        return f"{self.name}{{{options}}}" if options else self.name

    def fingerprint(self) -> str:
        """Changes with the pass's name, its options, and the source files of the package that defines it."""
        return f"{type(self).__module__}.{self}@{_source_digest(type(self))}"


@dataclass(frozen=True)
class NativePasses:
    """Passes of the compiler itself, under a name.

    Attributes:
      name: in reports, dumps and errors.
      text: a pipeline text anchored on the module.

    Example::

        NativePasses("tidy", "builtin.module(util.func(canonicalize,cse))")
    """

    name: str
    text: str

    def __str__(self) -> str:
        return self.name

    def fingerprint(self) -> str:
        return f"{self.name}={self.text}"


_read: ContextVar[dict[tuple[str, ...], str] | None] = ContextVar("ireekit_read_sources", default=None)
"""Digests of the source files of packages, while several fingerprints are made."""


@contextmanager
def reading_sources_once() -> Generator[None]:
    """Fingerprints of passes made inside read the files of a package once, not once for each of its passes."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def _source_digest(cls: type) -> str:
    """Of the file of ``cls``, and those of its package, where its helpers are."""
    file = Path(source_file(cls) or repr(cls))
    package = sys.modules.get(getattr(sys.modules.get(cls.__module__), "__package__", None) or "")
    folders: list[str] = list(getattr(package, "__path__", ()))
    alone = not any(file.is_relative_to(folder) for folder in folders)
    key = (*folders, str(file)) if alone else tuple(folders)
    read = _read.get()
    if read is None:
        return _digest_of(file, folders)
    if key not in read:
        read[key] = _digest_of(file, folders)
    return read[key]


def _digest_of(file: Path, folders: Iterable[str]) -> str:
    import hashlib

    digest = hashlib.sha256()
    beside = {path for folder in folders for path in Path(folder).rglob("*.py")}
    for path in sorted(beside | {file}):
        try:
            digest.update(path.read_bytes())
        except OSError:
            digest.update(str(path).encode())
    return digest.hexdigest()[:16]
