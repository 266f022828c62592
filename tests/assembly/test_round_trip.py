"""Text to module to text, against the generic form."""

from __future__ import annotations

from typing import Any

import pytest

from ireekit.dialect import parse_module, print_op
from ireekit.dialect.assembly import preparse

ARGUMENTS = (
    "%arg0: f32, %arg1: tensor<4x8xf32>, %arg2: index, %arg3: i32, %arg4: !demo.tile<4 x f32>, %arg5: i1, "
    "%arg6: memref<4xf32, affine_map<(d0) -> (d0 * 2)>>"
)


def module_of(*lines: str) -> str:
    body = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
    return f"module {{\n  func.func @f({ARGUMENTS}) {{\n{body}\n    return\n  }}\n}}\n"


# (custom form as it is printed, generic form)
SAME = {
    "one type for all": ("%0 = demo.add %arg0, %arg0 : f32", '%0 = "demo.add"(%arg0, %arg0) : (f32, f32) -> f32'),
    "attributes": (
        '%0 = demo.add %arg0, %arg0 {a = "demo.add %x", b, "c d" = [1, @x::@y]} : f32',
        '%0 = "demo.add"(%arg0, %arg0) {a = "demo.add %x", b, "c d" = [1, @x::@y]} : (f32, f32) -> f32',
    ),
    "type with a format": (
        "%0 = demo.add %arg4, %arg4 : !demo.tile<4 x f32>",
        '%0 = "demo.add"(%arg4, %arg4) : (!demo.tile<f32, 4 : i64>, !demo.tile<f32, 4 : i64>) -> '
        "!demo.tile<f32, 4 : i64>",
    ),
    "layout in a type": (
        "%0 = demo.add %arg6, %arg6 : memref<4xf32, affine_map<(d0) -> (d0 * 2)>>",
        '%0 = "demo.add"(%arg6, %arg6) : (memref<4xf32, affine_map<(d0) -> (d0 * 2)>>, '
        "memref<4xf32, affine_map<(d0) -> (d0 * 2)>>) -> memref<4xf32, affine_map<(d0) -> (d0 * 2)>>",
    ),
    "trait": ("%0 = demo.neg %arg2 : index", '%0 = "demo.neg"(%arg2) : (index) -> index'),
    "relation and function type": (
        "%0 = demo.cast %arg0 as %arg0 : (f32) -> i32",
        '%0 = "demo.cast"(%arg0, %arg0) : (f32, f32) -> i32',
    ),
    "function type as result": (
        "%0 = demo.cast %arg0 as %arg0 : (f32) -> ((i32) -> i32)",
        '%0 = "demo.cast"(%arg0, %arg0) : (f32, f32) -> ((i32) -> i32)',
    ),
    "enum, default left out": (
        "%0 = demo.matmul %arg1, %arg1 fast : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>",
        '%0 = "demo.matmul"(%arg1, %arg1) {axis = 0 : i64, mode = 0 : i32} : (tensor<4x8xf32>, tensor<4x8xf32>) '
        "-> tensor<4x8xf32>",
    ),
    "enum, default changed": (
        "%0 = demo.matmul %arg1, %arg1 exact axis = -3 {x} : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>",
        '%0 = "demo.matmul"(%arg1, %arg1) {axis = -3 : i64, mode = 1 : i32, x} : (tensor<4x8xf32>, tensor<4x8xf32>) '
        "-> tensor<4x8xf32>",
    ),
    "type from a variable in another": (
        "%0 = demo.reduce %arg1 : tensor<4x8xf32>",
        '%0 = "demo.reduce"(%arg1) : (tensor<4x8xf32>) -> f32',
    ),
    "type from infer": (
        "%0 = demo.transpose %arg1 : tensor<4x8xf32>",
        '%0 = "demo.transpose"(%arg1) : (tensor<4x8xf32>) -> tensor<8x4xf32>',
    ),
    "optional operand absent": (
        "%0 = demo.many(%arg0, %arg0)",
        '%0 = "demo.many"(%arg0, %arg0) {operandSegmentSizes = array<i32: 0, 2>} : (f32, f32) -> index',
    ),
    "optional operand present, unit": (
        "%0 = demo.many if %arg3() fast",
        '%0 = "demo.many"(%arg3) {fast, operandSegmentSizes = array<i32: 1, 0>} : (i32) -> index',
    ),
    "several results": (
        "%0:2 = demo.split %arg0 : f32 -> i32, !demo.token\n%1 = demo.neg %0#0 : i32",
        '%0:2 = "demo.split"(%arg0) : (f32) -> (i32, !demo.token)\n%1 = "demo.neg"(%0#0) : (i32) -> i32',
    ),
    "no results": ("demo.split %arg0 : f32 ->", '"demo.split"(%arg0) : (f32) -> ()'),
    "operands and functional-type": (
        "%0:2 = demo.pack(%arg0, %arg2, %arg3) : (f32, index, i32) -> (f32, f32)",
        '%0:2 = "demo.pack"(%arg0, %arg2, %arg3) : (f32, index, i32) -> (f32, f32)',
    ),
    "lists of types": (
        "%0 = demo.lists %arg0, %arg2 : f32, index -> i1",
        '%0 = "demo.lists"(%arg0, %arg2) : (f32, index) -> i1',
    ),
    "attributes of every kind": (
        "%0 = demo.const dense<1.000000e+00> : tensor<2xf32> [1, -2] scale 2.500000e+00 flag true kind "
        'tensor<2xi8> on npu "a\\22b" '
        '["x", "y"] = 3 : i8, 1.000000e+00',
        '%0 = "demo.const"() {value = dense<1.0> : tensor<2xf32>, dims = array<i64: 1, -2>, scale = 2.5 : f32, '
        "flag = true, "
        'kind = tensor<2xi8>, target = "npu-like", text = "a\\"b", names = ["x", "y"], open_int = 3 : i8, '
        "open_float = 1.0} : "
        "() -> f32",
    ),
    "attribute with a format, hexadecimal float": (
        '%0 = demo.const #demo.layout<order = "a,b", pitch = 3> [] scale 0x7FC00000 flag false kind f32 on cpu '
        '"" [] = 1, 2.000000e+00 : f32',
        '%0 = "demo.const"() {value = #demo.layout<"a,b", 3 : i32>, dims = array<i64>, scale = 0x7FC00000 : '
        "f32, flag = false, "
        'kind = f32, target = "cpu-like", text = "", names = [], open_int = 1, open_float = 2.0 : f32} : () -> f32',
    ),
    "no clause": ("demo.options", '"demo.options"() : () -> ()'),
    "all clauses": (
        "demo.options value %arg0 limit(4) fast {x}",
        '"demo.options"(%arg0) {limit = 4 : i64, fast, x} : (f32) -> ()',
    ),
    "custom directive": (
        "%0 = demo.slice %arg0 [%arg2 + 1, %arg2 + -2] : f32 to i32",
        '%0 = "demo.slice"(%arg0, %arg2, %arg2) {offsets = [1, -2]} : (f32, index, index) -> i32',
    ),
    "line breaks": (
        "demo.lines{\n  %arg0,\n  %arg0\n}",
        '"demo.lines"(%arg0, %arg0) : (f32, f32) -> ()',
    ),
    "regions": (
        "%0 = demo.loop %arg2 iter(%arg0, %arg3 : f32, i32) {\n"
        "^bb0(%arg7: f32):\n"
        "  %1 = demo.add %arg7, %arg7 : f32\n"
        "  demo.yield %1 : f32\n"
        "} else {\n"
        "  demo.yield\n"
        "} attributes {x} -> f32",
        '%0 = "demo.loop"(%arg2, %arg0, %arg3) ({\n'
        "^bb0(%arg7: f32):\n"
        '  %1 = "demo.add"(%arg7, %arg7) : (f32, f32) -> f32\n'
        '  "demo.yield"(%1) : (f32) -> ()\n'
        "}, {\n"
        '  "demo.yield"() : () -> ()\n'
        "}) {x} : (index, f32, i32) -> f32",
    ),
    "optional region absent": (
        "demo.loop %arg2 {\n  demo.yield\n}",
        '"demo.loop"(%arg2) ({\n  "demo.yield"() : () -> ()\n}, {}) : (index) -> ()',
    ),
    "regions in another order": (
        "demo.scope second {\n  demo.options value %arg0\n} first {\n  demo.options fast\n}",
        '"demo.scope"() ({\n  "demo.options"() {fast} : () -> ()\n}, {\n  "demo.options"(%arg0) : (f32) -> '
        "()\n}) : () -> ()",
    ),
    "any number of regions": (
        "demo.cases of {\n  demo.options\n}, {\n  demo.options fast\n} end",
        '"demo.cases"() ({\n  "demo.options"() : () -> ()\n}, {\n  "demo.options"() {fast} : () -> ()\n}) : () -> ()',
    ),
    "no regions": ("demo.cases of end", '"demo.cases"() : () -> ()'),
    "successors": (
        "demo.cases of {\n  demo.branch %arg5 ^bb1 else ^bb2, ^bb1\n^bb1:  // 2 preds: ^bb0, ^bb0\n"
        "  demo.yield\n^bb2:  // pred: ^bb0\n  demo.yield\n} end",
        '"demo.cases"() ({\n  "demo.branch"(%arg5)[^bb1, ^bb2, ^bb1] : (i1) -> ()\n^bb1:\n  "demo.yield"() : () -> ()\n'
        '^bb2:\n  "demo.yield"() : () -> ()\n}) : () -> ()',
    ),
    "symbol names": (
        'demo.func @a calls @"b c" {\n  demo.func @"not plain" {\n    demo.options\n  }\n}',
        '"demo.func"() ({\n  "demo.func"() ({\n    "demo.options"() : () -> ()\n  }) {sym_name = "not plain"} : '
        "() -> ()\n"
        '}) {sym_name = "a", calls = @"b c"} : () -> ()',
    ),
    "inside a stock operation": (
        "scf.if %arg5 {\n  %0 = demo.neg %arg0 : f32\n} else {\n  %0 = demo.neg %arg2 : index\n}",
        'scf.if %arg5 {\n  %0 = "demo.neg"(%arg0) : (f32) -> f32\n} else {\n  %0 = "demo.neg"(%arg2) : (index) '
        "-> index\n}",
    ),
    "types in stock operations": (
        "%0 = builtin.unrealized_conversion_cast %arg4 : !demo.tile<4 x f32> to "
        "tuple<!demo.box<[!demo.tile<1 x f16>]>, i1>",
        "%0 = builtin.unrealized_conversion_cast %arg4 : !demo.tile<f32, 4 : i64> to "
        "tuple<!demo.box<!demo.tile<f16, 1 : i64>>, i1>",
    ),
}


