"""Programs of one model that take turns in one process."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from ireekit.artifact.container import METADATA_ENTRY
from suite.engines import Run, iree_program
from suite.failures import BenchError
from suite.folders import ModelFolder

if TYPE_CHECKING:
    from ireekit.artifact import Artifact


Checksums: TypeAlias = tuple[tuple[str, int], ...]


class Turns:
    """Measures programs by the least CPU time of a call, all of the process's threads together.

    Args:
      model: that all of them are of.
      device: that they run on, as :func:`ireekit.runtime.open_device` takes it.
      by: the clock, in nanoseconds: ``time.perf_counter_ns`` where the work is not done in this process.
    """

    def __init__(self, model: ModelFolder, device: str = "cpu-sync", by: Any = time.process_time_ns) -> None:
        self._model = model
        self._device = device
        self._clock = by
        self._runs: dict[str, Run] = {}
        self._least: dict[str, int] = {}
        self._contents: dict[Checksums, str] = {}
        self._same: dict[str, str] = {}
        self._errors: dict[str, float] = {}

    def add(self, name: str, artifact: Artifact, file: Path) -> float:
        """One more program; its largest error against torch, relative to the largest magnitude.

        Raises:
          BenchError: it is further off than the model's tolerance.
        """
        from suite.worker import relative_error
        from suite.zoo import EVERY

        if artifact.path != file:
            artifact.save(file)
        content = _content(file)
        if (same := self._contents.get(content)) is not None:
            self._same[name] = same
            return self._errors[same]
        self._contents[content] = name
        self._runs[name] = self._loaded(file)
        results = iree_program.arrays(self._runs[name]())
        error = max(relative_error(np.asarray(a), b) for a, b in zip(results, self._model.expected(), strict=True))
        if error > EVERY[self._model.name].tolerance:
            raise BenchError(f"{name}: results are off by {error:.1e}")
        self._errors[name] = error
        return error

    def _loaded(self, file: Path) -> Run:
        from ireekit.runtime import Program
        from ireekit.signature import EntryPoint

        entries = [EntryPoint.from_json(entry) for entry in iree_program.described(self._model)["entry_points"]]
        main = Program.load(file, device=self._device, entry_points=entries).main
        inputs = self._model.inputs()
        return lambda: main(*inputs)

    def take(self, seconds: float) -> None:
        """A turn for each, of at least two calls."""
        for name, run in self._runs.items():
            run()
            calls, stop = 0, time.perf_counter() + seconds
            while calls < 2 or time.perf_counter() < stop:
                started = self._clock()
                run()
                elapsed = self._clock() - started
                self._least[name] = min(self._least.get(name, elapsed), elapsed)
                calls += 1

    def milliseconds(self) -> dict[str, float]:
        """The least of each so far; programs that are the same have the same."""
        least = {name: least / 1e6 for name, least in self._least.items()}
        return {**least, **{name: least[same] for name, same in self._same.items()}}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runs.clear()


def _content(file: Path) -> Checksums:
    """What a program is made of, without how it was made."""
    with zipfile.ZipFile(file) as archive:
        return tuple((each.filename, each.CRC) for each in archive.infolist() if each.filename != METADATA_ENTRY)
