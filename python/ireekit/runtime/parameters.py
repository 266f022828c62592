"""Weights kept outside a program: archives by scope, memory-mapped."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from iree.runtime import ParameterIndex, VmModule, create_io_parameters_module

from ireekit.errors import ArtifactError
from ireekit.runtime import failures

if TYPE_CHECKING:
    from iree.runtime import VmInstance

FORMATS = (".irpa", ".safetensors", ".gguf")
"""File types a program can take its weights from."""


def parameters_module(instance: VmInstance, parameters: Mapping[str, str | os.PathLike[str]]) -> VmModule:
    """A VM module that serves the given archives, each under its scope.

    Raises:
      ArtifactError: a file is missing, of another type, or damaged.
    """
    providers = [_index(Path(path)).create_provider(scope=scope) for scope, path in parameters.items()]
    return create_io_parameters_module(instance, *providers)


def parameter_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The keys in an archive.

    Raises:
      ArtifactError: as :func:`parameters_module`.
    """
    return tuple(name for name, _ in _index(Path(path)).items())


def _index(path: Path) -> ParameterIndex:
    if path.suffix not in FORMATS:
        raise ArtifactError(f"{path.name} is no parameter file", remedy=f"use one of {', '.join(FORMATS)}")
    if not path.is_file():
        raise ArtifactError(
            f"there is no parameter file {path}", remedy="give the path of the weights saved with the program"
        )
    index = ParameterIndex()
    try:
        index.load(str(path))
    except Exception as error:  # IREE maps each status code to another exception type
        raise ArtifactError(
            f"parameter file {path.name} cannot be read: {failures.one_line(error)}",
            remedy="the file may be cut short; write it again",
        ) from error
    return index
