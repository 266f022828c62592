"""How an artifact was made: plain data, JSON in the file's ``ireekit.json`` entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ireekit.errors import ArtifactError
from ireekit.signature import EntryPoint

FORMAT = 1


@dataclass(frozen=True)
class ParameterReference:
    """Weights an artifact needs at load.

    Attributes:
      scope: the name under which the program refers to them.
      file: name of the archive, looked for beside the artifact and then at ``path``.
      path: where the archive was when the program was compiled.
      byte_size: of all tensors together.
    """

    scope: str
    file: str
    path: str
    byte_size: int


@dataclass(frozen=True)
class Metadata:
    """Everything an artifact says of itself.

    Attributes:
      entry_points: its callables.
      targets: ``family:architecture`` of each target inside, preferred one first.
      pipeline: name of the pipeline that made it.
      passes: the pipeline's steps that ran, as ``phase: pass{options}``.
      framework: name and version of where the model came from.
      compiler: version and build ID of the compiler.
      ireekit: version of this package.
      flags: the compiler flags used.
      options: the compile options that differ from their defaults.
      phase_seconds: wall time of each phase and pass, in seconds.
      input_digest: SHA-256 of the imported IR.
      parameters: archives it needs at load.
      remarks: what was not done quite as asked, said again whenever the artifact comes out of a cache.
    """

    entry_points: tuple[EntryPoint, ...]
    targets: tuple[str, ...]
    pipeline: str
    passes: tuple[str, ...]
    framework: str
    compiler: str
    ireekit: str
    flags: tuple[str, ...]
    options: Mapping[str, Any]
    phase_seconds: Mapping[str, float]
    input_digest: str
    parameters: tuple[ParameterReference, ...] = field(default=())
    remarks: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        data = {
            "format": FORMAT,
            "ireekit": self.ireekit,
            "compiler": self.compiler,
            "framework": self.framework,
            "pipeline": self.pipeline,
            "passes": list(self.passes),
            "targets": list(self.targets),
            "entry_points": [entry.to_json() for entry in self.entry_points],
            "flags": list(self.flags),
            "options": dict(self.options),
            "phase_seconds": {name: round(seconds, 6) for name, seconds in self.phase_seconds.items()},
            "input_digest": self.input_digest,
            "parameters": [vars(reference) for reference in self.parameters],
            "remarks": list(self.remarks),
        }
        return json.dumps(data, indent=1).encode()

    @staticmethod
    def from_json(text: bytes) -> Metadata:
        """Read what :meth:`to_json` wrote.

        Raises:
          ArtifactError: it is damaged, or of a later format.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ArtifactError(
                    f"the artifact's metadata has format {data['format']}, this ireekit reads {FORMAT}",
                    remedy=f"use ireekit {data.get('ireekit', 'of a later version')}",
                )
            return Metadata(
                entry_points=tuple(EntryPoint.from_json(entry) for entry in data["entry_points"]),
                targets=tuple(data["targets"]),
                pipeline=data["pipeline"],
                passes=tuple(data["passes"]),
                framework=data["framework"],
                compiler=data["compiler"],
                ireekit=data["ireekit"],
                flags=tuple(data["flags"]),
                options=data["options"],
                phase_seconds=data["phase_seconds"],
                input_digest=data["input_digest"],
                parameters=tuple(ParameterReference(**reference) for reference in data["parameters"]),
                remarks=tuple(data.get("remarks", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(f"the artifact's metadata is damaged: {error}") from None