@pytest.mark.parametrize(("custom", "generic"), SAME.values(), ids=SAME)
def test_custom_and_generic_are_one_module(custom: str, generic: str, context: Any, demo: Any) -> None:
    module = parse_module(module_of(custom), context, [demo])
    assert str(module) == str(parse_module(module_of(generic), context, [demo]))
    assert print_op(module, [demo], local_scope=True).splitlines() == module_of(custom).splitlines()


def test_all_at_once_with_locations(context: Any, demo: Any) -> None:
    # Every example in a block of its own names, so that they fit together.
    text = "".join(module_of(custom).replace("@f(", f"@f{index}(") for index, (custom, _) in enumerate(SAME.values()))
    whole = parse_module(f"module {{\n{text}\n}}", context, [demo], "x.mlir")
    printed = print_op(whole, [demo], debug_info=True)
    again = parse_module(printed, context, [demo])
    assert str(again) == str(whole)
    assert again.operation.get_asm(enable_debug_info=True) == whole.operation.get_asm(enable_debug_info=True)
    assert "demo.add" in printed
    assert '"demo.' not in printed.replace('"demo.add %x"', "")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("%0 = demo.add%arg0,%arg0:f32", "%0 = demo.add %arg0, %arg0 : f32"),
        ("%0 = demo.add // one\n  %arg0, // two\n\n  %arg0 : // three\n f32", "%0 = demo.add %arg0, %arg0 : f32"),
        ("demo.options fast limit (4) value %arg0", "demo.options value %arg0 limit(4) fast"),
        ("demo.options limit(4) <{fast}> {x = 1}", "demo.options limit(4) fast {x = 1 : i64}"),
        ("demo.options {x = {y = [1, {z = 2}]}}", "demo.options {x = {y = [1, {z = 2 : i64}]}}"),
        (
            "%0 = demo.add %arg4, %arg4 : !demo.tile<f32, 4>",
            "%0 = demo.add %arg4, %arg4 : !demo.tile<4 x f32>",
        ),
        (
            "%0 = demo.add %arg4, %arg4 : !demo<tile<f32, 4>>",
            "%0 = demo.add %arg4, %arg4 : !demo.tile<4 x f32>",
        ),
        (
            '%0 = demo.neg %arg0 {x = #demo.layout<pitch = 1, order = "a">} : f32',
            '%0 = demo.neg %arg0 {x = #demo.layout<order = "a", pitch = 1>} : f32',
        ),
        ("%0 = demo.many if %arg3() {operandSegmentSizes = array<i32: 9, 9>}", "%0 = demo.many if %arg3()"),
    ],
)
def test_other_ways_to_write(written: str, printed: str, context: Any, demo: Any) -> None:
    module = parse_module(module_of(written), context, [demo])
    assert printed in print_op(module, [demo]).replace("1 : i64, {z", "1, {z")


