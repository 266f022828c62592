"""lit suites: one configuration for every package's, and the list of what a suite should run.

A package's ``lit.cfg.py`` is::

    from ireekit.testing.lit import configure

    configure(config, __file__)
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

SUFFIXES = (".mlir", ".test")

_SUPPORT_FOLDERS = frozenset({"Inputs", "Output"})
_RUN_LINE = re.compile(r"\bRUN:")
_INHERITED = ("HOME", "TMPDIR", "VK_DRIVER_FILES", "IREEKIT_CACHE_DIR", "IREEKIT_NATIVE_LIBRARY", "PYTHONPATH")


def configure(config: Any, file: str | os.PathLike[str], *, name: str = "ireekit", tests: str = "tests/lit") -> None:
    """Set up a lit suite whose ``RUN:`` lines use ``ireekit``, ``filecheck`` and the tools of this environment.

    ``%python`` is this interpreter, ``%inputs`` the folder ``Inputs`` beside the test; the features of
    :data:`FEATURES` that are there can be named in ``REQUIRES:`` lines.

    Args:
      config: as lit hands it to the configuration file.
      file: the configuration file, ``__file__``.
      name: of the suite.
      tests: folder of the tests beside that file.
    """
    import lit.formats

    folder = Path(file).resolve().parent
    config.name = name
    config.test_format = lit.formats.ShTest(execute_external=False)
    config.suffixes = set(SUFFIXES)
    config.excludes = set(_SUPPORT_FOLDERS)
    config.test_source_root = str(folder / tests)
    config.test_exec_root = str(folder / "build" / "lit")
    # The tools of the environment that runs lit, whatever else is on the path.
    config.environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for inherited in _INHERITED:
        if inherited in os.environ:
            config.environment[inherited] = os.environ[inherited]
    config.substitutions.append(("%python", sys.executable))
    config.substitutions.append(("%inputs", "%S/Inputs"))
    config.available_features |= available_features()


def _has_module(name: str) -> Callable[[], bool]:
    def found() -> bool:
        from importlib.util import find_spec

        return find_spec(name) is not None

    return found


def _has_native_library() -> bool:
    from ireekit.bindings.native import native_library_path

    return native_library_path() is not None


FEATURES: dict[str, Callable[[], bool]] = {
    "torch": _has_module("torch"),
    "jax": _has_module("jax"),
    "onnx": _has_module("onnx"),
    "torch-mlir": _has_module("torch_mlir"),
    "native": _has_native_library,
}
"""What ``REQUIRES:`` lines can name, and how each is found."""


def available_features() -> set[str]:
    """Names of those rows of :data:`FEATURES` that are there."""
    return {name for name, found in FEATURES.items() if found()}


def suite_files(folder: Path, suffixes: Iterable[str] = SUFFIXES) -> list[Path]:
    """Every file under ``folder`` with a ``RUN:`` line, sorted: what lit must discover, no more and no less."""
    wanted = tuple(suffixes)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in wanted
        and not _SUPPORT_FOLDERS & set(path.relative_to(folder).parts)
        and _RUN_LINE.search(path.read_text(encoding="utf-8"))
    )
