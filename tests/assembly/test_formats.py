"""Formats that are refused when their class is created."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ireekit.dialect import (
    DefinitionError,
    FormatError,
    Op,
    Operand,
    Region,
    Result,
    Successor,
    TypeDef,
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    parameter,
    region,
    result,
    successor,
    variadic_operand,
    variadic_result,
)
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.constraints import I64, AnyAttr, AnyType, Tensor, UnitAttr, Var
from ireekit.dialect.traits import Terminator

NAMED_BY_ANNOTATIONS = (Operand, Region, Result, Successor, Sequence)
FIELDS: dict[str, tuple[str, Any]] = {
    "a": ("Operand", lambda: operand(AnyType)),
    "b": ("Operand | None", lambda: optional_operand(AnyType)),
    "vs": ("Sequence[Operand]", lambda: variadic_operand(AnyType)),
    "out": ("Result", lambda: result(AnyType)),
    "outs": ("Sequence[Result]", lambda: variadic_result(AnyType)),
    "t": ("Operand", lambda: operand(Tensor(element=Var("T")))),
    "u": ("Result", lambda: result(Var("T"))),
    "n": ("int", lambda: attribute(I64)),
    "any": ("Any", lambda: attribute(AnyAttr)),
    "flag": ("bool", lambda: optional_attribute(UnitAttr())),
    "body": ("Region", region),
    "next": ("Successor", successor),
}


def define(text: str, fields: str) -> type[Op]:
    names = fields.split()
    body = {
        "name": "refused.op",
        "assembly_format": text,
        "traits": (Terminator,) if "next" in names else (),
        "__module__": __name__,
        "__annotations__": {name: FIELDS[name][0] for name in names},
    } | {name: FIELDS[name][1]() for name in names}
    return type(Op)("Refused", (Op,), body)


def test_the_fields_are_fine() -> None:
    define("$t attr-dict `:` type($t)", "t u")
    define("$a (`if` $b^ `:` type($b))? attr-dict `:` functional-type($a, $out)", "a b out")


@pytest.mark.parametrize(
    ("fields", "text", "column", "cause"),
    [
        ("a", "$a attr-dict", 13, "type of operand 'a' can be neither parsed nor inferred"),
        ("a out", "$a attr-dict `:` type($a)", 26, "type of result 'out' can be neither parsed nor inferred"),
        ("a outs", "$a attr-dict `:` type($a)", 26, "type of result 'outs' can be neither parsed nor inferred"),
        ("t u", "$t attr-dict `:` type($u)", 26, "type of operand 't' can be neither parsed nor inferred"),
        ("a", "attr-dict `:` type($a)", 23, "operand 'a' is not in the format"),
        ("body", "attr-dict", 10, "region 'body' is not in the format"),
        ("next", "attr-dict", 10, "successor 'next' is not in the format"),
        ("a", "$a `:` type($a)", 16, "'attr-dict' is not in the format"),
        ("a", "$a $a attr-dict `:` type($a)", 4, "'a' is written twice"),
        ("a", "$a attr-dict `:` type($a) type($a)", 32, "the type of 'a' is written twice"),
        ("a", "$a attr-dict attr-dict `:` type($a)", 14, "'attr-dict' is written twice"),
        ("a out", "$a $out attr-dict", 4, "result 'out' is named before the '='"),
        ("a", "$q attr-dict", 1, "refused.op has no field 'q'"),
        ("a", "$a attr-dct", 4, "unknown directive 'attr-dct'"),
        ("a", "$a results attr-dict", 4, "'results' stands only in"),
        ("a n", "$a $n attr-dict `:` type($n)", 26, "'n' is no operand or result"),
        ("a", "$a attr-dict `:` type()", 18, "'type' takes one argument, found 0"),
        ("a", "$a attr-dict `:` type(attr-dict)", 23, "expected '$name', 'operands' or 'results'"),
        ("a", "$a attr-dict `:` functional-type($a)", 18, "'functional-type' takes two arguments"),
        ("a", "($a^)? attr-dict", 2, "anchor 'a' is always present"),
        ("a b", "$a (`x` $b)? attr-dict", 4, "the optional group has no anchor"),
        ("b", "(`x`^ $b)? attr-dict", 2, "an anchor is a field"),
        ("b", "($b^ attr-dict)?", 6, "'attr-dict' cannot stand in an optional group"),
        ("b", "($b^ `:` type($b) attr-dict", 28, "the optional group is never closed"),
        ("b", "($b^) attr-dict", 7, "expected '?' after an optional group"),
        ("b", "$b^ attr-dict", 3, "an anchor '^' stands only inside an optional group"),
        ("flag", "$flag attr-dict", 1, "unit attribute 'flag' stands outside an optional group"),
        ("flag", "($flag^ `x`)? attr-dict", 1, "an optional group starts with what is written"),
        ("a any", "$a $any `:` type($a) attr-dict", 4, "attribute 'any' goes on after the ':' that follows it"),
        ("a body", "$a attr-dict $body `:` type($a)", 4, "'attr-dict' before a '{' takes it for its own"),
        ("a b", "$b $a attr-dict `:` type($b) `,` type($a)", 1, "'b' may be absent and would then take 'a'"),
        ("a vs", "$vs `,` $a attr-dict", 1, "a list with commas before ',' takes it for its own"),
        ("b vs", "operands attr-dict", 1, "'operands' cannot tell several optional or variadic operands apart"),
        ("a", "`no literal` $a attr-dict", 1, "'no literal' is no literal"),
        ("a", "$a ` attr-dict", 4, "the literal is never closed"),
        ("a", "$a $ attr-dict", 4, "expected a name after '$'"),
        ("a", "oilist($a) attr-dict", 8, "a clause of 'oilist' starts with a keyword"),
        ("a", "oilist(`x`) attr-dict", 8, "clause 'x' holds no field"),
        ("a", "custom<Nothing>($a) attr-dict", 1, "custom<Nothing> needs the class method Refused.parse_nothing"),
        ("a", "\n  $a\n  $q", 3, "refused.op has no field 'q'"),
    ],
)
def test_refused_with_column(fields: str, text: str, column: int, cause: str) -> None:
    with pytest.raises(FormatError) as caught:
        define(text, fields)
    error = caught.value
    assert isinstance(error, DefinitionError)
    assert error.cause.startswith(cause)
    assert error.column == column
    assert error.op == "refused.op"
    line = text.splitlines()[2 if text.startswith("\n") else 0]
    assert str(error).splitlines()[1:3] == [f"  | {line}".rstrip(), f"  | {' ' * (column - 1)}^"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("$n `x` $t", "the format of a type or attribute is enclosed in `<` and `>`"),
        ("`<` $n `>` `<` $t `>`", "this `>` closes the first `<`, and more follows"),
        ("`<` $n `>`", "parameter 't' is not in the format"),
        ("`<` $n $n $t `>`", "'n' is written twice"),
        ("`<` $m $t `>`", "refused.type has no parameter 'm'"),
        ("`<` $any `:` $n `,` $t `>`", "parameter 'any' goes on after the ':' that follows it"),
        ("`<` attr-dict `>`", "unknown directive 'attr-dict'"),
        ("`<` ($n^)? `>`", "parameters are never absent"),
    ],
)
def test_types(text: str, cause: str) -> None:
    names = {"n": I64, "t": AnyType} | ({"any": AnyAttr} if "any" in text else {})
    with pytest.raises(FormatError, match=cause.replace("(", r"\(").replace("[", r"\[")):
        type(TypeDef)(
            "Refused",
            (TypeDef,),
            {
                "name": "refused.type",
                "assembly_format": text,
                "__module__": __name__,
                "__annotations__": dict.fromkeys(names, "Any"),
            }
            | {name: parameter(constraint) for name, constraint in names.items()},
        )


def test_the_example_of_the_docs() -> None:
    """docs/assembly.md: a syntax of its own."""
    text = Path(__file__).parents[2].joinpath("docs/assembly.md").read_text()
    code = text[text.index("@classmethod\ndef parse_bounds") :]
    namespace: dict[str, Any] = {}
    exec(code[: code.index("```")], namespace)
    parse = namespace["parse_bounds"].__func__
    assert parse(None, Cursor(" [%a, %b] tensor<4xf32>")) == (["%a", "%b"], "tensor<4xf32>")
    with pytest.raises(Fault, match="expected an index, found ']'"):
        parse(None, Cursor("[%a, ] f32"))
