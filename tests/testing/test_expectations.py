"""Comments that say which diagnostics a test expects."""

from __future__ import annotations

import pytest

from ireekit.testing import (
    Chunk,
    MalformedExpectationError,
    Message,
    check_expectations,
    parse_expectations,
    split_input,
)


def failures(text: str, *messages: Message, first_line: int = 1, strictness: str = "all") -> list[str]:
    expectations = parse_expectations(Chunk(text, first_line))
    found = check_expectations(messages, expectations, strictness)  # pyright: ignore[reportArgumentType]
    return [f"{each.line}: {each.text}" for each in found]


def error(text: str, line: int, *notes: Message) -> Message:
    return Message("error", text, "-", line, 3, notes)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("op // expected-error {{bad}}", 1),
        ("// expected-error@+1 {{bad}}\nop", 2),
        ("// expected-error @+1 {{bad}}\nop", 2),
        ("// expected-error @ +1 {{bad}}\n// expected-error@+1 {{bad}}\nop", 3),
        ("op\n// expected-error@-1 {{bad}}", 1),
        ("op\n// expected-error@above {{bad}}", 1),
        ("op\n// expected-error@above {{bad}}\n// expected-error@above {{is}}", 1),
        ("// expected-error@below {{bad}}\n// expected-error@below {{is}}\n\nop", 3),
        ("// expected-error@+2 {{bad}}\n// expected-remark@unknown {{r}}\nop", 3),
        ("op // expected-error {{bad}} // expected-error {{is bad}}", 1),
        ("op // expected-error-re {{th{{[a-z]+}} is {{bad|good}}}}", 1),
        ("op // expected-error-re {{. {{is}} bad}}", 0),
        ("op // expected-error-re {{thing.is bad}}", 0),
    ],
)
def test_places(text: str, line: int) -> None:
    remark = Message("remark", "r")
    said = [error("thing is bad", line)] * text.count("expected-error") if line else []
    said += [remark] if "remark" in text else []
    expected = [] if line else ["1: expected error"]
    assert [each.partition(' "')[0] for each in failures(text, *said)] == expected


def test_the_wrong_line_text_or_severity() -> None:
    assert failures("a // expected-error {{bad}}", error("bad", 2)) == [
        "2: unexpected error: bad",
        '1: expected error "bad" was not produced',
    ]
    assert failures("a // expected-error {{good}}", error("bad", 1)) == [
        "1: unexpected error: bad",
        '1: expected error "good" was not produced',
    ]
    assert failures("a // expected-warning {{bad}}", error("bad", 1)) == [
        "1: 'error' diagnostic emitted when expecting a 'warning': bad",
        '1: expected warning "bad" was not produced',
    ]


def test_notes_count_but_not_those_that_show_operations_nor_hints() -> None:
    shown = Message("note", 'see current operation: "a.b"()', "-", 1, 1)
    note = Message("note", "defined here", "-", 2, 1)
    text = "a // expected-error {{bad}}\nb // expected-note {{defined}}"
    assert failures(text, error("bad", 1, shown, note)) == []
    assert failures(text.partition("\n")[0], error("bad", 1, shown, note)) == ["2: unexpected note: defined here"]
    assert failures("a // expected-error {{bad}}", Message("error", "bad", "-", 1, 1, hints=("remedy: x",))) == []


def test_several_messages_may_meet_one_expectation() -> None:
    assert failures("a // expected-error {{bad}}", error("bad", 1), error("bad too", 1)) == []


def test_only_expected_ones_matter_where_asked_for() -> None:
    said = (error("bad", 1), Message("remark", "by the way", "-", 1, 1))
    assert failures("a // expected-error {{bad}}", *said, strictness="only-expected") == []
    assert failures("a // expected-error {{worse}}", *said, strictness="only-expected") == [
        '1: expected error "worse" was not produced'
    ]


def test_messages_of_other_files_are_at_no_line() -> None:
    elsewhere = Message("error", "bad", "model.py", 1, 1)
    assert failures("a // expected-error {{bad}}", elsewhere) == [
        "1: unexpected error: bad",
        '1: expected error "bad" was not produced',
    ]
    assert failures("// expected-error@unknown {{bad}}", elsewhere) == []
    assert failures("// expected-error@unknown {{bad}}", Message("error", "bad")) == []


def test_lines_are_those_of_the_whole_file() -> None:
    text = "x\n// -----\n// expected-error@+1 {{bad}}\nop\n// expected-error@-2 {{odd}}"
    chunk = list(split_input(text))[1]
    assert [each.line for each in parse_expectations(chunk)] == [4, 3]


@pytest.mark.parametrize(
    ("text", "cause", "line"),
    [
        ("x\n// expected-error {{no end", "no closing }}", 2),
        ("// expected-error@-1 {{x}}", "no such line", 1),
        ("// expected-error@above {{x}}", "no such line", 1),
        ("a\n// expected-error@below {{x}}", "no line follows", 2),
        ("// expected-error-re {{a {{(}} b}}", "not a regular expression", 1),
        ("// expected-error {{a // expected-note {{b}}", "no closing }}", 1),
    ],
)
def test_malformed_comments(text: str, cause: str, line: int) -> None:
    with pytest.raises(MalformedExpectationError, match=cause) as caught:
        parse_expectations(Chunk(text, 1))
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["expected-errors {{x}}", "expected-error: {{x}}", "unexpected", "expected-error x"])
def test_what_is_no_such_comment(text: str) -> None:
    assert parse_expectations(Chunk(text, 1)) == []


def test_rendering() -> None:
    source = {1: "\top %x"}
    message = Message("error", "bad", "f.mlir", 1, 5, (Message("note", "see"),), ("remedy: none",))
    assert message.render(lambda _file, line: source.get(line)).splitlines() == [
        "f.mlir:1:5: error: bad",
        "\top %x",
        "\t   ^",
        "<unknown>:0: note: see",
        "f.mlir:1:5: note: remedy: none",
    ]
