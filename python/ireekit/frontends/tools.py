"""Importers that are programs of their own, maybe of another Python environment."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ireekit.errors import ModelImportError

_NOISE = ("I0000", "W0000", "E0000", "WARNING:", "INFO:", "Traceback", "  File ")


def run_tool(command: Sequence[str], *, what: str, location: str, remedy: str, timeout: float, folder: Path) -> None:
    """Run an importer to its end.

    Args:
      command: program and arguments.
      what: it does, for the message: ``"iree-import-tf cannot import the SavedModel"``.
      location: the model.
      remedy: of the error raised.
      timeout: seconds.
      folder: it runs in: Python takes modules from there first, so not one of the user's.

    Raises:
      ModelImportError: it cannot be started, fails, or does not end in time; with the last of its messages.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            errors="replace",
            cwd=folder,
        )
    except subprocess.TimeoutExpired:
        raise ModelImportError(f"{what}: not done after {timeout:.0f} s", location=location, remedy=remedy) from None
    except OSError as error:
        raise ModelImportError(f"{what}: {error.strerror}", location=location, remedy=remedy) from None
    if done.returncode == 0:
        return
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip() and not line.startswith(_NOISE)]
    cause = lines[-1] if lines else f"exit status {done.returncode}"
    raise ModelImportError(f"{what}: {cause}", location=location, notes=tuple(lines[-4:-1]), remedy=remedy)
