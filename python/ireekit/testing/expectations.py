"""``expected-error {{...}}`` comments, as ``--verify-diagnostics`` of ``mlir-opt`` reads them.

A comment names a severity, optionally a line, and text that the message must contain::

    // expected-error {{on this line}}              // expected-error@+1 {{on the next line}}
    // expected-warning@-2 {{two lines above}}      // expected-note@below {{on the next line without such a comment}}
    // expected-remark@above {{on the last line without one}}
    // expected-error@unknown {{at no line}}        // expected-error-re {{found {{[0-9]+}} of them}}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ireekit.testing.diagnostics import SEE_OPERATION, Message, Severity
from ireekit.testing.split import Chunk

Strictness = Literal["all", "only-expected"]

_START = re.compile(
    r"expected-(?P<severity>error|warning|remark|note)(?P<regex>-re)? *"
    r"(?:@(?P<where>[+-]\d+|above|below|unknown))? *\{\{"
)
_REGEX_PART = re.compile(r"\{\{(.*?)\}\}")


@dataclass
class Expectation:
    """One comment.

    Attributes:
      severity: of the message it asks for.
      text: as it stands in the comment.
      pattern: what must be found in the message.
      line: where the message must be, by its number in the file; ``None`` for one at no line of the file.
      written: the number of the comment's own line.
      column: where it starts there, from 1.
      met: whether a message fitted.
    """

    severity: Severity
    text: str
    pattern: re.Pattern[str]
    line: int | None
    written: int
    column: int = 1
    met: bool = field(default=False, compare=False)

    def fits(self, message: Message, file: str) -> bool:
        """Whether ``message`` is at this line of ``file`` with this text; the severity is not looked at."""
        line = message.line if message.known and message.file == file else None
        return self.line == line and bool(self.pattern.search(message.text))


class MalformedExpectationError(ValueError):
    """A comment cannot be understood.

    Args:
      cause: one sentence.
      line: its number in the file.
    """

    def __init__(self, cause: str, line: int) -> None:
        super().__init__(cause)
        self.line = line


def parse_expectations(chunk: Chunk) -> list[Expectation]:
    """The comments of a chunk, in order.

    Raises:
      MalformedExpectationError: one has no end, a line before the file's first, or a bad regular expression.
    """
    found: list[Expectation] = []
    waiting: list[Expectation] = []
    last_plain = 0
    for number, line in enumerate(chunk.text.split("\n"), chunk.first_line):
        comments = list(_comments(line, number))
        for match, text in comments:
            expectation = _expectation(match, text, number, last_plain)
            found.append(expectation)
            if match["where"] == "below":
                waiting.append(expectation)
        if not comments:
            for expectation in waiting:
                expectation.line = number
            waiting = []
            last_plain = number
    for expectation in waiting:
        raise MalformedExpectationError("no line follows this comment with @below", expectation.written)
    return found


def check_expectations(
    messages: Iterable[Message],
    expectations: Sequence[Expectation],
    strictness: Strictness = "all",
    *,
    file: str = "-",
) -> list[Message]:
    """Compare what was said with what was expected; gives errors at the lines concerned, none if all is well.

    Notes count as messages of their own. Several messages may meet one expectation, as in ``mlir-opt``.

    Args:
      messages: in order.
      expectations: ``met`` is set on those that were.
      strictness: ``"only-expected"`` lets messages pass that nobody expected.
      file: the source that holds the comments, as the messages name it. A message that belongs to another
        one is ``@unknown``.
    """
    compared = (_compare(message, expectations, strictness, file) for message in _flat(messages))
    failures = [failure for failure in compared if failure is not None]
    failures += [
        Message("error", f'expected {each.severity} "{each.text}" was not produced', file, each.written, each.column)
        for each in expectations
        if not each.met
    ]
    return failures


def _compare(
    message: Message, expectations: Sequence[Expectation], strictness: Strictness, file: str
) -> Message | None:
    # Those not met so far first: two messages alike meet two comments alike.
    near = sorted((each for each in expectations if each.fits(message, file)), key=lambda each: each.met)
    for expectation in near:
        if expectation.severity == message.severity:
            expectation.met = True
            return None
    if strictness == "only-expected":
        return None
    if near:
        text = f"'{message.severity}' diagnostic emitted when expecting a '{near[0].severity}': {message.text}"
    else:
        text = f"unexpected {message.severity}: {message.text}"
    return Message("error", text, message.file, message.line, message.column)


def _flat(messages: Iterable[Message]) -> Iterator[Message]:
    for message in messages:
        yield message
        yield from (note for note in _flat(message.notes) if not note.text.startswith(SEE_OPERATION))


def _comments(line: str, number: int) -> Iterator[tuple[re.Match[str], str]]:
    """Each comment of a line with the text between its braces: up to the last pair before the next comment."""
    starts = list(_START.finditer(line)) if "expected-" in line else []
    if not starts:
        return
    ends = [*(start.start() for start in starts[1:]), len(line)]
    for start, end in zip(starts, ends, strict=True):
        closing = line.rfind("}}", start.end(), end)
        if closing < 0:
            raise MalformedExpectationError("this comment has no closing }}", number)
        yield start, line[start.end() : closing]


def _expectation(match: re.Match[str], text: str, number: int, last_plain: int) -> Expectation:
    where = match["where"]
    line: int | None = number
    if where == "above":
        line = last_plain
    elif where == "unknown":
        line = None
    elif where and where != "below":
        line = number + int(where)
    if line is not None and line < 1:
        raise MalformedExpectationError("there is no such line above this comment", number)
    severity: Severity = match["severity"]  # pyright: ignore[reportAssignmentType]
    pattern = _pattern(text, number, regex=bool(match["regex"]))
    return Expectation(severity, text, pattern, line, number, match.start() + 1)


def _pattern(text: str, number: int, *, regex: bool) -> re.Pattern[str]:
    if not regex:
        return re.compile(re.escape(text))
    parts = _REGEX_PART.split(text)
    try:
        return re.compile(
            "".join(f"(?:{part})" if index % 2 else re.escape(part) for index, part in enumerate(parts)), re.DOTALL
        )
    except re.error as error:
        raise MalformedExpectationError(f"not a regular expression: {error}", number) from None
