"""The stock tools, with a package of pipelines installed beside ireekit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ireekit.bindings.library import library_path
from ireekit.bindings.native import native_library_path, native_problem

PACKAGES = Path(__file__).parent / "packages"
PIPELINES = {
    "acme": "acme_plugin:acme",
    "dumping": "acme_plugin:dumping",
    "saying": "acme_plugin:saying",
    "failing": "acme_plugin:failing",
    "hooking": "acme_plugin:hooking",
    "multiplying": "acme_plugin:multiplying",
    "only-vulkan": "acme_plugin:only_vulkan",
    "broken": "acme_plugin:nothing",
}
CPU = ("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu")
CPU_GENERIC = (*CPU, "--iree-llvmcpu-target-cpu=generic")
ADD = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %y : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


@dataclass(frozen=True)
class StockTools:
    """The binaries of the wheel, with the plugin.

    Attributes:
      environment: of their processes.
      folder: they run in.
    """

    environment: Mapping[str, str]
    folder: Path

    def run(
        self,
        tool: str,
        *arguments: str | Path,
        input: str | None = None,  # noqa: A002
        environment: Mapping[str, str] | None = None,
        plugin: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a tool to its end, whatever that is."""
        variables = {**self.environment, **(environment or {})}
        if not plugin:
            variables.pop("IREE_LOAD_PLUGINS")
        return subprocess.run(
            [library_path().parent / tool, *arguments],
            input=input,
            capture_output=True,
            text=True,
            env=variables,
            cwd=self.folder,
            timeout=300,
            check=False,
        )

    def compile(
        self, module: str, *flags: str, environment: Mapping[str, str] | None = None, plugin: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """``iree-compile`` a module for a generic CPU; the program goes to ``out.vmfb`` in the folder."""
        return self.run(
            "iree-compile",
            "-",
            *CPU_GENERIC,
            *flags,
            "-o",
            "out.vmfb",
            input=module,
            environment=environment,
            plugin=plugin,
        )


def install(folder: Path, pipelines: Mapping[str, str], passes: Mapping[str, str] | None = None) -> Path:
    """Make a folder with the metadata of a package that offers pipelines; it goes on PYTHONPATH."""
    info = folder / "acme_plugin-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plugin\nVersion: 0.1\n")
    groups = {"ireekit.pipelines": pipelines, "ireekit.passes": passes or {}}
    lines = [
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items()) for group, rows in groups.items() if rows
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return folder


def stock_tools(folder: Path, path: Sequence[Path]) -> StockTools:
    """Tools with a manifest of what is installed, ``path`` included."""
    library = native_library_path()
    if library is None:
        pytest.skip(f"{native_problem()}")
    manifest = folder / "ireekit.manifest"
    inherited = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*map(str, path), *([inherited] if inherited else [])]),
        "IREE_LOAD_PLUGINS": str(library),
        "IREEKIT_PLUGIN_MANIFEST": str(manifest),
    }
    write = "import pathlib, sys; from ireekit.plugin.refresh import refresh; refresh(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", write, str(folder)], env=environment, check=True)
    return StockTools(environment, folder)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What to put on PYTHONPATH for the pipelines of the tests."""
    return PACKAGES, install(tmp_path_factory.mktemp("site"), PIPELINES)


@pytest.fixture(scope="session")
def _manifest(tmp_path_factory: pytest.TempPathFactory, installed: tuple[Path, Path]) -> StockTools:
    return stock_tools(tmp_path_factory.mktemp("plugin"), installed)


@pytest.fixture
def tools(_manifest: StockTools, tmp_path: Path) -> StockTools:
    """The tools, in a folder of their own."""
    return StockTools(_manifest.environment, tmp_path)
