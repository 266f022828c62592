"""Where the plugin and its files are in an environment."""

from __future__ import annotations

import sys
from pathlib import Path

LIBRARY = "libireekit.so"
NO_LOADER = "IREE does not load plugins on Windows"
MANIFEST = "ireekit.manifest"
STATE = "ireekit.state"
DISABLED = "ireekit-plugin.disabled"
"""A file of this name in a folder of installed packages: stock tools of the environment leave the plugin alone."""

STARTUP = ("ireekit.pth", "_ireekit_startup.py")
"""What makes stock tools find the plugin, in the folder of installed packages that has the library."""


def has_loader() -> bool:
    """Whether IREE's tools can load plugins on this system."""
    return sys.platform != "win32"


def site_folders() -> list[Path]:
    """The folders of installed packages of this interpreter, those of its environment before those it shares."""
    paths = [Path(each) for each in sys.path]
    return [path for path in paths if path.name in ("site-packages", "dist-packages")]


def library() -> Path | None:
    """The installed library, or ``None`` where it was not built.

    An editable installation has it among the installed packages too, without the Python files.
    """
    paths = (folder / "ireekit" / "plugin" / LIBRARY for folder in site_folders())
    return next((path for path in paths if path.is_file()), None)


def state_folders(library_path: Path) -> list[Path]:
    """Folders for the manifest and the state of this environment, by preference.

    They are beside the library, or in the user's cache where that folder is not writable. An environment that shares
    its library with others (``--system-site-packages``) has its own in the cache.
    """
    from ireekit.files import cache_folder

    beside = library_path.parent.absolute()
    owned = sys.prefix == sys.base_prefix or _is_within(beside, Path(sys.prefix))
    cached = cache_folder().absolute() / "plugin" / (beside if owned else Path(sys.prefix)).relative_to("/")
    return [beside, cached] if owned else [cached]


def disabled_by() -> Path | None:
    """The file that ``ireekit plugin disable`` left, if there is one."""
    paths = (folder / DISABLED for folder in site_folders())
    return next((path for path in paths if path.exists()), None)


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
