"""What is said of text that does not follow its format, and where."""

from __future__ import annotations

from typing import Any

import pytest

from ireekit.dialect import AssemblyError, parse_module
from ireekit.errors import MAX_LINES, ModelImportError

HEAD = "func.func @f(%a: f32, %t: tensor<4x8xf32>, %i: index) {\n"


@pytest.mark.parametrize(
    ("line", "column", "cause"),
    [
        # The text starts in column 3.
        ("%0 = demo.add %a %a : f32", 20, "expected ',', found '%a'"),
        ("%0 = demo.add %a, : f32", 21, "expected operand 'rhs', found ':'"),
        ("%0 = demo.add %a, %a f32", 24, "expected ':', found 'f32'"),
        ("%0 = demo.add %a, %a : foo", 26, "expected the type of 'lhs', found 'foo'"),
        ("%0 = demo.add %a, %a : tensor<4xf32", 32, "'<' is not closed before '}'"),
        ("%0 = demo.add %a, %a {a b} : f32", 27, "expected ',' or '}' in the attribute dictionary, found 'b'"),
        ("%0 = demo.add %a, %a {a = } : f32", 29, "expected a value of attribute 'a', found '}'"),
        ("%0 = demo.add %a, %a {a = 1, a = 2} : f32", 32, "attribute 'a' is given twice"),
        ("%0 = demo.add %a, %a : f32 {a}", 30, "expected the end of the operation, found '{'"),
        ("%0 = demo.add %a, %a : f32, f32", 29, "expected the end of the operation, found ','"),
        ("%0 = demo.matmul %t, %t slow", 27, "expected attribute 'mode', one of 'fast', 'exact', found 'slow'"),
        ("%0 = demo.matmul %t, %t fast axis = x", 39, "expected attribute 'axis', an integer (of type i64), found 'x'"),
        ("%0 = demo.many(%i", 20, "expected ')', found 'return'"),
        ("demo.lists %a : f32 -> f32", 14, "1 do not fit: expected 2 operands"),
        ("demo.lists %a, %a : f32 -> f32", 23, "1 do not fit: expected 2 types"),
        ("demo.options fast fast", 21, "clause 'fast' is given twice"),
        ("demo.options limit(4) {limit = 1}", 26, "attribute 'limit' is given twice"),
        ("demo.yield %a, %a : f32", 3, "'values' has 2 operands but 1 types"),
        ("demo.loop %i", 15, "expected '{' of region 'body', found 'return'"),
        ("demo.plain %a", 3, "'demo.plain' has no assembly_format: write \"demo.plain\"(...), the generic form"),
        ("%0 = demo.slice %a [%i + ] : f32 to f32", 30, "expected an offset"),
        ("%0 = demo.transpose %a : f32", 8, "'demo.transpose': infer raised AttributeError"),
        ("%0 = demo.reduce %a : f32", 8, "'demo.reduce': operand 'value': expected tensor"),
        ("%0 = demo.reduce %t : !unknown", 8, "'demo.reduce': '!unknown' is no type"),
        ("demo.yield %a : !demo.tile<x>", 30, "expected attribute 'rows', an integer"),
        ("demo.yield %a : !demo.tile<4 x f32, 3>", 37, "expected '>', found ','"),
        ("demo.yield %a : !demo.tile<4 x", 29, "'<' is not closed before '}'"),
        ("demo.func @a::@b {", 13, "expected attribute 'sym_name', a symbol name, e.g. '@name', found '@a::@b'"),
    ],
)
def test_place_and_cause(line: str, column: int, cause: str, context: Any, demo: Any) -> None:
    text = f"{HEAD}  {line}\n  return\n}}"
    with pytest.raises(AssemblyError) as caught:
        parse_module(text, context, [demo], "x.mlir")
    error = caught.value
    assert error.cause.startswith(cause)
    found = (error.line, error.column)
    # What is missing at the end of a line is missed at the next token.
    assert found == ((3, 3) if "'return'" in error.cause else (2, column))
    assert error.location == f"x.mlir:{error.line}:{error.column}"
    source = text.splitlines()[error.line - 1]
    assert str(error).splitlines()[1:3] == [f"  | {source}", f"  | {' ' * (error.column - 1)}^"]


