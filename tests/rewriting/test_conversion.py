"""Dialect conversion."""

from __future__ import annotations

import gc
import weakref

import pytest
from iree.compiler import ir

from ireekit.errors import PassError
from ireekit.passes.conversion import (
    ConversionError,
    ConversionPattern,
    ConversionTarget,
    TypeConverter,
    apply_full_conversion,
    apply_partial_conversion,
    control_flow_conversion,
    conversion,
    convert_op_types,
    function_conversion,
    reconcile_casts,
)
from ireekit.passes.rewrite import pattern
from ireekit.passes.walk import find, walk

CFG = """
func.func private @ext(f64, i32) -> f64
func.func @g(%a: f64 {t.x = 1 : i32}, %c: i1) -> (f64, i32) {
  %i = arith.constant 3 : i32
  %0 = "t.add"(%a, %a) : (f64, f64) -> f64
  cf.cond_br %c, ^bb1(%0, %i : f64, i32), ^bb2(%a : f64)
^bb1(%x: f64, %j: i32):
  %1 = func.call @ext(%x, %j) : (f64, i32) -> f64
  %2:2 = scf.if %c -> (f64, i32) {
    %t = "t.add"(%1, %x) : (f64, f64) -> f64
    scf.yield %t, %j : f64, i32
  } else {
    scf.yield %a, %i : f64, i32
  }
  return %2#0, %2#1 : f64, i32
^bb2(%y: f64):
  %lb = arith.constant 0 : index
  %ub = arith.constant 4 : index
  %st = arith.constant 1 : index
  %3 = scf.for %k = %lb to %ub step %st iter_args(%acc = %y) -> f64 {
    %q = "t.add"(%acc, %y) : (f64, f64) -> f64
    scf.yield %q : f64
  }
  cf.br ^bb1(%3, %i : f64, i32)
}"""
SIMPLE = """
func.func @f(%a: i32) -> i32 {
  %0 = "t.a"(%a) : (i32) -> i32 loc("layer":7:8)
  %1 = "t.b"(%0) : (i32) -> i32
  return %1 : i32
}"""


@pytest.fixture
def f32(context):
    return ir.F32Type.get()


@pytest.fixture
def f64(context):
    return ir.F64Type.get()


@pytest.fixture
def i1(context):
    return ir.IntegerType.get_signless(1)


def names(module):
    return [each.name for each in walk(module.operation) if each.name.startswith("t.")]


def renamed(old, new):
    @conversion(old, name=f"{old}-to-{new}")
    def rename(op, adaptor, rewriter):
        types = rewriter.convert_types([result.type for result in op.results])
        rewriter.replace(op, rewriter.create(new, operands=adaptor.flat, results=types))

    return rename


def test_one_to_one_types_through_functions_and_control_flow(parse, f32, f64):
    converter = TypeConverter().replace(f64, f32)
    target = ConversionTarget().illegal("t.add").legal("t.plus", "arith")
    patterns = [
        *function_conversion(target, converter),
        *control_flow_conversion(target, converter),
        renamed("t.add", "t.plus"),
    ]
    module = parse(CFG)
    result = apply_full_conversion(module, target.legal("builtin.module"), patterns, converter)
    assert result.casts == ()
    assert "f64" not in str(module)
    assert "func.func @g(%arg0: f32 {t.x = 1 : i32}, %arg1: i1) -> (f32, i32)" in str(module)
    assert module.operation.verify()


