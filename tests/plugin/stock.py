"""The unmodified tools of the compiler with the plugin, and packages installed for them alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ireekit.bindings.library import library_path
from ireekit.bindings.native import native_library_path, native_problem

PACKAGES = Path(__file__).parent / "packages"
LOCAL_CPU = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
)
_OURS = ("IREE_LOAD_PLUGINS", "IREEKIT_PLUGIN_", "IREEKIT_NO_PLUGIN")
_WRITE = "import pathlib, sys; from ireekit.plugin.refresh import refresh; refresh(pathlib.Path(sys.argv[1]))"


@dataclass(frozen=True)
class Done:
    """How a tool ended: its exit status, standard output and standard error."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    def __str__(self) -> str:
        return f"exit {self.status}\n{self.err[-3000:]}"


@dataclass(frozen=True)
class Stock:
    """The tools, loading one library, which reads one manifest.

    Attributes:
      library: what they load.
      manifest: what it reads.
      path: folders of packages, before those of this process.
      changes: to the environment; ``None`` unsets.
    """

    library: Path
    manifest: Path
    path: tuple[Path, ...] = ()
    changes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])

    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        folders = [*map(str, self.path), os.environ.get("PYTHONPATH", "")]
        wanted: dict[str, str | None] = {
            **inherited,
            "PYTHONPATH": os.pathsep.join(filter(None, folders)),
            "IREE_LOAD_PLUGINS": str(self.library),
            "IREEKIT_PLUGIN_MANIFEST": str(self.manifest),
            **self.changes,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def with_(self, **changes: str | None) -> Stock:
        """The same in another environment."""
        return replace(self, changes={**self.changes, **changes})

    def start(self, tool: str, *arguments: str | Path, **settings: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(library_path().parent / tool), *map(str, arguments)],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **{"stdin": subprocess.DEVNULL, **settings},
        )

    def run(self, tool: str, *arguments: str | Path, stdin: bytes = b"", timeout: float = 120) -> Done:
        with self.start(tool, *arguments, stdin=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(stdin, timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Done(process.returncode, out, err.decode(errors="replace"))

    def compile(self, *arguments: str | Path, **settings: Any) -> Done:
        return self.run("iree-compile", *arguments, **settings)

    def opt(self, *arguments: str | Path, **settings: Any) -> Done:
        return self.run("iree-opt", *arguments, **settings)

    def python(self, code: str, *arguments: str | Path) -> Done:
        """Run Python in the same environment, with its tools left alone."""
        environment = {name: value for name, value in self.environment().items() if name != "IREE_LOAD_PLUGINS"}
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=environment,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def require_library() -> Path:
    """The plugin; the test is skipped where it was not built."""
    path = native_library_path()
    if path is None:
        pytest.skip(f"{native_problem()}")
    return path


def install(
    folder: Path,
    name: str = "",
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    modules: Path = PACKAGES,
) -> Stock:
    """Install a package for the tools, besides what this process has.

    Args:
      folder: an empty one.
      name: of the package.
      entry_points: by group, then by name.
      modules: folder of its modules.
    """
    library = require_library()
    if name:
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        groups = (entry_points or {}).items()
        rows = [line for group, named in groups for line in (f"[{group}]", *(f"{a} = {b}" for a, b in named.items()))]
        (info / "entry_points.txt").write_text("\n".join([*rows, ""]))
    stock = Stock(library, folder / "ireekit.manifest", (folder, modules))
    done = stock.python(_WRITE, folder)
    assert done.status == 0, str(done)
    return stock
