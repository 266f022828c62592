"""The result of a search as a file: configurations by key of their kernel, for one machine and one compiler."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ireekit.codegen.configuration import CompilationInfo, LoweringConfig, Translation
from ireekit.errors import CodegenError, TuningError
from ireekit.files import write_atomically

_FORMAT, _VERSION = "ireekit-tuning", 1
_CPU = re.compile(r'cpu = "([^"]*)"')
_TRIPLE = re.compile(r'target_triple = "([^"]*)"')


@dataclass(frozen=True)
class TunedKernel:
    """A kernel that is better configured otherwise.

    Attributes:
      key: of the kernel.
      name: of a function that it was found in.
      info: its configuration, for the form it has at phase ``executable-configurations``.
      before_microseconds, after_microseconds: of one dispatch, measured alone.
    """

    key: str
    name: str
    info: CompilationInfo
    before_microseconds: float
    after_microseconds: float


@dataclass(frozen=True)
class Form:
    """An option of a pass that makes a program faster.

    Attributes:
      step: name of the pass.
      option: its option, as in pipeline text.
      value: as in pipeline text.
    """

    step: str
    option: str
    value: str

    def __str__(self) -> str:
        return f"{self.step}{{{self.option}={self.value}}}"


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Attributes:
      target: digest of the machine it is for, see :func:`target_digest`.
      machine: that machine in words.
      compiler: the build it is for.
      threads: that were measured with.
      kernels: that are better configured otherwise.
      forms: options of passes, for one model.
      model: digest of that model; empty where there are no forms.
    """

    target: str
    machine: str
    compiler: str
    threads: int
    kernels: tuple[TunedKernel, ...]
    forms: tuple[Form, ...] = ()
    model: str = ""

    def digest(self) -> str:
        """Of what it does to a program."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The text of the file."""
        data = {
            "format": _FORMAT,
            "version": _VERSION,
            "machine": self.machine,
            "target": self.target,
            "compiler": self.compiler,
            "threads": self.threads,
            "model": self.model,
            "forms": [{"pass": each.step, "option": each.option, "value": each.value} for each in self.forms],
            "kernels": [
                {
                    "key": each.key,
                    "name": each.name,
                    "pipeline": each.info.translation.pipeline,
                    "flags": list(each.info.translation.flags),
                    "tiles": {level: list(sizes) for level, sizes in each.info.lowering.tiles.items()},
                    "before_us": round(each.before_microseconds, 3),
                    "after_us": round(each.after_microseconds, 3),
                }
                for each in self.kernels
            ],
        }
        return json.dumps(data, indent=1) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file, whole or not at all.

        Raises:
          TuningError: it cannot be written.
        """
        try:
            write_atomically(Path(path), self.to_json().encode())
        except OSError as error:
            raise TuningError(f"cannot write {os.fspath(path)}: {error.strerror or error}") from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tuning:
        """Read such a file.

        Raises:
          TuningError: it cannot be read, or is no tuning file of this version.
        """
        try:
            data: Any = json.loads(Path(path).read_bytes())
        except OSError as error:
            raise TuningError(
                f"cannot read the tuning file {os.fspath(path)}: {error.strerror or error}",
                remedy="`ireekit tune MODEL -o FILE` makes one",
            ) from None
        except ValueError:
            raise _not_one(path, "it is no JSON") from None
        if not isinstance(data, dict) or data.get("format") != _FORMAT:
            raise _not_one(path, f"its format is not {_FORMAT!r}")
        if data.get("version") != _VERSION:
            raise TuningError(
                f"{os.fspath(path)} is a tuning file of version {data.get('version')}, unknown to this ireekit",
                remedy="tune again",
            )
        try:
            kernels = tuple(_kernel(each) for each in data["kernels"])
            forms = tuple(Form(str(each["pass"]), str(each["option"]), str(each["value"])) for each in data["forms"])
            return cls(
                str(data["target"]),
                str(data["machine"]),
                str(data["compiler"]),
                int(data["threads"]),
                kernels,
                forms,
                str(data["model"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _not_one(path, f"{type(error).__name__}: {error}") from None
        except CodegenError as error:
            raise _not_one(path, error.cause) from None


def target_digest(target: str) -> str:
    """Of a target as the compiler says it (``#hal.executable.target<...>``)."""
    return hashlib.sha256(target.encode()).hexdigest()[:16]


def machine_words(target: str) -> str:
    """A target in words: its CPU and triple."""
    cpu, triple = _CPU.search(target), _TRIPLE.search(target)
    return f"{cpu[1] if cpu and cpu[1] else 'generic'} ({triple[1] if triple else 'unknown triple'})"


def compiler_build() -> str:
    """The installed compiler."""
    from ireekit.bindings import build_info

    build = build_info()
    return f"{build.version} {build.build_id}".strip()


def _kernel(data: Any) -> TunedKernel:
    tiles = {str(level): tuple(int(size) for size in sizes) for level, sizes in data["tiles"].items()}
    translation = Translation(str(data["pipeline"]), tuple(str(flag) for flag in data["flags"]))
    info = CompilationInfo(LoweringConfig(tiles), translation)
    return TunedKernel(str(data["key"]), str(data["name"]), info, float(data["before_us"]), float(data["after_us"]))


def _not_one(path: str | os.PathLike[str], why: str) -> TuningError:
    return TuningError(f"{os.fspath(path)} is no tuning file: {why}", remedy="`ireekit tune MODEL -o FILE` makes one")