def test_one_to_two_types_through_functions_and_control_flow(parse, f32, f64, i1):
    converter = TypeConverter().replace(f64, [f32, i1])
    target = ConversionTarget().illegal("t.add").legal("t.pair", "arith")
    patterns = [*function_conversion(target, converter), *control_flow_conversion(target, converter)]

    @conversion("t.add")
    def pair(op, adaptor, rewriter):
        left, right = adaptor
        assert [value.type for value in left] == [f32, i1]
        made = rewriter.create("t.pair", operands=[*left, *right], results=[f32, i1])
        rewriter.replace(op, [list(made.results)])

    module = parse(CFG)
    result = apply_full_conversion(module, target.legal("builtin.module"), [*patterns, pair], converter)
    assert result.counts["pair"] == 3
    text = str(module)
    assert "f64" not in text
    assert "unrealized" not in text
    assert "func.func @g(%arg0: f32, %arg1: i1, %arg2: i1) -> (f32, i1, i32)" in text
    assert "iter_args(%arg4 = %6, %arg5 = %7) -> (f32, i1)" in text
    assert module.operation.verify()


def test_one_to_none(parse, f64):
    converter = TypeConverter().replace(f64, [])
    target = ConversionTarget().illegal("t.add").legal("arith")
    patterns = [*function_conversion(target, converter), *control_flow_conversion(target, converter)]
    vanish = conversion("t.add", name="vanish")(lambda op, adaptor, rewriter: rewriter.replace(op, [[]]))
    module = parse(CFG)
    apply_partial_conversion(module, target, [*patterns, vanish], converter, unresolved="error")
    assert "f64" not in str(module)
    assert "func.func @g(%arg0: i1) -> i32" in str(module)


def test_partial_conversion_leaves_what_nothing_is_said_of(parse, context):
    module = parse(SIMPLE)
    target = ConversionTarget().illegal("t.a")
    assert apply_partial_conversion(module, target, [renamed("t.a", "t.new")]).counts == {"t.a-to-t.new": 1}
    assert names(module) == ["t.new", "t.b"]
    assert not apply_partial_conversion(module, target, [])


def test_full_conversion_names_the_first_that_remains(parse):
    module = parse(SIMPLE)
    before = str(module)
    target = ConversionTarget().illegal("t.a").legal("t.new", "func", "builtin")
    with pytest.raises(ConversionError, match=r"t\.b is not said to be legal") as caught:
        apply_full_conversion(module, target, [renamed("t.a", "t.new")])
    assert str(module) == before
    assert "t.new" in str(caught.value.failed_ir)


def test_the_error_says_why_each_pattern_did_not_match(parse):
    @conversion("t.a", benefit=5)
    def first(op, adaptor, rewriter):
        return rewriter.no_match("the moon is full")

    @conversion("t.a")
    def second(op, adaptor, rewriter):
        return None

    module = parse(SIMPLE)
    with pytest.raises(ConversionError) as caught:
        apply_partial_conversion(module, ConversionTarget().illegal("t.a"), [second, first])
    lines = str(caught.value).splitlines()
    assert lines[0] == "t.a is illegal, and no pattern converts it"
    assert lines[1:3] == ["  first: the moon is full", "  second: did not match"]
    assert "layer:7:8" in str(caught.value)
    with pytest.raises(ConversionError, match="there is no pattern for it"):
        apply_partial_conversion(module, ConversionTarget().illegal("t.b"), [])


def raising(op, adaptor, rewriter):
    rewriter.create("t.left-over".replace("-", "_"))
    raise ValueError("boom")


def erasing_what_is_used(op, adaptor, rewriter):
    rewriter.erase(op)


def replacing_twice(op, adaptor, rewriter):
    rewriter.replace(op, adaptor[0])
    rewriter.replace(op, adaptor[0])


def replacing_by_too_few(op, adaptor, rewriter):
    rewriter.replace(op, [])


def changing_then_refusing(op, adaptor, rewriter):
    rewriter.create("t.x")
    return rewriter.no_match("no")


def staying_illegal(op, adaptor, rewriter):
    with rewriter.modify(op):
        op.operation.attributes["touched"] = ir.UnitAttr.get()


def creating_itself(op, adaptor, rewriter):
    rewriter.replace(op, rewriter.create("t.a", operands=adaptor.flat, results=[op.results[0].type]))


