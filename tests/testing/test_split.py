"""Files of several cases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ireekit.testing import MARKER, split_input


def test_cases_keep_their_line_numbers() -> None:
    chunks = list(split_input(f"a\nb\n{MARKER}\nc\n{MARKER}  \n  {MARKER}\nd"))
    assert [(chunk.text, chunk.first_line) for chunk in chunks] == [("a\nb", 1), ("c", 4), ("", 6), ("d", 7)]
    assert chunks[1].padded == "\n\n\nc"
    assert chunks[3].line(7) == "d"
    assert chunks[3].line(6) is None
    assert chunks[3].line(8) is None


def test_a_marker_within_a_line_cuts_nothing() -> None:
    text = f"x {MARKER}\n{MARKER} y\n{MARKER}-"
    assert [chunk.text for chunk in split_input(text)] == [text]


def test_another_marker_and_none() -> None:
    assert [chunk.text for chunk in split_input("a\n//====\nb\n// -----", "//====")] == ["a", "b\n// -----"]
    assert [chunk.text for chunk in split_input("a\n\nb", "")] == ["a\n\nb"]
    assert [chunk.text for chunk in split_input("")] == [""]


LINES = st.lists(st.sampled_from([MARKER, "", "x", "  y", f" {MARKER}", "// ----"]), max_size=12)


@given(LINES)
def test_every_line_is_found_where_it_was(lines: list[str]) -> None:
    chunks = list(split_input("\n".join(lines)))
    found = {
        number: chunk.line(number)
        for chunk in chunks
        for number in range(1, len(lines) + 1)
        if chunk.line(number) is not None
    }
    wanted = {number: line for number, line in enumerate(lines, 1) if line.strip() != MARKER}
    assert {number: line for number, line in found.items() if line or number in wanted} == wanted
    assert len(chunks) == 1 + sum(line.strip() == MARKER for line in lines)
