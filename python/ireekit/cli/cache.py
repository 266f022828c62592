"""``ireekit cache``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ireekit.cli.output import counted, human_bytes, print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--clear", action="store_true", help="remove every entry")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder of the cache")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print where the cache is and what it holds; with ``--clear``, empty it."""
    from ireekit.compiler import Cache
    from ireekit.errors import ArtifactError

    cache = Cache.of(arguments.cache or True)
    assert cache is not None
    if arguments.cache is not None and not cache.folder.is_dir():
        raise ArtifactError(f"there is no folder {cache.folder}", remedy="check the path given with --cache")
    entries, size = cache.usage()
    removed = cache.clear() if arguments.clear else 0
    if removed < entries and arguments.clear:
        raise ArtifactError(
            f"{entries - removed} of {counted(entries, 'program')} in {cache.folder} could not be removed",
            remedy="check who owns the folder",
        )
    if arguments.json:
        print_json({"folder": str(cache.folder), "entries": entries - removed, "bytes": 0 if removed else size})
        return 0
    what = f"{counted(entries, 'program')}, {human_bytes(size)}"
    print(f"{cache.folder}: " + (f"removed {what}" if arguments.clear else what))
    return 0