def test_two_on_a_line(context: Any, demo: Any) -> None:
    text = module_of(
        "demo.loop %arg2 { demo.yield } else { %x = demo.neg %arg0 : f32 demo.yield %x : f32 } -> demo.options"
    )
    module = parse_module(text.replace(" -> demo", " demo"), context, [demo])
    assert print_op(module, [demo]).count("demo.yield") == 2


def test_aliases(context: Any, demo: Any) -> None:
    text = '!m = tensor<4x8xf32>\n!tile = !demo.tile<2 x f16>\n#l = #demo.layout<order = "x", pitch = 1>\n' + module_of(
        "%0 = demo.transpose %arg1 : !m",
        "%1 = demo.reduce %arg1 {l = #l} : !m",
        "%2 = builtin.unrealized_conversion_cast %arg0 : f32 to !demo.box<[!tile]>",
    )
    printed = print_op(parse_module(text, context, [demo]), [demo])
    assert "%0 = demo.transpose %arg1 : tensor<4x8xf32>" in printed
    assert '%1 = demo.reduce %arg1 {l = #demo.layout<order = "x", pitch = 1>} : tensor<4x8xf32>' in printed
    assert "to !demo.box<[!demo.tile<2 x f16>]>" in printed


def test_elided_and_generic(context: Any, demo: Any) -> None:
    module = parse_module(
        module_of("%0 = demo.neg %arg0 {x = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : f32"), context, [demo]
    )
    short = print_op(module, [demo], elide_elements=2)
    assert "demo.neg %arg0 {x = dense_resource<__elided__> : tensor<3xf32>} : f32" in short
    assert print_op(module, [demo], generic=True) == module.operation.get_asm(print_generic_op_form=True)
    assert "demo.neg" not in print_op(module, [demo], skip_regions=True)


