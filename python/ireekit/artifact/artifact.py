"""A compiled program: save, load, inspect, call."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.artifact.container import check_entries, read_all, read_metadata, with_metadata
from ireekit.artifact.metadata import Metadata
from ireekit.artifact.report import SizeReport, size_report
from ireekit.errors import ArtifactError, DeviceError
from ireekit.files import write_atomically
from ireekit.signature import EntryPoint
from ireekit.targets import Target

if TYPE_CHECKING:
    from ireekit.runtime import Function, Program

PathLike = str | os.PathLike[str]


class Artifact:
    """A program as one ``.vmfb``, in memory or in a file.

    Call it to run it: it is loaded on the first matching device at the first call, and keeps its state
    (mutable buffers, KV caches) between calls; :meth:`load` gives further, independent instances.

    Attributes:
      metadata: how it was made; ``None`` for a ``.vmfb`` that ireekit did not make.
      path: the file it was loaded from or last saved to.
      from_cache: whether the compiler was spared.
    """

    def __init__(self, source: bytes | Path, metadata: Metadata | None, *, from_cache: bool = False) -> None:
        self._source = source
        self.metadata = metadata
        self.path = source if isinstance(source, Path) else None
        self.from_cache = from_cache
        self._program: Program | None = None

    @staticmethod
    def assemble(program: bytes | memoryview, metadata: Metadata) -> Artifact:
        """Put what the compiler gave and how it was made into one artifact."""
        return Artifact(with_metadata(program, metadata.to_json()), metadata)

    @staticmethod
    def open(path: PathLike) -> Artifact:
        """Read an artifact, or any ``.vmfb``. Its code stays in the file until it is run.

        Raises:
          ArtifactError: there is no such file, or it is damaged or something else.
        """
        path = Path(path)
        text = read_metadata(path)
        return Artifact(path, None if text is None else Metadata.from_json(text))

    @staticmethod
    def from_bytes(data: bytes) -> Artifact:
        """Read an artifact from memory.

        Raises:
          ArtifactError: it is damaged or something else.
        """
        text = read_metadata(data)
        return Artifact(data, None if text is None else Metadata.from_json(text))

    def save(self, path: PathLike) -> Path:
        """Write the ``.vmfb``, whole or not at all; archives of weights stay where they are.

        Raises:
          ArtifactError: the file cannot be written; what was at ``path`` before is still there.
        """
        path = Path(path)
        data = self.data
        try:
            write_atomically(path, data)
        except OSError as error:
            raise ArtifactError(
                f"cannot write {path}: {error.strerror or error}",
                remedy="choose another folder, or free some space",
            ) from None
        self.path = path
        return path

    @property
    def data(self) -> bytes:
        """The bytes of the ``.vmfb``.

        Raises:
          ArtifactError: its file is gone or cannot be read.
        """
        return read_all(self._source)

    @property
    def size(self) -> int:
        """Size of the ``.vmfb`` in bytes, weights in archives not counted."""
        return self._source.stat().st_size if isinstance(self._source, Path) else len(self._source)

    @cached_property
    def entry_points(self) -> tuple[EntryPoint, ...]:
        """Its callables, with names, shapes and dtypes."""
        if self.metadata is not None:
            return self.metadata.entry_points
        # Read from the module itself: it may be for a device that is not here.
        from ireekit.runtime.reflection import reflect
        from ireekit.runtime.session import load_module, vm_instance

        return reflect(load_module(vm_instance(), self._source))

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What it was compiled for, preferred target first; empty for a file ireekit did not make."""
        if self.metadata is None:
            return ()
        return tuple(Target(*text.split(":", 1)) for text in self.metadata.targets)

    @property
    def phase_seconds(self) -> Mapping[str, float]:
        """Compile time of each phase and pass, in seconds."""
        return self.metadata.phase_seconds if self.metadata else {}

    def check(self) -> None:
        """Read everything and compare checksums, which :meth:`open` does not.

        Raises:
          ArtifactError: some of it is damaged.
        """
        check_entries(self._source)

    def size_report(self) -> SizeReport:
        """Bytes of program, code, constants and weights."""
        return size_report(self._source, self.metadata)

    def load(
        self,
        device: str | None = None,
        *,
        parameters: Mapping[str, PathLike] | PathLike | None = None,
    ) -> Program:
        """An instance of the program on a device, with state of its own.

        Args:
          device: as :func:`ireekit.runtime.open_device` takes it; ``None`` for the first device here that one
            of the artifact's targets runs on.
          parameters: archives of weights by scope, or the only one, where they have moved.

        Raises:
          DeviceError: no device here fits; the error names those that exist.
          ArtifactError: an archive of weights is missing or damaged.
        """
        from ireekit.runtime import Program

        return Program.load(
            self._source,
            device=device or self._matching_device(),
            entry_points=None if self.metadata is None else self.metadata.entry_points,
            parameters=self.parameter_paths(parameters),
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the only entry point, or the one named ``main``."""
        return self._loaded(*args, **kwargs)

    def __getitem__(self, entry_point: str) -> Function:
        return self._loaded[entry_point]

    def __repr__(self) -> str:
        targets = ",".join(map(str, self.targets)) or "unknown targets"
        return f"<Artifact for {targets}: {self.size:,} bytes>"

    @property
    def _loaded(self) -> Program:
        if self._program is None:
            self._program = self.load()
        return self._program

    def _matching_device(self) -> str:
        from ireekit.runtime import devices

        if not self.targets:
            return "local-task"
        here = devices()
        for target in self.targets:
            for driver in target.drivers:
                found = next((device for device in here if device.driver == driver), None)
                if found is not None:
                    return found.uri
        wanted = ", ".join(map(str, self.targets))
        raise DeviceError(
            f"no device here runs {wanted}; devices here: " + ", ".join(device.uri for device in here),
            remedy="`ireekit doctor` says why a driver is missing",
        )

    def parameter_paths(self, given: Mapping[str, PathLike] | PathLike | None = None) -> dict[str, Path]:
        """Scope -> archive of weights, for every scope the program needs.

        Args:
          given: archives by scope, or the only one, where they have moved.

        Raises:
          ArtifactError: one is missing.
        """
        references = self.metadata.parameters if self.metadata else ()
        if isinstance(given, Mapping):
            table = {scope: Path(path) for scope, path in given.items()}
        elif given is not None:
            table = {(references[0].scope if references else "model"): Path(given)}
        else:
            table = {}
        for reference in references:
            if reference.scope in table:
                continue
            beside = [] if self.path is None else [self.path.parent / reference.file]
            found = next((path for path in (*beside, Path(reference.path)) if path.exists()), None)
            if found is None:
                raise ArtifactError(
                    f"the artifact's weights {reference.file} are neither beside it nor at {reference.path}",
                    remedy="give parameters=PATH, or put the archive beside the artifact",
                )
            table[reference.scope] = found
        return table