@pytest.mark.parametrize(
    ("line", "column", "cause"),
    [
        ("%0 = demo.add %a, %zz : f32", 21, "use of undeclared SSA value name"),
        ("%0 = demo.add %a, %a : f64", 17, "use of value '%a' expects different type than prior uses: 'f64' vs 'f32'"),
        ("%0, %1 = demo.add %a, %a : f32", 3, "operation defines 1 results but was provided 2 to bind"),
        ("%0 = demo.many() %1 = demo.neg %zz : f32", 34, "use of undeclared SSA value name"),
        ("%0 = demo.ad %a, %a : f32", 8, "custom op 'demo.ad' is unknown"),
        ('%0 = demo.neg %a {x = #demo.layout<order = "a", pitch = 1>} : f32 foo', 69, "custom op 'foo' is unknown"),
        ("%0 = demo.neg %a : tensor<4xqq>", 31, "expected non-function type"),
        ("demo.yield", 3, "'demo.yield' op must be the last operation in the parent block"),
    ],
)
def test_native_errors_point_into_the_text_as_written(
    line: str, column: int, cause: str, context: Any, demo: Any
) -> None:
    with pytest.raises(AssemblyError) as caught:
        parse_module(f"{HEAD}  {line}\n  return\n}}", context, [demo], "x.mlir")
    assert caught.value.cause.startswith(cause)
    assert (caught.value.line, caught.value.column) == (2, column)


def test_after_an_operation_of_several_lines(context: Any, demo: Any) -> None:
    loop = "  demo.loop %i {\n    demo.yield\n  }\n  else {\n\n    demo.yield %a : f32\n  } demo.neg %zz : f32\n}"
    text = HEAD + loop
    with pytest.raises(AssemblyError) as caught:
        parse_module(text, context, [demo], "x.mlir")
    assert (caught.value.line, caught.value.column) == (8, 14)


def test_columns_are_bytes_and_carets_characters(context: Any, demo: Any) -> None:
    with pytest.raises(AssemblyError) as caught:
        parse_module('func.func private @"é"() demo.add %a', context, [demo])
    assert caught.value.column == 38  # 36 characters of 37 bytes, and what is missing comes after them
    lines = str(caught.value).splitlines()
    assert lines[2].index("^") == len(lines[1])


def test_diagnostics_hold_notes(context: Any, demo: Any) -> None:
    with pytest.raises(AssemblyError) as caught:
        parse_module(f"{HEAD}  %0 = demo.add %a, %a : f64\n  return\n}}", context, [demo], "x.mlir")
    (first,) = caught.value.diagnostics
    assert first.severity == "error"
    assert [(note.message, note.line, note.column) for note in first.notes] == [("prior use here", 1, 14)]
    assert str(first) == f"x.mlir:2:17: error: {first.message}"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"demo.add \xff", "the text is no valid UTF-8"),
        ("// demo. \ud800", "the text holds a surrogate, which UTF-8 cannot"),
        ("module {\n" + "demo.cases of { " * 400, "regions are nested more than 64 deep"),
        ("!demo.box<[" * 1000 + "f32" + "]>" * 1000, "types or regions are nested too deeply"),
        (b"ML\xefR\x00\x01", "failed to parse"),
    ],
)
def test_input_that_no_parser_reads(text: Any, cause: str, context: Any, demo: Any) -> None:
    with pytest.raises(ModelImportError) as caught:
        parse_module(text, context, [demo])
    assert cause in str(caught.value) or text[:2] == b"ML"
    assert len(str(caught.value).splitlines()) <= MAX_LINES
