"""A dispatch made ready: configured by the compiler, so that candidates are only other numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ireekit.codegen.configuration import CompilationInfo
from ireekit.codegen.tuned.configured import configured_root, reconfigure
from ireekit.codegen.tuned.kernels import Loops
from ireekit.passes.walk import find
from ireekit.tuning.building import build
from ireekit.tuning.dispatches import Dispatch, text_of
from ireekit.tuning.programs import program_text

FROM = "executable-configurations"
"""The phase that the programs of candidates are at."""


@dataclass(frozen=True)
class Prepared:
    """A dispatch whose candidates can be made.

    Attributes:
      dispatch: it.
      loops: of its root.
      reference: how it is configured without tuning.
      text: the program at phase :data:`FROM`, so configured.
    """

    dispatch: Dispatch
    loops: Loops
    reference: CompilationInfo
    text: str

    def candidate(self, info: CompilationInfo) -> str | None:
        """The program with another configuration; ``None`` where that does not fit."""
        return _changed(self.text, info)


def prepare(dispatch: Dispatch, flags: Sequence[str], timeout: float) -> Prepared | Dispatch:
    """Configure a dispatch alone.

    Returns:
      The dispatch with its obstacle, where that does not work.
    """
    built = build(program_text(dispatch), flags, timeout, start="executable-sources", stop=FROM)
    if built.program is None:
        return replace(dispatch, obstacle=f"it does not compile alone: {built.reason}")
    text = built.program.decode()
    found = _root(text)
    if found is None:
        return replace(dispatch, obstacle="it has no single operation that the compiler distributes")
    loops, info = found
    if dispatch.chosen is not None and dispatch.chosen != info:
        changed = _changed(text, dispatch.chosen)
        if changed is None:
            return replace(dispatch, obstacle="it is configured in another form than alone")
        text, info = changed, dispatch.chosen
    return Prepared(dispatch, loops, info, text)


def _root(text: str) -> tuple[Loops, CompilationInfo] | None:
    with _Program(text) as program:
        root = None if program.function is None else configured_root(program.function)
        return None if root is None else (root.loops, root.info)


def _changed(text: str, info: CompilationInfo) -> str | None:
    with _Program(text) as program:
        if program.function is None or not reconfigure(program.function, info):
            return None
        return text_of(program.module.operation)


class _Program:
    """A program parsed in a session of its own."""

    def __init__(self, text: str) -> None:
        from iree.compiler import ir

        from ireekit.bindings import CompilerSession

        session = CompilerSession()
        session.context.load_all_available_dialects()
        self._context = session.context
        self._session = session
        self.module = ir.Module.parse(text, session.context)
        functions = [
            each for each in find(self.module.operation, "func.func") if any(region.blocks for region in each.regions)
        ]
        self.function = functions[0] if len(functions) == 1 else None

    def __enter__(self) -> _Program:
        self._context.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._context.__exit__(None, None, None)
