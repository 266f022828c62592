"""Whether the stock tools of this environment find the plugin, and what they find."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ireekit.bindings.build import build_info
from ireekit.plugin.environment import loading
from ireekit.plugin.places import MANIFEST, STARTUP, library, site_folders, state_folders

# Records of the manifest by what people call them.
_KINDS = {"pipelines": "pipeline", "passes": "pass", "dialects": "dialect"}


@dataclass(frozen=True)
class Status:
    """Attributes:
    found: whether ``iree-compile`` of this environment, started from this shell, loads the plugin.
    reason: why not.
    library: its path, or ``None``.
    compiler: version and build of the compiler.
    manifest: its path, or ``None`` where there is none.
    age: of the manifest, in seconds.
    offered: names in the manifest by kind, see ``_KINDS``.
    """

    found: bool
    reason: str
    library: Path | None
    compiler: str
    manifest: Path | None
    age: float | None
    offered: dict[str, list[str]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        paths = {name: None if path is None else str(path) for name, path in self._paths().items()}
        return {
            "found": self.found,
            "reason": self.reason,
            "compiler": self.compiler,
            **paths,
            "age_s": self.age,
            "offered": self.offered,
        }

    def rows(self) -> Sequence[Sequence[str]]:
        """For people."""
        rows = [("stock tools", "load the plugin" if self.found else f"do not load it: {self.reason}")]
        rows += [("compiler", self.compiler)]
        rows += [(name, "none" if path is None else str(path)) for name, path in self._paths().items()]
        if self.age is not None:
            rows.append(("written", f"{_duration(self.age)} ago"))
        return rows + [(kind, ", ".join(names) or "none") for kind, names in self.offered.items()]

    def _paths(self) -> dict[str, Path | None]:
        return {"library": self.library, "manifest": self.manifest}


def status() -> Status:
    """Look; a manifest that is out of date is written anew first, as the stock tools would do."""
    ours = library()
    try:
        build = build_info()
    except FileNotFoundError:
        return Status(False, "iree-base-compiler is not installed", ours, "none", None, None)
    compiler = f"{build.version}, build {build.build_id or 'unknown'}, {build.path}"
    found = loading(build.path)
    reason = found.reason or _startup_problem()
    manifest = found.manifest or (ours and _written(ours))
    if manifest is None:
        return Status(False, reason, ours, compiler, None, None)
    try:
        age = max(0.0, time.time() - manifest.stat().st_mtime)
        text = manifest.read_text("utf-8", "replace")
    except OSError:
        return Status(False, reason or f"{manifest} cannot be read", ours, compiler, manifest, None)
    return Status(not reason, reason, ours, compiler, manifest, age, _offered(text))


def _offered(manifest: str) -> dict[str, list[str]]:
    records = [line.split("\t") for line in manifest.splitlines()]
    return {
        kind: sorted({fields[0] for record, *fields in records if record == name and fields})
        for kind, name in _KINDS.items()
    }


def _written(ours: Path) -> Path | None:
    paths = (folder / MANIFEST for folder in state_folders(ours))
    return next((path for path in paths if path.exists() and path.stat().st_size), None)


def _startup_problem() -> str:
    """Python reads ``.pth`` files in folders of installed packages only, not in those of ``PYTHONPATH``."""
    if Path(STARTUP[1]).stem in sys.modules:
        return ""
    missing = [name for name in STARTUP if not any((folder / name).exists() for folder in site_folders())]
    if missing:
        return f"{missing[0]} is not installed: reinstall ireekit, or set IREE_LOAD_PLUGINS=$(ireekit plugin path)"
    return "Python did not read ireekit.pth (python -S?)"


def _duration(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return f"{int(seconds)} s"
