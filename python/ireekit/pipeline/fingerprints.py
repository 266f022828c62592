"""What changes when a definition in Python changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ireekit.dialect import Dialect


def dialect_fingerprint(dialect: Dialect) -> str:
    """Changes with a dialect's name, its definition, and the files that hold the verifiers of its classes."""
    import hashlib

    models = dialect.models
    members = (*models.ops.values(), *models.types.values(), *models.attributes.values())
    modules = (sys.modules.get(member.cls.__module__) for member in members)
    files = {file for module in modules if (file := getattr(module, "__file__", None))}
    digest = hashlib.sha256(dialect.fingerprint.encode())
    for file in sorted(files):
        digest.update(_content(Path(file)))
    return f"{dialect.name}@{digest.hexdigest()[:16]}"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # defined at a prompt, or in an archive
        return str(path).encode()