def erasing_the_function(op, adaptor, rewriter):
    rewriter.erase(op.operation.parent)


def starting_a_driver(op, adaptor, rewriter):
    from ireekit.passes.rewrite import apply_greedily

    apply_greedily(op.operation.parent, [])


def breaking_the_ir(op, adaptor, rewriter):
    made = rewriter.create("arith.cmpi", operands=adaptor.flat, results=[op.results[0].type])
    rewriter.replace(op, made)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (raising, "ValueError: boom"),
        (erasing_what_is_used, "still uses its result"),
        (replacing_twice, "twice"),
        (replacing_by_too_few, "has 1 results, and is replaced by 0"),
        (changing_then_refusing, "after it has changed IR"),
        (staying_illegal, "still illegal"),
        (creating_itself, "does not end"),
        (erasing_the_function, "cannot be replaced or erased"),
        (starting_a_driver, "another pattern driver"),
        (breaking_the_ir, "invalid IR"),
    ],
)
def test_failures_leave_the_ir_as_it_was(parse, function, message):
    module = parse(SIMPLE)
    before = module.operation.get_asm(enable_debug_info=True)
    made = conversion("t.a", name="made")(function)
    with pytest.raises(ConversionError, match=message):
        apply_partial_conversion(module.body.operations[0], ConversionTarget().illegal("t.a"), [made])
    assert module.operation.get_asm(enable_debug_info=True) == before
    assert module.operation.verify()


def test_signatures_are_rolled_back_too(parse, f32, f64):
    converter = TypeConverter().replace(f64, f32)
    target = ConversionTarget()
    module = parse(CFG)
    before = str(module)
    patterns = [*function_conversion(target, converter), *control_flow_conversion(target, converter)]
    with pytest.raises(ConversionError, match=r"t\.add is illegal"):
        apply_partial_conversion(module, target.illegal("t.add"), patterns, converter)
    assert str(module) == before
    assert module.operation.verify()


def test_dynamic_legality(parse, context):
    converted = []

    @conversion("t.a")
    def mark(op, adaptor, rewriter):
        converted.append(op.operation.name)
        with rewriter.modify(op):
            op.operation.attributes["ok"] = ir.UnitAttr.get()

    module = parse(SIMPLE)
    target = ConversionTarget().dynamic("t.a", lambda op: "ok" in op.operation.attributes)
    apply_partial_conversion(module, target, [mark])
    apply_partial_conversion(module, target, [mark])
    assert converted == ["t.a"]
    with pytest.raises(PassError, match=r"legality of t\.a"):
        apply_partial_conversion(module, ConversionTarget().dynamic("t.a", lambda op: 1 / 0), [mark])
    with pytest.raises(PassError, match="is no test"):
        ConversionTarget().dynamic("t.a", None)


def test_what_the_target_says_of_operations_dialects_and_the_rest(parse):
    [a] = find(parse(SIMPLE).operation, "t.a")
    assert ConversionTarget().legality(a) == "unknown"
    assert ConversionTarget().illegal("t").legality(a) == "illegal"
    assert ConversionTarget().illegal("t").legal("t.a").legality(a) == "legal"
    assert ConversionTarget().legal("t.a").illegal("t.a").legality(a) == "illegal"
    assert ConversionTarget().unknown(lambda op: True).legality(a) == "legal"
    assert ConversionTarget().dynamic("t", lambda op: None).legality(a) == "unknown"


def test_recursively_legal_operations_are_not_entered(parse):
    module = parse('"t.box"() ({ "t.a"() : () -> () }) : () -> ()\n "t.a"() : () -> ()')
    gone = conversion("t.a", name="gone")(lambda op, adaptor, rewriter: rewriter.erase(op))
    apply_partial_conversion(module, ConversionTarget().recursively_legal("t.box").illegal("t.a"), [gone])
    assert names(module) == ["t.box", "t.a"]


