"""``ireekit dialect``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.errors import ArtifactError, PipelineError

if TYPE_CHECKING:
    from ireekit.dialect import Dialect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "what",
        choices=tuple(_WRITERS),
        help="docs: reference in Markdown; stubs: .pyi for type checkers; irdl: for iree-opt --irdl-file=",
    )
    parser.add_argument("name", metavar="NAME", help="of the dialect, installed or in a file")
    parser.add_argument("--load", action="append", default=[], metavar="FILE", help="Python file that defines it")
    parser.add_argument("-o", dest="output", metavar="FILE", help="write to a file instead of standard output")


def run(arguments: argparse.Namespace) -> int:
    """Write the reference, the stubs or the IRDL of a dialect."""
    text = _WRITERS[arguments.what](_find(arguments.name, arguments.load))
    text = text.rstrip("\n") + "\n"
    if arguments.output in (None, "-"):
        sys.stdout.write(text)
        return 0
    from ireekit.files import write_atomically

    try:
        write_atomically(Path(arguments.output), text.encode())
    except OSError as error:
        raise ArtifactError(f"cannot write {arguments.output}: {error.strerror}") from None
    return 0


def _find(name: str, files: list[str]) -> Dialect:
    from ireekit.cli.loading import load_file
    from ireekit.dialect import find_dialect

    given = [dialect for file in files for dialect in load_file(file).dialects]
    for dialect in given:
        if dialect.name == name:
            return dialect
    try:
        return find_dialect(name)
    except PipelineError as error:
        if given:
            error.remedy = f"the files define {', '.join(dialect.name for dialect in given)}"
        raise


def _docs(dialect: Dialect) -> str:
    from ireekit.dialect.reference import markdown

    return markdown(dialect)


def _stubs(dialect: Dialect) -> str:
    from ireekit.dialect.reference import stub

    return stub(dialect)


def _irdl(dialect: Dialect) -> str:
    return dialect.irdl()


_WRITERS: dict[str, Callable[[Dialect], str]] = {"docs": _docs, "stubs": _stubs, "irdl": _irdl}
