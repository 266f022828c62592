"""The environment variables with which the stock tools of this environment load the plugin.

Nothing here raises, prints or takes long, except for the first use after an installation changed, when the manifest is
written anew by a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ireekit.plugin.places import (
    DISABLED,
    LIBRARY,
    MANIFEST,
    NO_LOADER,
    STATE,
    disabled_by,
    has_loader,
    library,
    site_folders,
    state_folders,
)
from ireekit.plugin.state import State, read_state, stamp

LOAD = "IREE_LOAD_PLUGINS"
"""IREE's own: paths of libraries, separated by commas."""

OPT_OUT = "IREEKIT_NO_PLUGIN"
"""Anything but ``0`` in it: stock tools stay as they are."""

MANIFEST_FILE = "IREEKIT_PLUGIN_MANIFEST"
"""For the library: the manifest of this environment. Where it is set, :data:`LOAD` was set by us, not by a person."""

REFRESHING = "IREEKIT_PLUGIN_REFRESHING"
"""Set in the process that writes the manifest, which must not wait for itself."""

NO_FOLDER = "no folder for the manifest can be written to: set IREEKIT_CACHE_DIR"

_SECONDS_TO_REFRESH = 120


@dataclass(frozen=True)
class Loading:
    """How stock tools of this environment are started.

    Attributes:
      libraries: what they load, as in :data:`LOAD`; ``""`` for nothing.
      manifest: what it reads.
      reason: why they load nothing; ``""`` where they do.
    """

    libraries: str = ""
    manifest: Path | None = None
    reason: str = ""

    def variables(self) -> dict[str, str | None]:
        """To set in their environment; ``None`` to unset."""
        if self.libraries:
            return {LOAD: self.libraries, MANIFEST_FILE: str(self.manifest)}
        return {LOAD: None, MANIFEST_FILE: None} if set_by_us(os.environ) else {}


def set_by_us(environment: Mapping[str, str]) -> bool:
    """Whether an ireekit, of whatever environment, set :data:`LOAD` in a process that started this one."""
    value = environment.get(LOAD, "")
    return MANIFEST_FILE in environment and "," not in value and Path(value).name == LIBRARY


def loading(compiler: Path) -> Loading:
    """Decide for the stock tools of one compiler, given its library. A manifest that is out of date is written anew."""
    if not has_loader():
        return Loading(reason=NO_LOADER)
    if os.environ.get(OPT_OUT, "0") not in ("", "0"):
        return Loading(reason=f"{OPT_OUT} is set")
    if REFRESHING in os.environ:
        return Loading(reason="the manifest is being written")
    ours = library()
    if ours is None:
        return Loading(reason=f"{LIBRARY} is not installed")
    named = os.environ.get(LOAD)
    if named is not None and not set_by_us(os.environ) and str(ours) not in named.split(","):
        return Loading(reason=f"{LOAD} is set to {named!r}")
    if file := disabled_by():
        return Loading(reason=f"disabled by {file}")
    found = current_state(ours, compiler)
    if found is None:
        unwritable = writable_folder(ours) is None
        return Loading(reason=NO_FOLDER if unwritable else "another process writes the manifest since a long time")
    folder, state = found
    if state.problem:
        return Loading(reason=state.problem)
    # A person's own list that has our library stays as it is.
    keep = named if named is not None and not set_by_us(os.environ) else str(ours)
    return Loading(keep, folder / MANIFEST)


def current_state(ours: Path, compiler: Path) -> tuple[Path, State] | None:
    """The folder and the state that hold now, written anew where none does.

    Of processes that find it out of date together, one writes and the others wait.
    """
    if found := _recorded(ours, compiler):
        return found
    folder = writable_folder(ours)
    if folder is None:
        return None
    with locked(folder) as mine:
        if found := _recorded(ours, compiler):
            return found
        if not mine:
            return None
        problem = _refresh_elsewhere()
        if found := _recorded(ours, compiler):
            return found
        # It is not tried again before something changes.
        record(folder, State(str(compiler), tuple(map(str, site_folders())), problem, stamps_of(ours, compiler)))
        return _recorded(ours, compiler)


def _recorded(ours: Path, compiler: Path) -> tuple[Path, State] | None:
    sites = site_folders()
    for folder in state_folders(ours):
        state = read_state(folder / STATE)
        if state is not None and state.holds(compiler, sites):
            return folder, state
    return None


def stamps_of(ours: Path, compiler: Path, sources: tuple[Path, ...] = ()) -> tuple[tuple[str, str], ...]:
    """Of what every manifest depends on, and of ``sources``."""
    paths = (compiler, ours, Path(sys.executable).resolve(), *site_folders(), *sources)
    return tuple((str(path), stamp(path)) for path in dict.fromkeys(paths))


def record(folder: Path, state: State) -> None:
    """Write the file of a state; a folder that cannot be written to is left as it is."""
    from ireekit.files import write_atomically

    with contextlib.suppress(OSError):
        write_atomically(folder / STATE, state.text().encode("utf-8", "surrogateescape"))


def writable_folder(ours: Path) -> Path | None:
    """The first of the folders that can be written to; made where it is missing."""
    for folder in state_folders(ours):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None


@contextlib.contextmanager
def locked(folder: Path) -> Generator[bool]:
    """Alone among the processes that ask for this; false where the other one takes too long."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + _SECONDS_TO_REFRESH
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    yield False
                    return
                time.sleep(0.02)
                continue
            except OSError:  # a file system without locks: what is written appears at once anyway
                pass
            yield True
            return
    finally:
        os.close(descriptor)


def _refresh_elsewhere() -> str:
    """Have another process write manifest and state; gives what went wrong, or ``""``."""
    if not sys.executable:
        return "there is no Python interpreter to write the manifest with"
    variables = {name: value for name, value in os.environ.items() if name not in (LOAD, MANIFEST_FILE)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ireekit", "plugin", "refresh"],
            env={**variables, REFRESHING: "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS_TO_REFRESH,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"the manifest could not be written: {error}"
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return f"the manifest could not be written: {lines[-1]}" if done.returncode else ""


def disabling_file() -> Path:
    """What ``ireekit plugin disable`` makes: in the environment's own folder of installed packages."""
    own = Path(sys.prefix).resolve()
    sites = site_folders()
    inside = [folder for folder in sites if folder.resolve().is_relative_to(own)]
    return (inside or sites)[0] / DISABLED
