"""The table of subcommands, and the argument parser made from it."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast


class CommandModule(Protocol):
    """What the module of a subcommand must define."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


class WordsModule(Protocol):
    """What the module of a subcommand must define that parses its words itself."""

    def run_words(self, words: Sequence[str]) -> int: ...


@dataclass(frozen=True)
class Command:
    """One row of the table.

    Attributes:
      name: as people type it.
      module: implements it, see :class:`CommandModule`.
      help: one line.
      takes_flags: whether words after ``--`` are flags for the compiler.
      parses_words: whether the module is a :class:`WordsModule`.
    """

    name: str
    module: str
    help: str
    takes_flags: bool = False
    parses_words: bool = False

    def load(self) -> CommandModule:
        return cast("CommandModule", importlib.import_module(self.module))

    def load_words(self) -> WordsModule:
        return cast("WordsModule", importlib.import_module(self.module))


COMMANDS: tuple[Command, ...] = (
    Command("compile", "ireekit.cli.compile", "compile a model to a .vmfb or a static library", True),
    Command("run", "ireekit.cli.run", "run a compiled program, or a model, on inputs", True),
    Command("profile", "ireekit.cli.profile", "time each dispatch of a program, against what the machine can do", True),
    Command("tune", "ireekit.cli.tune", "search for faster configurations of a model's kernels", True),
    Command("opt", "ireekit.cli.opt", "run passes over MLIR, as mlir-opt does", parses_words=True),
    Command("dialect", "ireekit.cli.dialect", "write a dialect's reference, stubs or IRDL"),
    Command("passes", "ireekit.cli.passes", "list passes, or those the compiler runs for a target"),
    Command("plugin", "ireekit.cli.plugin", "how the stock iree-compile and iree-opt find installed pipelines"),
    Command("inspect", "ireekit.cli.inspect", "say what is in a compiled program and how it was made"),
    Command("devices", "ireekit.cli.devices", "list the devices here, and what to compile for each"),
    Command("targets", "ireekit.cli.targets", "list what can be compiled for"),
    Command("doctor", "ireekit.cli.doctor", "check the installation and say what is missing"),
    Command("cache", "ireekit.cli.cache", "show or clear the cache of compiled programs"),
)


class _Version(argparse.Action):
    """``--version``, with package metadata read only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, **_: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print versions and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_args: object, **_kwargs: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        from ireekit.cli.versions import package_version

        parts = [f"{name} {package_version(name)}" for name in ("iree-base-compiler", "iree-base-runtime")]
        print(f"ireekit {package_version('ireekit')} ({', '.join(parts)})")
        parser.exit()


def run_command(words: list[str]) -> int:
    """Parse and run one command line; gives its exit code.

    Raises:
      SystemExit: wrong usage, ``--help`` or ``--version``.
      IreekitError: whatever the command refuses with.
    """
    for command in COMMANDS:
        if command.parses_words and words[:1] == [command.name]:
            return command.load_words().run_words(words[1:])
    words, separator, flags = _split_at_dashes(words)
    parser = _parser(words)
    arguments = parser.parse_args(words)
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return 2
    command = next(command for command in COMMANDS if command.name == arguments.command)
    if separator and not command.takes_flags:
        arguments.usage_error("only compile, run, profile and tune take compiler flags after --")
    arguments.trailing_flags = flags
    return command.load().run(arguments)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; arguments are added only for commands that ``words`` mentions."""
    parser = argparse.ArgumentParser(
        "ireekit",
        description="Compile models with IREE and a pipeline of Python passes, and run them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.help,
            description=command.help[0].upper() + command.help[1:] + ".",
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(usage_error=sub.error)
        if command.name in words and not command.parses_words:
            command.load().add_arguments(sub)
    return parser


def _split_at_dashes(words: list[str]) -> tuple[list[str], bool, tuple[str, ...]]:
    if "--" not in words:
        return words, False, ()
    position = words.index("--")
    return words[:position], True, tuple(words[position + 1 :])
