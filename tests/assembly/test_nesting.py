"""Random programs: custom and generic form are one module, however deep and in whatever order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ireekit.dialect import AssemblyError, parse_module, print_op

# (custom, generic); § is the number of the line, so that each value has a name of its own.
LINES = [
    ("%v§ = demo.add %f, %f : f32", '%v§ = "demo.add"(%f, %f) : (f32, f32) -> f32'),
    (
        "%v§ = demo.add %t, %t {n = § : i64} : !demo.tile<4 x f32>",
        '%v§ = "demo.add"(%t, %t) {n = § : i64} : (!demo.tile<f32, 4 : i64>, !demo.tile<f32, 4 : i64>) '
        "-> !demo.tile<f32, 4 : i64>",
    ),
    ("%v§:2 = demo.split %i : index -> f32, i1", '%v§:2 = "demo.split"(%i) : (index) -> (f32, i1)'),
    ("%v§ = demo.many(%f)", '%v§ = "demo.many"(%f) {operandSegmentSizes = array<i32: 0, 1>} : (f32) -> index'),
    ("demo.options limit(§)", '"demo.options"() {limit = § : i64} : () -> ()'),
    ('demo.options {s = "demo.add { } // §"}', '"demo.options"() {s = "demo.add { } // §"} : () -> ()'),
    ("%v§ = arith.addf %f, %f : f32", "%v§ = arith.addf %f, %f : f32"),
]
NESTS = [
    ("demo.cases of {\n", "\n} end", '"demo.cases"() ({\n', "\n}) : () -> ()"),
    ("demo.func @s§ {\n", "\n}", '"demo.func"() ({\n', '\n}) {sym_name = "s§"} : () -> ()'),
    ("scf.if %c {\n", "\n}", "scf.if %c {\n", "\n}"),
]
TREES = st.recursive(
    st.integers(0, len(LINES) - 1),
    lambda inner: st.tuples(st.integers(0, len(NESTS) - 1), st.lists(inner, max_size=4)),
    max_leaves=25,
)


def write(tree: Any, numbers: Any) -> tuple[str, str]:
    number = str(next(numbers))
    if isinstance(tree, int):
        custom, generic = LINES[tree]
        return custom.replace("§", number), generic.replace("§", number)
    nest, inner = tree
    parts = [write(part, numbers) for part in inner] or [("demo.options", '"demo.options"() : () -> ()')]
    opening, closing, generic_opening, generic_closing = (text.replace("§", number) for text in NESTS[nest])
    return (
        opening + "\n".join(custom for custom, _ in parts) + closing,
        generic_opening + "\n".join(generic for _, generic in parts) + generic_closing,
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TREES, max_size=6))
def test_custom_and_generic_are_one(context: Any, demo: Any, trees: list[Any]) -> None:
    numbers = iter(range(10_000))
    pairs = [write(tree, numbers) for tree in trees]
    head = "func.func @f(%f: f32, %t: !demo.tile<4 x f32>, %i: index, %c: i1) {\n"
    custom, generic = (head + "".join(f"{pair[form]}\n" for pair in pairs) + "return\n}" for form in (0, 1))
    module = parse_module(custom, context, [demo])
    assert str(module) == str(parse_module(generic, context, [demo]))
    printed = print_op(module, [demo], debug_info=True)
    again = parse_module(printed, context, [demo])
    assert again.operation.get_asm(enable_debug_info=True) == module.operation.get_asm(enable_debug_info=True)


def test_as_deep_as_allowed(context: Any, demo: Any) -> None:
    def nested(depth: int) -> str:
        return "demo.cases of {\n" * depth + "demo.options\n" + "} end\n" * depth

    module = parse_module(nested(60), context, [demo])
    assert print_op(module, [demo]).count("demo.cases of {") == 60
    with pytest.raises(AssemblyError, match="nested more than 64 deep"):
        parse_module(nested(70), context, [demo])
