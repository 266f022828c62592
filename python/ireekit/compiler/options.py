"""Options of a compilation, and what they are to the compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ireekit.errors import TargetError
from ireekit.targets import Level, TargetSet

if TYPE_CHECKING:
    from ireekit.bindings.actions import PassExecution
    from ireekit.codegen.tuned.file import Tuning
    from ireekit.passes.instrumentation import Instrumentation

OptimizationLevel = Level

# (from, to) -> the flag that converts a model's data type at import.
_DATA_TYPE_FLAGS: dict[tuple[str, str], str] = {
    ("f64", "f32"): "--iree-input-demote-f64-to-f32=true",
    ("f64", "f64"): "--iree-input-demote-f64-to-f32=false",
    ("f32", "f16"): "--iree-input-demote-f32-to-f16=true",
    ("i64", "i32"): "--iree-input-demote-i64-to-i32=true",
    ("bf16", "f32"): "--iree-input-promote-bf16-to-f32=true",
    ("f16", "f32"): "--iree-input-promote-f16-to-f32=true",
}


@dataclass(frozen=True)
class CompileOptions:
    """How a program is compiled.

    Attributes:
      optimize: ``O0`` (quick to compile) to ``O3`` (quick to run); ``None``: the default of the targets.
      data_types: conversions applied to the whole program, e.g. ``{"f32": "f16"}``; see the error of an
        unknown one for what there is.
      dump: folder for the IR after each phase and each pass, as ``NN-name.mlir``.
      flags: further compiler flags, given last.
      progress: a progress line per phase on standard error; ``None``: only in a terminal.
      cache: reuse and keep compiled programs on disk; a path names the folder.
      verify: verify the IR between the compiler's own passes; slow, for hunting bugs.
      instrumentation: told of the pipeline's passes; the compiler uses one thread then.
      observe: passes of the compiler that ``instrumentation`` is told of too.
      watch_passes: given every pass the compiler ran, once it is done.
      tuning: configurations of kernels, or the path of a tuning file.
    """

    optimize: OptimizationLevel | None = None
    data_types: Mapping[str, str] = field(default_factory=dict[str, str])
    dump: Path | None = None
    flags: tuple[str, ...] = ()
    progress: bool | None = None
    cache: bool | Path = True
    verify: bool = False
    instrumentation: Instrumentation | None = None
    observe: tuple[str, ...] = ()
    watch_passes: Callable[[Sequence[PassExecution]], None] | None = None
    tuning: Tuning | Path | None = None

    @property
    def looks_inside(self) -> bool:
        """Whether the compilation itself is of interest, so that the cache is of no use."""
        return bool(self.dump or self.instrumentation or self.watch_passes)

    def on(self, targets: TargetSet) -> CompileOptions:
        """These options, with what was left open decided by the targets."""
        return replace(self, optimize=self.optimize or targets.default_level)

    def compiler_flags(self) -> tuple[str, ...]:
        """Session flags for these options, the user's own last.

        Raises:
          TargetError: an unknown optimisation level or data type conversion.
        """
        level = () if self.optimize is None else (f"--iree-opt-level={self.optimize}",)
        if self.optimize not in (None, *get_args(Level)):
            raise TargetError(f"unknown optimization level {self.optimize!r}", remedy="one of O0, O1, O2, O3")
        if not isinstance(self.data_types, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TargetError(f"data_types={self.data_types!r} is no mapping", remedy="e.g. data_types={'f32': 'f16'}")
        for flag in self.flags:
            if not str(flag).startswith("--"):
                raise TargetError(f"{flag!r} is no compiler flag", remedy="e.g. flags=['--iree-opt-level=O1']")
        return (
            *level,
            *(_data_type_flag(source, to) for source, to in self.data_types.items()),
            *self.flags,
        )

    def changed(self) -> dict[str, Any]:
        """The options that differ from their defaults and shape the program, as JSON values."""
        default = CompileOptions()
        shaping = (option.name for option in fields(self) if option.name in ("optimize", "data_types"))
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name in shaping
            if (value := getattr(self, name)) != getattr(default, name)
        }


def _data_type_flag(source: str, to: str) -> str:
    flag = _DATA_TYPE_FLAGS.get((source, to))
    if flag is None:
        known = ", ".join(f"{a} to {b}" for a, b in _DATA_TYPE_FLAGS)
        raise TargetError(f"no conversion of data type {source!r} to {to!r}", remedy=f"there is: {known}")
    return flag
