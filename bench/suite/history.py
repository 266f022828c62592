"""Runs of the bench, kept as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ireekit.files import write_atomically
from suite.engines import Engine

_PACKAGES = ("ireekit", "iree-base-compiler", "torch", "transformers")


def description(engines: Sequence[Engine]) -> dict[str, Any]:
    """When, where and with what a run is made."""
    versions = {name: found for name in _PACKAGES if (found := _version(name))}
    peers = {name: number for engine in engines for name, _, number in (p.partition("==") for p in engine.packages)}
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {**{name: number for name, number in peers.items() if number}, **versions},
        "engines": [engine.name for engine in engines],
    }


def append(file: Path, run: dict[str, Any]) -> list[dict[str, Any]]:
    """All runs of ``file``, ``run`` the last of them."""
    runs: list[dict[str, Any]] = json.loads(file.read_text())["runs"] if file.exists() else []
    runs.append(run)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps({"runs": runs}, indent=1).encode())
    return runs


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    """Model and vector extensions."""
    info = Path("/proc/cpuinfo")
    if sys.platform != "linux" or not info.exists():
        return platform.processor()
    fields: dict[str, str] = {}
    for line in info.read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    extensions = [name for name in ("avx2", "avx512f", "avx512_vnni", "amx_tile") if name in fields.get("flags", "")]
    return " ".join([fields.get("model name", platform.machine()), *extensions])
