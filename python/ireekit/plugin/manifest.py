"""The manifest: what the native plugin must know before Python runs.

A text file beside the library. Its first line is ``ireekit-plugin-manifest 1``; each further line is a record, its
fields separated by tabs:

==================================  =====================================================================
``python EXECUTABLE LIBRARY``       the interpreter ireekit is installed in, and its shared library or nothing
``compiler BUILD_ID``               GNU build ID of the compiler that the symbols are of
``symbol NAME OFFSET``              a hidden symbol, in hexadecimal from the load base
``pipeline NAME``                   a plugin ``--iree-plugin=NAME``; its records follow it:
``input-type NAME TYPE``            a value of ``--iree-input-type=``
``input-dialect NAME DIALECT``      operations of it in the input choose the input type before it
``flag NAME FLAG``                  of the compiler, added where the pipeline runs and it is not given
``option NAME OPTION VALUE HELP``   a flag ``--NAME-opt-OPTION=``, and its default
``default-flag FLAG``               of the compiler, added where a pipeline runs and no target is given
``pass NAME HELP``                  a pass for pipeline texts
``dialect NAME``                    a dialect that ``iree-opt`` finds
``end CHECKSUM``                    the last: CRC-32 of all lines before it, eight hexadecimal digits
==================================  =====================================================================
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ireekit.bindings.native import native_library_path
from ireekit.errors import PipelineError
from ireekit.files import write_atomically
from ireekit.passes.registry import PassSource
from ireekit.pipeline import InstalledPipeline, PipelineDefinition
from ireekit.pipeline.configuration import WITHOUT, WITHOUT_HELP
from ireekit.pipeline.passes import pipeline_passes

HEADER = "ireekit-plugin-manifest 1"
NAME = "ireekit.manifest"
OVERRIDE = "IREEKIT_PLUGIN_MANIFEST"
"""Environment variable: the manifest to use instead of the one beside the library."""


@dataclass(frozen=True)
class OptionEntry:
    """A flag of a pipeline."""

    name: str
    default: str
    help: str


@dataclass(frozen=True)
class PipelineEntry:
    """What the plugin knows of a pipeline.

    Attributes:
      name: as in ``--iree-plugin=NAME``.
      input_types: values of ``--iree-input-type=`` that it takes, each with the dialects that choose it.
      options: its flags.
      flags: of the compiler, that it needs.
    """

    name: str
    input_types: tuple[tuple[str, tuple[str, ...]], ...] = ()
    options: tuple[OptionEntry, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What the native plugin reads.

    Attributes:
      python: path of the interpreter.
      libpython: path of its shared library, or ``""``.
      build_id: of the compiler.
      symbols: hidden symbols of that compiler, offsets from its load base by linker name.
      pipelines: each is a plugin.
      default_flags: of the compiler, for the default target.
      passes: name and one line of help.
      dialects: of all pipelines.
    """

    python: str
    libpython: str = ""
    build_id: str = ""
    symbols: dict[str, int] = field(default_factory=dict[str, int])
    pipelines: tuple[PipelineEntry, ...] = ()
    default_flags: tuple[str, ...] = ()
    passes: tuple[tuple[str, str], ...] = ()
    dialects: tuple[str, ...] = ()

    def text(self) -> str:
        """As the native side reads it."""
        rows: list[tuple[str, ...]] = [("python", self.python, self.libpython), ("compiler", self.build_id)]
        rows += [("symbol", name, f"{value:x}") for name, value in sorted(self.symbols.items())]
        for each in self.pipelines:
            rows.append(("pipeline", each.name))
            for name, dialects in each.input_types:
                rows.append(("input-type", each.name, name))
                rows += [("input-dialect", each.name, dialect) for dialect in dialects]
            rows += [("flag", each.name, flag) for flag in each.flags]
            rows += [("option", each.name, option.name, option.default, option.help) for option in each.options]
        rows += [("default-flag", flag) for flag in self.default_flags]
        rows += [("pass", *row) for row in self.passes]
        rows += [("dialect", name) for name in self.dialects]
        return sealed("\n".join([HEADER, *("\t".join(_field(part) for part in row) for row in rows), ""]))


