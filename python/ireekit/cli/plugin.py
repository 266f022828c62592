"""``ireekit plugin``."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from ireekit.cli.output import print_json

_ACTIONS = {
    "status": "say whether stock tools load the plugin, and why not (exit status 1)",
    "path": "print the library, for IREE_LOAD_PLUGINS and --iree-load-plugin=",
    "refresh": "write the manifest anew",
    "enable": "let stock tools of this environment load it",
    "disable": "leave stock tools of this environment as they are",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    width = max(map(len, _ACTIONS))
    parser.epilog = "actions:\n" + "\n".join(f"  {name:{width}}  {text}" for name, text in _ACTIONS.items())
    parser.add_argument("action", choices=tuple(_ACTIONS), nargs="?", default="status", help="default: status")
    parser.add_argument("--json", action="store_true", help="print the status as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Do one of the actions; gives the exit status."""
    if arguments.json and arguments.action != "status":
        arguments.usage_error("only status prints JSON")
    actions: dict[str, Callable[[], int]] = {
        "status": lambda: _status(arguments.json),
        "path": _path,
        "refresh": _refresh,
        "enable": _enable,
        "disable": _disable,
    }
    return actions[arguments.action]()


def _status(as_json: bool) -> int:
    from ireekit.plugin.status import status

    found = status()
    if as_json:
        print_json(found.record())
    else:
        rows = found.rows()
        width = max(len(label) for label, _ in rows)
        for label, text in rows:
            print(f"{label:{width}}  {text}")
    return 0 if found.found else 1


def _path() -> int:
    from ireekit.bindings.build import build_info
    from ireekit.bindings.native import NAME, REMEDY
    from ireekit.errors import CapabilityError
    from ireekit.plugin.environment import current_state
    from ireekit.plugin.places import NO_LOADER, has_loader, library

    path = library()
    if not has_loader():
        raise CapabilityError(NO_LOADER, remedy="`ireekit compile --pipeline` compiles with pipelines on every system")
    if path is None:
        raise CapabilityError(f"{NAME} is not installed", remedy=REMEDY)
    with contextlib.suppress(FileNotFoundError):  # a compiler that is no Python package loads it all the same
        current_state(path, build_info().path)
    print(path)
    return 0


def _refresh() -> int:
    from ireekit.plugin.refresh import refresh

    done = refresh()
    for note in done.notes:
        print(f"warning: {note}", file=sys.stderr)
    if done.problem:
        print(f"warning: {done.problem}", file=sys.stderr)
    print(done.manifest)
    return 0


def _enable() -> int:
    from ireekit.plugin.places import disabled_by

    while file := disabled_by():
        _change(file, Path.unlink)
    return _status(as_json=False)


def _disable() -> int:
    from ireekit.plugin.environment import disabling_file

    file = disabling_file()
    _change(file, Path.touch)
    print(f"{file}: stock tools of this environment load no plugin until `ireekit plugin enable`")
    return 0


def _change(file: Path, how: Callable[[Path], None]) -> None:
    from ireekit.errors import CapabilityError

    try:
        how(file)
    except OSError as error:
        raise CapabilityError(f"{file} cannot be written: {error.strerror}", remedy="IREEKIT_NO_PLUGIN=1") from error