def test_one_operation(context: Any, demo: Any) -> None:
    module = parse_module(module_of("%0 = demo.neg %arg0 : f32"), context, [demo])
    op = module.body.operations[0].regions[0].blocks[0].operations[0]
    assert print_op(op, [demo]).startswith("%0 = demo.neg %")
    assert print_op(op, [demo], debug_info=True, local_scope=True).endswith('loc("-":3:10)')


def test_locations_for_people(context: Any, demo: Any) -> None:
    lines = ['%0 = demo.neg %arg0 : f32 loc("a":1:2)', "%1 = demo.neg %arg0 : f32 loc(unknown)"]
    lines += ['%2 = demo.neg %arg0 : f32 loc(fused["b", "c"])', '%3 = demo.neg %arg0 : f32 loc(callsite("d" at "e"))']
    printed = print_op(parse_module(module_of(*lines), context, [demo]), [demo], pretty_debug_info=True)
    assert printed.count("= demo.neg %arg0 : f32 ") == len(lines)


def test_bytes_and_bytecode(context: Any, demo: Any, tmp_path: Any) -> None:
    text = module_of("%0 = demo.neg %arg0 : f32")
    module = parse_module(text.encode(), context, [demo])
    with (tmp_path / "m.mlirbc").open("wb") as file:
        module.operation.write_bytecode(file)
    data = (tmp_path / "m.mlirbc").read_bytes()
    assert str(parse_module(data, context, [demo])) == str(module)