def test_what_patterns_create_is_converted_in_turn(parse):
    target = ConversionTarget().illegal("t.a", "t.m", "t.n").legal("t.z")
    module = parse(SIMPLE)
    chain = [renamed("t.a", "t.m"), renamed("t.m", "t.n"), renamed("t.n", "t.z")]
    apply_partial_conversion(module, target, chain)
    assert names(module) == ["t.z", "t.b"]


def test_rewrite_patterns_take_part(parse):
    @pattern("t.a")
    def plain(op, rewriter):
        rewriter.replace(op, op.operands[0])

    module = parse(SIMPLE)
    apply_partial_conversion(module, ConversionTarget().illegal("t.a"), [plain])
    assert names(module) == ["t.b"]


def test_a_class_and_its_adaptor(parse, context):
    class Lower(ConversionPattern):
        op = "arith.addf"

        def match_and_rewrite(self, op, adaptor, rewriter):
            assert adaptor.lhs == adaptor[0] == adaptor.operands[0]
            assert adaptor.rhs == adaptor.flat[1]
            assert len(adaptor) == 2
            with pytest.raises(AttributeError):
                _ = adaptor.nothing
            types = [adaptor.lhs.type]
            rewriter.replace_with(op, "t.add", operands=[adaptor.lhs, adaptor.rhs], results=types)

    module = parse("func.func @f(%a: f32, %b: f32) -> f32 { %0 = arith.addf %a, %b : f32 return %0 : f32 }")
    apply_partial_conversion(module, ConversionTarget().illegal("arith"), [Lower])
    assert names(module) == ["t.add"]


def test_casts_stay_between_what_is_converted_and_what_is_not(parse, f32, f64):
    text = 'func.func @f(%a: f64) -> f64 { %0 = "t.add"(%a, %a) : (f64, f64) -> f64 return %0 : f64 }'
    converter = TypeConverter().replace(f64, f32)
    module = parse(text)
    target = ConversionTarget().illegal("t.add")
    result = apply_partial_conversion(module, target, [renamed("t.add", "t.plus")], converter)
    assert len(result.casts) == 2
    assert all(cast.name == "builtin.unrealized_conversion_cast" for cast in result.casts)
    assert module.operation.verify()
    module = parse(text)
    with pytest.raises(ConversionError, match=r"type \(f64\) is needed as \(f32\) by t\.plus"):
        apply_partial_conversion(module, target, [renamed("t.add", "t.plus")], converter, unresolved="error")
    assert names(module) == ["t.add"]


def test_materializations_take_the_place_of_casts(parse, f32, f64):
    converter = TypeConverter().replace(f64, f32)

    @converter.source
    def widen(values, types):
        from iree.compiler.dialects import arith

        return arith.extf(types[0], values[0])

    @converter.target
    def narrow(values, types):
        from iree.compiler.dialects import arith

        return arith.truncf(types[0], values[0])

    module = parse('func.func @f(%a: f64) -> f64 { %0 = "t.add"(%a, %a) : (f64, f64) -> f64 return %0 : f64 }')
    apply_partial_conversion(
        module, ConversionTarget().illegal("t.add"), [renamed("t.add", "t.plus")], converter, unresolved="error"
    )
    text = str(module)
    assert "arith.truncf" in text
    assert "arith.extf" in text
    assert module.operation.verify()
    converter.target(lambda values, types: values[0])
    module = parse('func.func @f(%a: f64) -> f64 { %0 = "t.add"(%a, %a) : (f64, f64) -> f64 return %0 : f64 }')
    with pytest.raises(ConversionError, match="materialization makes"):
        apply_partial_conversion(module, ConversionTarget().illegal("t.add"), [renamed("t.add", "t.plus")], converter)


