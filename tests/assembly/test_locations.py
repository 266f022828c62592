"""Locations of what was parsed: those of the text as it was written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ireekit.dialect import parse_module


def located(module: Any) -> list[tuple[str, str]]:
    """``(operation or argument, location)`` of everything in a module, in order."""
    from iree.compiler import ir

    found: list[tuple[str, str]] = []

    def visit(op: Any) -> Any:
        found.append((op.name, str(op.location)))
        for region in op.regions:
            for block in region:
                found.extend(("argument", str(argument.location)) for argument in block.arguments)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def expected(text: str) -> list[tuple[int, int, str]]:
    """``(line, column, name)`` of each name in the text that a `§` stands before."""
    places: list[tuple[int, int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        clean = 0
        for part in re.split("(§)", line):
            if part == "§":
                places.append((number, clean + 1, ""))
            else:
                if places and places[-1][2] == "" and places[-1][0] == number:
                    places[-1] = (*places[-1][:2], re.split(r"[\s:,(]", part)[0])
                clean += len(part.encode())
    return places


TEXTS = {
    "one a line": "§module {\n  §func.func @f(§%a: f32) {\n    %0 = §demo.add %a, %a : f32\n    §return\n  }\n}\n",
    "several lines each": (
        "§module {\n  §func.func @f(§%a: f32, §%i: index) {\n    %0 = §demo.add\n      %a, // one\n\n      %a\n "
        "     {x,\n"
        '       y = "z"} : f32\n    §demo.loop %i {\n      §demo.yield\n    }\n    else\n    {\n      '
        "§demo.yield %a\n : f32\n"
        "    }\n    §return\n  }\n}\n"
    ),
    "several on a line": (
        "§module { §func.func @f(§%a: f32, §%i: index) { %0 = §demo.add %a, %a : f32 §demo.loop %i { §demo.yield } "
        "else { %1 = §demo.neg %0 : f32 §demo.yield } §return } }\n"
    ),
    "types before it": (
        "§module {\n  §func.func @f(§%a: !demo.tile<4 x f32>, §%b: tuple<!demo.box<[!demo.tile<4 x f32>]>>, "
        "§%c: f32) {\n"
        "    %0 = §demo.neg %a : !demo.tile<4 x f32> %1 = §demo.neg %c : f32\n"
        "    %2 = §builtin.unrealized_conversion_cast %a : !demo.tile<4 x f32> to f32 §return\n  }\n}\n"
    ),
    "regions in another order": (
        "§module {\n  §demo.scope second {\n    §demo.options\n\n    §demo.options fast\n  } first {\n    "
        "§demo.options\n  }\n"
        "  §demo.options\n}\n"
    ),
    "beyond ASCII": (
        '§module {\n  §demo.options {"ä" = "ö"} §demo.options // ü\n'
        '  §demo.func @"é" { §demo.options } §demo.options\n}\n'
    ),
    "no module around": "§demo.options\n§demo.func @a { §demo.options }\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("filename", ["-", "dir/x.mlir"])
def test_line_and_column(text: str, filename: str, context: Any, demo: Any) -> None:
    module = parse_module(text.replace("§", ""), context, [demo], filename)
    found = located(module)
    if not text.startswith("§module"):
        found = found[1:]  # the module that MLIR puts around
    wanted = sorted(
        (
            "argument" if name.startswith("%") else name.replace("module", "builtin.module", 1),
            f'loc("{filename}":{line}:{column})',
        )
        for line, column, name in expected(text)
    )
    assert sorted(found) == [(name.replace("return", "func.return", 1), place) for name, place in wanted]


def test_explicit_locations_stay(context: Any, demo: Any) -> None:
    text = (
        '#l = loc("a.py":7:8)\nmodule {\n  demo.options loc("b.py":1:2) demo.options\n  demo.options fast loc(#l)\n'
        '  demo.func @f { demo.options loc(fused["x", "-":1:1]) } loc(callsite("y" at "z"))\n}\n'
    )
    places = [place for name, place in located(parse_module(text, context, [demo], "x.mlir"))]
    assert places[1:] == [
        'loc("b.py":1:2)',
        'loc("x.mlir":3:32)',
        'loc("a.py":7:8)',
        'loc(callsite("y" at "z"))',
        'loc(fused["x", "-":1:1])',
    ]


def test_attributes_of_a_named_module_stay(context: Any, demo: Any) -> None:
    text = "module @m attributes {demo.x = 1 : i64, demo.y} {\n  demo.options\n}\n"
    module = parse_module(text, context, [demo], "x.mlir")
    assert str(module).splitlines()[0] == "module @m attributes {demo.x = 1 : i64, demo.y} {"
    assert located(module) == [("builtin.module", 'loc("x.mlir":1:1)'), ("demo.options", 'loc("x.mlir":2:3)')]


def test_given_locations_on_lines_that_moved(context: Any, demo: Any) -> None:
    text = 'module {\n  demo.options fast demo.options loc("x.mlir":2:40) demo.options\n}\n'
    places = [place for _, place in located(parse_module(text, context, [demo], "x.mlir"))]
    assert places[1:] == ['loc("x.mlir":2:3)', 'loc("x.mlir":2:40)', 'loc("x.mlir":2:53)']