def test_what_does_not_fit_stays_generic(context: Any, demo: Any) -> None:
    """A missing attribute, a result type that would be inferred otherwise: still valid in the compiler's eyes."""
    generic = '%0 = "demo.transpose"(%arg1) : (tensor<4x8xf32>) -> tensor<4x4xf32>'
    module = parse_module(module_of(generic), context, [demo])
    assert generic in print_op(module, [demo])


def test_text_without_our_operations_is_the_same_object(context: Any, demo: Any) -> None:
    text = "func.func @f(%a: i32) {\n  return\n}\n"
    assert preparse(text, [demo], context) is text
    mentioned = '// demo.add\nmodule attributes {demo.x = "demo.add", demo.add} {}\n'
    assert preparse(mentioned, [demo], context) is mentioned


def test_names_that_are_no_operations(context: Any, demo: Any) -> None:
    text = (
        "module attributes {demo.yield} {\n"
        "  func.func private @demo.add() attributes {demo.neg}\n"
        "  func.func @f(%t: tensor<4xf32>, %demo.add: f32) {\n"
        "    cf.br ^demo.add\n"
        "  ^demo.add:\n"
        '    "demo.options"() {demo.yield} : () -> ()\n'
        '    "demo.options"() {a = 1, demo.yield} : () -> ()\n'
        '    "demo.options"() {demo.yield = 1} : () -> () // demo.add\n'
        "    %e = linalg.map { demo.add } ins(%t, %t : tensor<4xf32>, tensor<4xf32>) outs(%t : tensor<4xf32>)\n"
        "    return\n  }\n}\n"
    )
    assert preparse(text, [demo], context) is text
    module = parse_module(text, context, [demo])
    assert "linalg.map { demo.add }" in print_op(module, [demo])


def test_where_the_dialect_is_not_registered(demo: Any) -> None:
    """As on a platform that cannot: unregistered operations, opaque types."""
    from iree.compiler import ir

    from ireekit.dialect.assembly import customise

    plain = ir.Context()
    plain.allow_unregistered_dialects = True
    plain.load_all_available_dialects()
    for custom, _ in SAME.values():
        text = module_of(custom)
        with plain:
            module = ir.Module.parse(preparse(text, [demo], plain))
        printed = customise(module.operation.get_asm(use_local_scope=True), [demo], plain)
        assert printed.splitlines() == text.splitlines()