def test_type_rules(f32, f64, i1):
    converter = TypeConverter()

    @converter.convert(ir.RankedTensorType)
    def of_tensors(tensor):
        return ir.RankedTensorType.get(tensor.shape, f32) if tensor.element_type == f64 else None

    tensor = ir.Type.parse("tensor<4xf64>")
    assert converter.converted(tensor) == [ir.Type.parse("tensor<4xf32>")]
    assert converter.is_legal(ir.Type.parse("tensor<4xf32>"))
    assert converter.is_legal(f64)
    converter.replace(tensor, [i1, i1])  # later rules are asked first
    assert converter.converted_types([tensor, f64]) == [i1, i1, f64]
    with pytest.raises(PassError, match="which is no type"):
        TypeConverter().replace(f64, ["f32"]).converted(f64)


def test_segments_follow_the_operands(parse, f32, f64, i1):
    converter = TypeConverter().replace(f64, [f32, i1])
    module = parse("""func.func @f(%a: f64, %c: i1) {
      "t.seg"(%a, %a, %c) {operandSegmentSizes = array<i32: 1, 2, 0>} : (f64, f64, i1) -> ()
      return }""")
    target = ConversionTarget().dynamic("t.seg", converter.are_legal)
    patterns = [*function_conversion(target, converter), conversion("t.seg")(convert_op_types)]
    apply_partial_conversion(module, target, patterns, converter, unresolved="error")
    [seg] = find(module.operation, "t.seg")
    assert list(seg.attributes["operandSegmentSizes"]) == [2, 3, 0]
    assert len(seg.operands) == 5


def test_a_converter_keeps_no_context_alive():
    """One that a module defines serves every compilation of the process."""
    converter = TypeConverter().replace("no type", "no type")
    contexts = []
    for _ in range(2):
        context = ir.Context()
        context.allow_unregistered_dialects = True
        with context, ir.Location.unknown():
            module = ir.Module.parse('func.func @f(%a: i32) {"t.a"(%a) : (i32) -> () return}')
            target = ConversionTarget().illegal("t.a")
            apply_partial_conversion(module, target, [renamed("t.a", "t.new")], converter)
            assert names(module) == ["t.new"]
        contexts.append(weakref.ref(context))
        del module, context, target
    gc.collect()
    assert [each() for each in contexts] == [None, None]


def test_reconciling_casts(parse):
    module = parse("""func.func @f(%a: i32) -> (i32, f32) {
      %0 = builtin.unrealized_conversion_cast %a : i32 to i64
      %1 = builtin.unrealized_conversion_cast %0 : i64 to f64
      %2 = builtin.unrealized_conversion_cast %1 : f64 to i32
      %3 = builtin.unrealized_conversion_cast %a : i32 to f32
      %4 = builtin.unrealized_conversion_cast %a : i32 to f16
      return %2, %3 : i32, f32 }""")
    remaining = reconcile_casts(module)
    assert [str(cast.results[0].type) for cast in remaining] == ["f32"]
    assert "return %arg0, %0" in str(module)


def test_loops_of_values_through_blocks(parse, f32, f64):
    """A value that is used before, in the order of the text, it is defined."""
    module = parse("""func.func @f(%a: f64, %c: i1) -> f64 {
      cf.br ^bb2(%a : f64)
    ^bb1:
      %1 = "t.add"(%0, %0) : (f64, f64) -> f64
      cf.cond_br %c, ^bb2(%1 : f64), ^bb3
    ^bb2(%x: f64):
      %0 = "t.add"(%x, %x) : (f64, f64) -> f64
      cf.br ^bb1
    ^bb3:
      return %0 : f64 }""")
    converter = TypeConverter().replace(f64, f32)
    target = ConversionTarget().illegal("t.add")
    patterns = [*function_conversion(target, converter), *control_flow_conversion(target, converter)]
    apply_partial_conversion(module, target, [*patterns, renamed("t.add", "t.plus")], converter, unresolved="error")
    assert "f64" not in str(module)
    assert module.operation.verify()
