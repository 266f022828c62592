"""The command line of ``ireekit opt``, spelled as that of ``mlir-opt``.

Options are written ``--name``, ``--name=value`` or ``--name value``, with one dash or two. A word that names no
option is the name of a pass, with its options as its value; ``argparse`` knows neither of these ways.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ireekit.errors import PipelineError

Kind = Literal["flag", "switch", "optional", "value", "list"]


@dataclass(frozen=True)
class Option:
    """One row of the table.

    Attributes:
      name: without dashes.
      kind: ``flag`` is off until given, ``switch`` takes ``=0`` or ``=1``, ``optional`` may have ``=value``, ``value``
        needs one, ``list`` needs one and may be repeated.
      help: one line.
      value: what stands for the value in the help.
      default: of switches, and of ``optional`` ones given without a value.
      choices: the values there are; any where empty.
      number: the value is a whole number from 0.
    """

    name: str
    kind: Kind
    help: str
    value: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    number: bool = False


MARKER = "// -----"

GROUPS: tuple[tuple[str, tuple[Option, ...]], ...] = (
    (
        "input and output",
        (
            Option("o", "value", "write the result to a file, whole or not at all", "FILE"),
            Option("emit-bytecode", "flag", "write bytecode"),
            Option("split-input-file", "optional", "take each part of the input by itself", "MARKER", MARKER),
            Option("output-split-marker", "value", "stands between the results of the parts", "MARKER"),
            Option("allow-unregistered-dialect", "flag", "accept operations of unknown dialects"),
            Option("no-implicit-module", "flag", "the input is one operation, no module is put around it"),
            Option(
                "verify-roundtrip", "flag", "print, parse and compare before the passes run, as text and as bytecode"
            ),
        ),
    ),
    (
        "dialects and passes",
        (
            Option("load", "list", "Python file with dialects and passes; may be repeated", "FILE"),
            Option("irdl-file", "list", "file with dialects in IRDL; may be repeated", "FILE"),
            Option("pipeline", "value", "installed pipeline whose dialects and passes to use", "NAME"),
            Option("phase", "value", "with --pipeline: run what it has at this phase of the compiler", "PHASE"),
            Option("target", "list", "with --phase: target families to run it for (default: every step)", "FAMILY"),
            Option("pass-pipeline", "value", "passes to run", "TEXT"),
            Option("run-reproducer", "flag", "run the passes that the input names itself"),
            Option("dump-pass-pipeline", "flag", "print the passes to be run on standard error"),
            Option("verify-each", "switch", "verify the IR after each pass", default="1"),
            Option("pass-bisect-limit", "value", "stop after this many executions of passes", "N", number=True),
            Option("mlir-disable-threading", "switch", "use one thread only", default="1"),
            Option("list-passes", "flag", "print the passes there are"),
            Option("show-dialects", "flag", "print the dialects there are"),
        ),
    ),
    (
        "diagnostics",
        (
            Option(
                "verify-diagnostics",
                "optional",
                "compare diagnostics with expected-error {{...}} comments",
                "MODE",
                "all",
                ("all", "only-expected"),
            ),
            Option("mlir-print-op-on-diagnostic", "switch", "show the operation an error is about", default="1"),
            Option("mlir-print-ir-before", "list", "print the IR before these passes", "PASS"),
            Option("mlir-print-ir-after", "list", "print the IR after these passes", "PASS"),
            Option("mlir-print-ir-before-all", "flag", "print the IR before each pass"),
            Option("mlir-print-ir-after-all", "flag", "print the IR after each pass"),
            Option("mlir-print-ir-after-change", "flag", "print the IR after passes only where they changed it"),
            Option("mlir-print-ir-after-failure", "flag", "print the IR a failing pass leaves"),
            Option("mlir-print-ir-module-scope", "flag", "print the whole module each time"),
            Option("mlir-print-ir-tree-dir", "value", "write these prints to files in a folder", "DIR"),
            Option("mlir-timing", "flag", "print what each pass took on standard error"),
            Option("mlir-pass-statistics", "flag", "print the statistics of the passes on standard error"),
            Option(
                "mlir-pass-pipeline-crash-reproducer", "value", "write a failing pass with its input to a file", "FILE"
            ),
        ),
    ),
    (
        "printing",
        (
            Option("mlir-print-op-generic", "flag", "print every operation in its generic form"),
            Option("mlir-print-debuginfo", "flag", "print locations"),
            Option("mlir-pretty-debuginfo", "flag", "print locations without their frame"),
            Option("mlir-print-local-scope", "flag", "print no aliases"),
            Option("mlir-print-skip-regions", "flag", "leave out what is in regions"),
            Option(
                "mlir-elide-elementsattrs-if-larger", "value", "leave out constants of more elements", "N", number=True
            ),
            Option("mlir-elide-resource-strings-if-larger", "value", "leave out longer resources", "N", number=True),
        ),
    ),
)

OPTIONS: dict[str, Option] = {option.name: option for _, options in GROUPS for option in options}


@dataclass(frozen=True)
class PassFlag:
    """A pass by its name on the command line, e.g. ``--acme-fuse=max-ops=4``."""

    name: str
    options: str

    def __str__(self) -> str:
        return f"{self.name}{{{self.options}}}" if self.options else self.name


class OptArguments:
    """A parsed command line.

    Attributes:
      file: the input; ``-`` for standard input.
      passes: those given by name, in order.
      help: whether help was asked for.
      words: all of it, as given.
    """

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.words = tuple(words)
        self.file = "-"
        self.passes: list[PassFlag] = []
        self.help = False
        self._values: dict[str, list[str]] = {}

    def flag(self, name: str) -> bool:
        """Whether a flag was given; the state of a switch."""
        values = self._values.get(name)
        return (values[-1] if values else OPTIONS[name].default) in ("1", "true")

    def text(self, name: str) -> str | None:
        """The last value of an option, ``None`` where it was not given."""
        values = self._values.get(name)
        return values[-1] if values else None

    def number(self, name: str) -> int | None:
        """The last value of an option that takes a number, ``None`` where it was not given."""
        text = self.text(name)
        return None if text is None else int(text)

    def texts(self, name: str) -> tuple[str, ...]:
        """Every value of an option that may be repeated."""
        return tuple(self._values.get(name, ()))

    @property
    def names_passes(self) -> bool:
        """Whether it says which passes to run."""
        return bool(self.passes or self.given("pass-pipeline", "run-reproducer", "phase"))

    def given(self, *names: str) -> list[str]:
        """Those of ``names`` that are on the command line, with dashes."""
        return [f"--{name}" for name in names if name in self._values]

    def add(self, option: Option, value: str) -> None:
        """Take one occurrence of an option.

        Raises:
          PipelineError: the value is none of those the option takes.
        """
        if option.choices and value not in option.choices:
            raise _wrong(f"--{option.name} takes {' or '.join(option.choices)}, not {value!r}")
        if option.number and not value.isascii():
            raise _wrong(f"--{option.name} takes a whole number from 0, not {value!r}")
        if option.number and not value.isdigit():
            raise _wrong(f"--{option.name} takes a whole number from 0, not {value!r}")
        self._values.setdefault(option.name, []).append(value)


def parse_words(words: Sequence[str]) -> OptArguments:
    """Parse the words after ``ireekit opt``.

    Raises:
      PipelineError: an option lacks its value or has a wrong one, or there are two input files.
    """
    arguments = OptArguments(words)
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "-" or not word.startswith("-"):
            files.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if name in ("help", "h"):
            arguments.help = True
        elif option := OPTIONS.get(name):
            arguments.add(option, _value(option, equals, value, rest))
        elif name:
            arguments.passes.append(PassFlag(name, _unwrapped(value)))
        else:
            raise _wrong(f"{word!r} is no option")
    if len(files) > 1:
        raise _wrong(f"there is one input, not {len(files)}: {' '.join(files)}")
    arguments.file = files[0] if files else "-"
    _check(arguments)
    return arguments


def near_option(name: str) -> str | None:
    """The option whose name is nearest to a word that names nothing."""
    near = difflib.get_close_matches(name, OPTIONS, 1)
    return near[0] if near else None


def help_text() -> str:
    """What ``ireekit opt --help`` prints."""
    lines = [
        "usage: ireekit opt [FILE|-] [--pass-pipeline=TEXT | --PASS[=OPTIONS] ...] [OPTION ...]",
        "",
        "Read MLIR, text or bytecode, run passes of the compiler and of Python over it, print it.",
        "Dialects and passes are those of every installed package, and of the files given with --load.",
        "",
        "  --PASS[=OPTIONS]  run a pass by its name, e.g. --canonicalize --acme-fuse=max-ops=4",
    ]
    for title, options in GROUPS:
        lines += ["", f"{title}:"]
        for option in options:
            head = f"  {_spelling(option)}"
            lines.append(f"{head:<50}{option.help}" if len(head) < 49 else f"{head}\n{'':<50}{option.help}")
    return "\n".join([*lines, "", "exit status: 0 where all went well, 1 where anything failed."])


def _value(option: Option, equals: str, value: str, rest: object) -> str:
    if option.kind == "flag":
        if equals and value not in ("0", "1", "true", "false"):
            raise _wrong(f"--{option.name} takes no value but 0 and 1, not {value!r}")
        return value or "1"
    if option.kind == "switch":
        if not equals:
            return "1"
        if value not in ("0", "1", "true", "false"):
            raise _wrong(f"--{option.name} takes 0 or 1, not {value!r}")
        return value
    if equals:
        return value
    if option.kind == "optional":
        return option.default
    following = next(rest, None)  # pyright: ignore[reportArgumentType, reportCallIssue]
    if following is None:
        raise _wrong(f"--{option.name} needs a value: --{option.name}={option.value}")
    return following


def _unwrapped(value: str) -> str:
    """``{max-ops=4}`` as ``max-ops=4``: people carry braces over from pipeline texts."""
    text = value.strip()
    return text[1:-1].strip() if text.startswith("{") and text.endswith("}") else text


def _check(arguments: OptArguments) -> None:
    sources = arguments.given("pass-pipeline", "run-reproducer", "phase")
    if arguments.passes:
        sources.append(f"--{arguments.passes[0].name}")
    if len(sources) > 1:
        raise _wrong(f"{' and '.join(sources)} both say which passes to run")
    if arguments.text("phase") is not None and arguments.text("pipeline") is None:
        raise _wrong("--phase needs --pipeline=NAME")
    if arguments.texts("target") and arguments.text("phase") is None:
        raise _wrong("--target needs --pipeline=NAME --phase=PHASE")


def _spelling(option: Option) -> str:
    dashes = "-" if len(option.name) == 1 else "--"
    forms = {
        "flag": "",
        "switch": f"={option.default}",
        "optional": f"[={option.value}]",
        "value": f"={option.value}",
        "list": f"={option.value}",
    }
    return f"{dashes}{option.name}" + (f" {option.value}" if len(option.name) == 1 else forms[option.kind])


def _wrong(cause: str) -> PipelineError:
    return PipelineError(cause, remedy="`ireekit opt --help` lists the options")
