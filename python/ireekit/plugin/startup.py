"""The plugin in the stock tools, as a program of this environment imports ``iree.compiler``.

The finder that ``ireekit.pth`` puts in place calls :func:`find_spec` for three modules, so that the variables of
:mod:`ireekit.plugin.environment` are set only where this environment's compiler reads them, and are not left to
whatever else the program starts, which may be a compiler of another environment and version:

* ``iree.compiler.tools.scripts``: the process is ``iree-compile`` or another of the wheel's commands, which do nothing
  but start the tool. They are set for it.
* ``iree.compiler._mlir_libs``: it initialises the compiler library, which reads them. They are set meanwhile.
* ``iree.compiler.tools.binaries``: it starts tools. They get them.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Generator, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from ireekit.plugin.environment import Loading, loading

_SCRIPTS_PACKAGE = "iree.compiler.tools.scripts"
_SCRIPTS = ("iree-compile", "iree-opt", "iree-link")


def find_spec(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """The specification of one of the three modules, or ``None`` to leave it to the usual finders."""
    if name == _SCRIPTS_PACKAGE:
        if not _other_tools():
            _change(_loading().variables())
        return None
    if name == "iree.compiler._mlir_libs" and _starts_only_a_tool():
        return None
    loader = _StartingLoader if name == "iree.compiler.tools.binaries" else _InitialisingLoader
    spec = PathFinder.find_spec(name, path)
    if spec is None or type(spec.loader) is not SourceFileLoader:
        return None
    spec.loader = loader(spec.loader.name, spec.loader.path)
    return spec


def _other_tools() -> bool:
    """Whether the wheel's scripts start tools of another compiler."""
    folders = [Path(folder) for folder in os.environ.get("IREE_TOOL_PATH", "").split(os.pathsep) if folder]
    ours = _compiler().parent.resolve()
    return any((folder / tool).is_file() and folder.resolve() != ours for folder in folders for tool in _SCRIPTS)


def _starts_only_a_tool() -> bool:
    """Whether the process is one of the wheel's scripts, which initialise the library without using it."""
    return Path(sys.argv[0]).name in _SCRIPTS or any(word.startswith(_SCRIPTS_PACKAGE) for word in sys.orig_argv)


class _InitialisingLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with _set():
            super().exec_module(module)


class _StartingLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        vars(module)["subprocess"] = _Subprocess(module.subprocess)


class _Subprocess:
    """The module ``subprocess``, but what it starts of this environment's tools gets the variables."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def run(self, command: Sequence[str], **settings: Any) -> Any:
        return self._module.run(command, **_with_variables(command, settings))

    def Popen(self, command: Sequence[str], **settings: Any) -> Any:  # noqa: N802
        return self._module.Popen(command, **_with_variables(command, settings))


def _with_variables(command: Sequence[str], settings: dict[str, Any]) -> dict[str, Any]:
    try:
        if "env" in settings or Path(command[0]).resolve().parent != _compiler().parent.resolve():
            return settings
        changed: dict[str, str | None] = {**os.environ, **_loading().variables()}
        return {**settings, "env": {name: value for name, value in changed.items() if value is not None}}
    except Exception:
        return settings


@contextlib.contextmanager
def _set() -> Generator[None]:
    try:
        variables = _loading().variables()
    except Exception:
        variables = {}
    before = {name: os.environ.get(name) for name in variables}
    _change(variables)
    try:
        yield
    finally:
        _change(before)


def _change(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@functools.cache
def _loading() -> Loading:
    return loading(_compiler())


def _compiler() -> Path:
    """The library of the compiler that is being imported."""
    (folder,) = sys.modules["iree.compiler"].__path__
    name = "libIREECompiler.dylib" if sys.platform == "darwin" else "libIREECompiler.so"
    return Path(folder) / "_mlir_libs" / name
