"""The interpreter that runs this, as another process would start it or load it."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from pathlib import Path


def executable() -> str:
    """The interpreter's path, in its environment; ``""`` where it is not known."""
    return sys.executable or ""


def shared_library() -> str:
    """Path of the interpreter's shared library, by which it can run inside of another program; ``""`` for none."""
    return next((str(path) for path in _candidates() if path.is_file() and _fits(path)), "")


def _candidates() -> list[Path]:
    names = [sysconfig.get_config_var(name) for name in ("INSTSONAME", "LDLIBRARY")]
    folders = [sysconfig.get_config_var(name) for name in ("LIBDIR", "LIBPL")]
    folders += [str(Path(sys.base_prefix) / "lib")]
    found = [Path(folder) / name for folder in folders if folder for name in names if name and ".so" in name]
    found += [Path(folder) / name for folder in folders if folder for name in names if name and ".dylib" in name]
    framework = sysconfig.get_config_var("PYTHONFRAMEWORKPREFIX")
    if framework and names[1]:
        found.append(Path(framework) / names[1])
    return found


def _fits(path: Path) -> bool:
    """Whether a library is of the very build this interpreter is."""
    try:
        version = ctypes.CDLL(str(path)).Py_GetVersion
    except (OSError, AttributeError):
        return False
    version.restype = ctypes.c_char_p
    return version().decode() == sys.version
