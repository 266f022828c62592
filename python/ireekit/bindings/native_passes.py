"""Which passes the compiler itself registers."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.bindings.build import build_info
from ireekit.bindings.build_cache import store, stored
from ireekit.bindings.library import library_path
from ireekit.bindings.native import is_plugin_pass

if TYPE_CHECKING:
    from iree.compiler import ir

_SECTIONS = {"Passes:": True, "Pass Pipelines:": False}
_ENTRY = re.compile(r"^      --(?P<name>[\w.-]+)(?:=<[^>]*>)?\s+-\s{1,3}(?P<help>.*)$")
_OPTION = re.compile(r"^        --(?P<name>[\w.-]+)(?:=<[^>]*>)?\s+-\s(?P<help>.*)$")
_QUIETLY: Any = {"capture_output": True, "text": True, "timeout": 60}
_ANY = "any"
_NOWHERE = "ireekit.nowhere"
_FATAL = "LLVM ERROR: "
_RESTRICTED = re.compile(r"restricted to '([^']+)'")
# A name with a dot would be read as an anchor.
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class NativePassInfo:
    """A pass, or pipeline of passes, of the compiler.

    Attributes:
      name: in pipeline text.
      help: one line.
      options: one line of each of its options, by name.
      is_pipeline: it stands for several passes.
    """

    name: str
    help: str
    options: Mapping[str, str]
    is_pipeline: bool


@functools.cache
def native_passes() -> Mapping[str, NativePassInfo]:
    """The compiler's passes by name, as the wheel's ``iree-opt --help`` tells, in 0.2 s; empty where it does not run.

    Only for listings and suggestions: whether a name is a pass is for :func:`is_native_pass` to say.
    """
    tool = library_path().parent / "iree-opt"
    try:
        done = subprocess.run([tool, "--help"], env=without_plugins(), **_QUIETLY, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    return _parse_help(done.stdout)


def without_plugins() -> dict[str, str]:
    """The environment of a tool that is to be the compiler and nothing else."""
    return {name: value for name, value in os.environ.items() if name != "IREE_LOAD_PLUGINS"}


def _parse_help(text: str) -> Mapping[str, NativePassInfo]:
    found: dict[str, NativePassInfo] = {}
    options: dict[str, str] = {}
    is_pass: bool | None = None
    for line in text.splitlines():
        if line.strip() in _SECTIONS and line.startswith("    "):
            is_pass = _SECTIONS[line.strip()]
        elif is_pass is None:
            continue
        elif entry := _ENTRY.match(line):
            options = {}
            found[entry["name"]] = NativePassInfo(entry["name"], entry["help"].strip(), options, not is_pass)
        elif entry := _OPTION.match(line):
            options[entry["name"]] = entry["help"].strip()
        elif line and not line.startswith("    "):  # values of options stand at four
            is_pass = None
    return found


@functools.cache
def scratch_context() -> ir.Context:
    """A context to look names up in; no module is ever made in it."""
    from iree.compiler import ir

    return ir.Context()


@functools.lru_cache(maxsize=1024)
def is_native_pass(name: str) -> bool:
    """Whether the compiler registers a pass, or a pipeline of passes, called ``name``."""
    from iree.compiler.passmanager import PassManager

    if not _NAME.fullmatch(name) or is_plugin_pass(name):
        return False
    try:
        PassManager.parse(f"any({name})", scratch_context())
    except ValueError as error:
        return "does not refer to a registered pass" not in str(error)
    return True


@functools.lru_cache(maxsize=1024)
def native_anchor(name: str) -> str | None:
    """The operation that the compiler's pass ``name`` is restricted to; ``None`` where it is not, or is no pass."""
    from iree.compiler.passmanager import PassManager

    if not is_native_pass(name) or is_native_pipeline(name):
        return None
    try:
        PassManager.parse(f"{_NOWHERE}({name})", scratch_context())
    except ValueError as error:
        match = _RESTRICTED.search(str(error))
        return match[1] if match else None
    return None


def is_native_pipeline(name: str) -> bool:
    """Whether the compiler registers a pipeline of passes, not a single pass, called ``name``."""
    return _pipelines().get(name, name.endswith("-pipeline"))


@functools.cache
def _pipelines() -> Mapping[str, bool]:
    """Which names stand for several passes: kept on disk, so that not every process starts a tool to ask it."""
    build = build_info()
    kept: Any = stored(build, "pipelines")
    if isinstance(kept, dict) and kept and all(type(value) is bool for value in kept.values()):
        return kept
    found = {name: info.is_pipeline for name, info in native_passes().items()}
    if found:
        store(build, "pipelines", found)
    return found


@functools.lru_cache(maxsize=256)
def nesting_problem(anchor: str, name: str, options: str) -> str | None:
    """Why the compiler cannot put a pass in a pass manager for ``anchor``, in one line, if it cannot.

    A pipeline of passes that does not fit its anchor ends the process. So pipelines are tried out in another process,
    on a module that has nothing for them to run on.
    """
    from ireekit.bindings.pass_manager import NativePassManager

    item = f"{name}{{{options}}}" if options else name
    if anchor != _ANY and is_native_pipeline(name) and (problem := _tried_elsewhere(f"{anchor}({item})")):
        return problem
    try:
        NativePassManager(f"{anchor}({item})", scratch_context())
    except ValueError as error:
        return str(error)
    return None


def _tried_elsewhere(nested: str) -> str | None:
    text = f"--pass-pipeline=builtin.module({_NOWHERE}({nested}))"
    try:
        done = subprocess.run(
            [library_path().parent / "iree-opt", text, "-"],
            input="",
            env=without_plugins(),
            **_QUIETLY,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"whether the compiler can run it there cannot be found out: {error}"
    if done.returncode == 0:
        return None
    fatal = next((line for line in done.stderr.splitlines() if line.startswith(_FATAL)), None)
    return fatal.removeprefix(_FATAL) if fatal else None