def sealed(text: str) -> str:
    """The text with the record that ends it, by which the native side knows it to be whole."""
    return f"{text}end\t{zlib.crc32(encoded(text)):08x}\n"


def encoded(text: str) -> bytes:
    """As it stands in the file: paths need not be Unicode."""
    return text.encode("utf-8", "surrogateescape")


def manifest_path() -> Path | None:
    """Where the manifest belongs; ``None`` where there is no native library."""
    if given := os.environ.get(OVERRIDE):
        return Path(given)
    library = native_library_path()
    return None if library is None else library.with_name(NAME)


def make_manifest() -> Manifest:
    """What is installed now. Imports every installed pipeline; one that cannot be imported is listed by its name."""
    from ireekit.bindings.build import build_info
    from ireekit.pipeline import installed_pipelines
    from ireekit.plugin.interpreter import executable, shared_library

    definitions = {each.name: _loaded(each) for each in installed_pipelines()}
    return Manifest(
        python=executable(),
        libpython=shared_library(),
        build_id=build_info().build_id,
        symbols=_hidden_symbols(),
        pipelines=tuple(_entry(name, definition) for name, definition in definitions.items()),
        default_flags=_default_flags(),
        passes=tuple(_passes(each for each in definitions.values() if each is not None)),
        dialects=tuple(_dialects(each for each in definitions.values() if each is not None)),
    )


def write_manifest(path: Path | None = None) -> Path | None:
    """Write what is installed now, where the plugin reads it; gives the path, ``None`` without a native library.

    Raises:
      OSError: it cannot be written; what was there stays.
    """
    path = path or manifest_path()
    if path is not None:
        write_atomically(path, encoded(make_manifest().text()))
    return path


def _loaded(installed: InstalledPipeline) -> PipelineDefinition | None:
    try:
        return installed.load()
    except PipelineError:
        # Whoever asks for it is told why.
        return None


def _entry(name: str, definition: PipelineDefinition | None) -> PipelineEntry:
    if definition is None:
        return PipelineEntry(name)
    steps = [step.action for step in (*definition.steps, *(step for each in definition.inputs for step in each.steps))]
    return PipelineEntry(
        name,
        input_types=tuple((each.name, tuple(sorted(each.dialects))) for each in definition.inputs),
        options=(
            *(OptionEntry(each.name, each.default(steps), each.help) for each in definition.options),
            OptionEntry(WITHOUT, "", WITHOUT_HELP),
        ),
        flags=definition.flags,
    )


def _default_flags() -> tuple[str, ...]:
    """What ``compile`` of a pipeline tells the compiler where no target and no option is given."""
    from ireekit.compiler.options import CompileOptions
    from ireekit.targets import parse_targets

    targets = parse_targets("cpu")
    return (*targets.flags(), *CompileOptions().on(targets).compiler_flags())


def _passes(definitions: Iterable[PipelineDefinition]) -> list[tuple[str, str]]:
    from ireekit.bindings.native_passes import is_native_pass
    from ireekit.passes import InstalledPasses

    found: dict[str, str] = {}
    for source in (InstalledPasses(), *(pipeline_passes(each) for each in definitions)):
        for name in source.names():
            # The compiler ends the process where two passes have one name.
            if name not in found and not is_native_pass(name):
                found[name] = _help(source, name)
    return list(found.items())


def _help(source: PassSource, name: str) -> str:
    try:
        cls = source.find(name)
    except PipelineError:
        return "cannot be imported"
    lines = (cls.__doc__ or "" if cls is not None else "").strip().splitlines()
    return lines[0] if lines else "a pass in Python"


def _dialects(definitions: Iterable[PipelineDefinition]) -> list[str]:
    return list(dict.fromkeys(dialect.name for each in definitions for dialect in each.dialects))


def _hidden_symbols() -> dict[str, int]:
    from ireekit.bindings.native import hidden_names
    from ireekit.bindings.symbols import find_cached

    return dict(find_cached(hidden_names()))


def _field(text: str) -> str:
    """One line without separators."""
    return " ".join(text.split())
