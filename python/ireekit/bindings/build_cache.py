"""What is known of one build of the compiler, kept on disk for the next process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ireekit.bindings.build import BuildInfo
from ireekit.files import cache_folder, write_atomically


def stored(build: BuildInfo, kind: str) -> Any:
    """What :func:`store` kept of this library file; ``None`` where nothing fitting is there. The reader checks it."""
    import json

    try:
        content: Any = json.loads(_file(build, kind).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("library") != _identity(build):
        return None
    return content.get(kind)


def store(build: BuildInfo, kind: str, content: Any) -> None:
    """Keep what JSON can say. Not being able to is no error: the next process looks again."""
    import json

    if not build.build_id:
        return
    file = _file(build, kind)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps({"library": _identity(build), kind: content}).encode())
    except OSError:
        return


def _file(build: BuildInfo, kind: str) -> Path:
    return cache_folder() / f"{kind}-{build.build_id or 'unknown'}.json"


def _identity(build: BuildInfo) -> list[Any]:
    status = build.path.stat()
    return [build.build_id, str(build.path), status.st_size, status.st_mtime_ns]
