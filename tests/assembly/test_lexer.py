"""Random text: never a crash, a hang or a change of what is not ours."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ireekit.dialect import AssemblyError
from ireekit.dialect.assembly import customise, preparse
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.lexer import Cursor, balanced_end, split_list

RELAXED = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
WORDS = (
    "demo.add demo.neg demo.loop demo.yield demo.options demo.func demo.slice demo.cases demo.plain demo.unknown "
    '%a %0 %0:2 %b#1 = , : :: -> < > ( ) [ ] { } {-# #-} // " \\ \n \t f32 !demo.tile<4 !demo.box< !demo.tile< '
    "#demo.layout< x fast axis 1 -2 0x1F 1.5 true @s ^bb0 tensor<4xf32> loc( else of end attributes func.func module é"
)
TOKENS = [word for word in WORDS.split(" ") if word]


@RELAXED
@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.sampled_from(["", " "]))
def test_tokens_in_any_order(context: Any, demo: Any, tokens: list[str], glue: str) -> None:
    text = glue.join(tokens)
    error: AssemblyError | None = None
    try:
        assert preparse(text, [demo], context).count("\n") == text.count("\n")
    except AssemblyError as caught:
        error = caught
    assert error is None or (1 <= error.line <= text.count("\n") + 1 and error.column >= 1)
    customise(text, [demo], context)


@RELAXED
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_without_ours_is_the_same_object(context: Any, demo: Any, text: str) -> None:
    if "demo." in text:
        return
    assert preparse(text, [demo], context) is text
    assert customise(text, [demo], context) is text


@RELAXED
@given(st.text(alphabet='<>()[]{}"\\,-=!#%@ax1.\n/ ', max_size=60))
def test_extents_lie_inside(text: str) -> None:
    for read in (Cursor.type, Cursor.attribute, Cursor.value, Cursor.symbol, Cursor.string, Cursor.number):
        cursor = Cursor(text)
        place = 0
        token: str | None = None
        try:
            token = read(cursor)
        except Fault as fault:
            place = fault.position
        assert 0 <= place <= len(text)
        assert (token is None) == (cursor.position == 0)
        assert token is None or text[: cursor.position].endswith(token)
    assert Cursor(text).found()


@RELAXED
@given(
    st.recursive(st.sampled_from(["a", '"<,"', "x -> y", "1 >= 0", "()"]), lambda inner: st.lists(inner, max_size=3))
)
def test_brackets_and_lists(tree: Any) -> None:
    def write(node: Any) -> str:
        return node if isinstance(node, str) else "<" + ", ".join(map(write, node)) + ">"

    parts = [write(node) for node in (tree if isinstance(tree, list) else [tree])]
    text = f"<{', '.join(parts)}>"
    assert balanced_end(text + " > tail", 0) == len(text)
    assert list(split_list(text[1:-1])) == parts


@pytest.mark.parametrize(
    "text",
    [
        "demo.add " * 20_000,
        "{" * 20_000 + "demo.options",
        '"' * 20_001 + "demo.options",
        "// demo.add \n" * 20_000 + "demo.options",
        " \n" * 50_000 + "demo.options {" + "a = [" * 2_000,
        "%0 = demo.neg %a : " + "tensor<" * 5_000,
        "demo.options\n" * 20_000,
        "!demo.tile<" * 5_000,
        "%x" * 20_000 + " = demo.neg",
        "demo.options {" + "a, " * 20_000 + "}",
    ],
    ids=range(10),
)
def test_long_texts_end_soon(text: str, context: Any, demo: Any) -> None:
    start = time.process_time()
    with contextlib.suppress(AssemblyError):
        preparse(text, [demo], context)
    customise(text, [demo], context)
    assert time.process_time() - start < 5
