"""Declarative rules, compiled to PDL."""

from __future__ import annotations

import gc

import pytest
from iree.compiler import ir
from iree.compiler.dialects import arith, linalg

from ireekit.errors import PassError
from ireekit.passes.rewrite import (
    Attr,
    GreedyConfig,
    Type,
    Value,
    Values,
    apply_greedily,
    apply_walk,
    attr,
    build,
    compute,
    constraint,
    erase,
    fits,
    one_use,
    op,
    pattern,
    replace,
    rewrite_rule,
    same_block,
)
from ireekit.passes.walk import find, walk

DRIVERS = pytest.mark.parametrize("drive", [apply_greedily, apply_walk])


def names(module):
    return [each.name for each in walk(module.operation) if each.name.startswith("t.")]


def function(*rows, arguments="%a: i32, %b: i32"):
    return f"func.func @f({arguments}) {{\n" + "\n".join(rows) + "\nreturn }"


@DRIVERS
def test_a_match_of_two_operations(parse, drive):
    @rewrite_rule()
    def fuse(x, y, z):
        return replace(op("t.add", op("t.mul", x, y), z), op("t.fma", x, y, z))

    module = parse(
        function(
            '%0 = "t.mul"(%a, %b) : (i32, i32) -> i32',
            '%1 = "t.add"(%0, %a) : (i32, i32) -> i32',
            '%2 = "t.add"(%a, %0) : (i32, i32) -> i32',
            '"t.use"(%1, %2) : (i32, i32) -> ()',
        )
    )
    assert drive(module, fuse)
    assert names(module).count("t.fma") == 1
    [fma] = find(module.operation, "t.fma")
    assert [str(each.type) for each in fma.operands] == ["i32"] * 3
    assert module.operation.verify()


@DRIVERS
def test_one_name_is_one_value(parse, drive):
    @rewrite_rule()
    def double(x):
        return replace(op("t.add", x, x), op("t.double", x))

    module = parse(
        function('%0 = "t.add"(%a, %b) : (i32, i32) -> i32', '%1 = "t.add"(%a, %a) : (i32, i32) -> i32',
                 '"t.use"(%0, %1) : (i32, i32) -> ()')
    )  # fmt: skip
    drive(module, double)
    assert names(module) == ["t.add", "t.double", "t.use"]


@DRIVERS
def test_attributes_constant_bound_and_carried_over(parse, drive):
    @rewrite_rule()
    def carry(x, k: Attr):
        return replace(op("t.a", x, mode="fast", flag=True, k=k), op("t.b", x, kept=k, new=attr("[1, 2]")))

    module = parse(
        function(
            '%0 = "t.a"(%a) {mode = "fast", flag = true, k = 7 : i64} : (i32) -> i32',
            '%1 = "t.a"(%a) {mode = "slow", flag = true, k = 7 : i64} : (i32) -> i32',
            '%2 = "t.a"(%a) {mode = "fast", flag = true} : (i32) -> i32',
            '"t.use"(%0, %1, %2) : (i32, i32, i32) -> ()',
        )
    )
    drive(module, carry)
    assert names(module) == ["t.b", "t.a", "t.a", "t.use"]
    [b] = find(module.operation, "t.b")
    assert str(b.attributes["kept"]) == "7 : i64"
    assert str(b.attributes["new"]) == "[1, 2]"


@DRIVERS
def test_types_by_text_by_name_and_by_value(parse, drive):
    @rewrite_rule()
    def only_i32(x: Value = "i32"):
        return replace(op("t.a", x), op("t.i32", x))

    @rewrite_rule()
    def same(x: Value, y: Value, t: Type):
        return replace(op("t.two", x.of(t), y.of(t)), op("t.same", x, y))

    module = parse(
        function(
            '%0 = "t.a"(%a) : (i32) -> i32', '%1 = "t.a"(%f) : (f32) -> f32',
            '%2 = "t.two"(%a, %f) : (i32, f32) -> i1', '%3 = "t.two"(%a, %a) : (i32, i32) -> i1',
            '"t.use"(%0, %1, %2, %3) : (i32, f32, i1, i1) -> ()', arguments="%a: i32, %f: f32",
        )
    )  # fmt: skip
    drive(module, [only_i32, same])
    assert names(module) == ["t.i32", "t.a", "t.two", "t.same", "t.use"]


@DRIVERS
def test_several_results(parse, drive):
    @rewrite_rule()
    def swap(x, y):
        pair = op("t.pair", x, y, results=2)
        return replace(op("t.sum", pair[1], pair[0]), op("t.sum2", pair[0], pair[1]))

    @rewrite_rule()
    def split(x, y):
        return replace(op("t.both", x, y, results=2), [y, x])

    module = parse(
        function('%0:2 = "t.pair"(%a, %b) : (i32, i32) -> (i32, i32)', '%1 = "t.sum"(%0#1, %0#0) : (i32, i32) -> i32',
                 '%2:2 = "t.both"(%a, %b) : (i32, i32) -> (i32, i32)', '"t.use"(%1, %2#0) : (i32, i32) -> ()')
    )  # fmt: skip
    drive(module, [swap, split])
    assert names(module) == ["t.pair", "t.sum2", "t.use"]
    [use] = find(module.operation, "t.use")
    assert use.operands[1] == module.body.operations[0].arguments[1]


@DRIVERS
def test_any_number_of_operands_and_results(parse, drive):
    @rewrite_rule()
    def widen(rest: Values):
        return replace(op("t.many", rest, results=...), op("t.more", rest, rest))

    module = parse(
        function('%0:2 = "t.many"(%a, %b) : (i32, i32) -> (i32, i32)', '"t.many"() : () -> ()',
                 '"t.use"(%0#0) : (i32) -> ()')
    )  # fmt: skip
    drive(module, widen)
    more = find(module.operation, "t.more")
    assert [(len(each.operands), len(each.results)) for each in more] == [(4, 2), (0, 0)]


@DRIVERS
def test_conditions(parse, drive):
    @constraint
    def even(k):
        return k.value % 2 == 0

    @rewrite_rule()
    def halve(x, k: Attr):
        return replace(op("t.a", x, k=k), op("t.even", x), where=[even(k)])

    module = parse(function(*(f'%{n} = "t.a"(%a) {{k = {n} : i32}} : (i32) -> i32' for n in range(4)),
                            '"t.use"(%0, %1, %2, %3) : (i32, i32, i32, i32) -> ()'))  # fmt: skip
    drive(module, halve)
    assert names(module) == ["t.even", "t.a", "t.even", "t.a", "t.use"]


@DRIVERS
def test_one_use_and_same_block(parse, drive):
    @rewrite_rule()
    def once(x):
        inner = op("t.in", x)
        outer = op("t.out", inner)
        return replace(outer, op("t.fused", x), where=[one_use(inner), same_block(inner, outer)])

    module = parse(
        function('%0 = "t.in"(%a) : (i32) -> i32', '%1 = "t.out"(%0) : (i32) -> i32',
                 '%2 = "t.in"(%b) : (i32) -> i32', '%3 = "t.out"(%2) : (i32) -> i32',
                 '"t.use"(%1, %2, %3) : (i32, i32, i32) -> ()')
    )  # fmt: skip
    drive(module, once)
    assert names(module).count("t.fused") == 1
    assert names(module).count("t.out") == 1


def test_matched_operations_are_erased_only_when_nothing_else_uses_them(parse):
    @rewrite_rule()
    def fuse(x):
        inner = op("t.in", x)
        return replace(op("t.out", inner), op("t.fused", x), erase=[inner])

    module = parse(
        function('%0 = "t.in"(%a) : (i32) -> i32', '%1 = "t.out"(%0) : (i32) -> i32',
                 '%2 = "t.in"(%b) : (i32) -> i32', '%3 = "t.out"(%2) : (i32) -> i32',
                 '"t.use"(%1, %2, %3) : (i32, i32, i32) -> ()')
    )  # fmt: skip
    apply_greedily(module, fuse)
    assert names(module) == ["t.fused", "t.in", "t.out", "t.use"]
    with pytest.raises(PassError, match="erases other operations"):
        apply_walk(module, fuse)


@DRIVERS
def test_erasing_the_root(parse, drive):
    drop = rewrite_rule(name="drop")(lambda x: erase(op("t.a", x)))
    used, unused = '%0 = "t.a"(%a) : (i32) -> i32', '%1 = "t.a"(%a) : (i32) -> i32'
    module = parse(function(used, unused, '"t.use"(%0) : (i32) -> ()'))
    drive(module, drop)
    assert names(module) == ["t.a", "t.use"]


@DRIVERS
def test_computed_attributes_and_types(parse, drive):
    @compute("attribute")
    def total(one, other):
        return ir.IntegerAttr.get(one.type, one.value + other.value)

    @compute("type")
    def vector_of(element):
        return ir.VectorType.get([2], element)

    @rewrite_rule()
    def add(x, c: Attr, d: Attr):
        first = op("arith.addi", x, op("arith.constant", value=c))
        both = op("arith.addi", first, op("arith.constant", value=d))
        wide = op("t.wide", x, results=vector_of(x.type))
        return replace(both, op("t.narrow", wide, op("arith.constant", value=total(c, d), results=x.type)))

    module = parse("""func.func @f(%a: i32) -> i32 {
      %c = arith.constant 3 : i32
      %d = arith.constant 4 : i32
      %0 = arith.addi %a, %c : i32
      %1 = arith.addi %0, %d : i32
      return %1 : i32 }""")
    drive(module, add) if drive is apply_walk else drive(module, add, GreedyConfig(fold=False))
    assert '"t.wide"(%arg0) : (i32) -> vector<2xi32>' in str(module)
    assert "arith.constant 7 : i32" in str(module)
    assert module.operation.verify()


@DRIVERS
def test_replacements_built_in_python(parse, drive):
    @build
    def matmul(rewriter, x, y, out):
        return linalg.matmul(y, x, outs=[out])

    @rewrite_rule()
    def swap(x, y, out):
        return replace(op("t.matmul", x, y, out), matmul(x, y, out))

    module = parse("""func.func @f(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
      %0 = "t.matmul"(%a, %a, %a) : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      return %0 : tensor<4x4xf32> }""")
    assert drive(module, swap).counts == {"swap": 1}
    assert find(module.operation, "linalg.matmul")
    assert module.operation.verify()


@DRIVERS
def test_properties_of_the_compilers_operations(parse, drive):
    """linalg's segment sizes, arith's predicates and flags are matched and created."""

    @rewrite_rule()
    def turn(x, y):
        less = op(arith.CmpIOp, x, y, predicate=attr("2 : i64"))
        return replace(less, op(arith.CmpIOp, y, x, predicate=attr("4 : i64")))

    @rewrite_rule()
    def lift(x, y, z):
        return replace(op("linalg.matmul", x, y, z, operandSegmentSizes=attr("array<i32: 2, 1>")), op("t.mm", x, y, z))

    @rewrite_rule()
    def flags(x, y, f: Attr):
        return replace(op("arith.addi", x, y, overflowFlags=f), op("arith.subi", x, y, overflowFlags=f))

    module = parse("""func.func @f(%a: i32, %b: i32, %m: tensor<4x4xf32>) -> (i1, tensor<4x4xf32>, i32) {
      %0 = arith.cmpi slt, %a, %b : i32
      %1 = linalg.matmul ins(%m, %m : tensor<4x4xf32>, tensor<4x4xf32>) outs(%m : tensor<4x4xf32>) -> tensor<4x4xf32>
      %2 = arith.addi %a, %b overflow<nsw> : i32
      return %0, %1, %2 : i1, tensor<4x4xf32>, i32 }""")
    drive(module, [turn, lift, flags])
    text = str(module)
    assert "arith.cmpi sgt, %arg1, %arg0" in text
    assert '"t.mm"(%arg2, %arg2, %arg2)' in text
    assert "arith.subi %arg0, %arg1 overflow<nsw>" in text
    assert module.operation.verify()


@DRIVERS
def test_benefit_and_a_mix_with_python_patterns(parse, drive):
    def renamed(name, benefit):
        return rewrite_rule(benefit=benefit, name=name)(lambda x: replace(op("t.a", x), op(f"t.{name}", x)))

    @pattern("t.high")
    def finish(root, rewriter):
        rewriter.replace_with(root, "t.done", operands=list(root.operands), results=[root.results[0].type])

    module = parse(function('%0 = "t.a"(%a) : (i32) -> i32', '"t.use"(%0) : (i32) -> ()'))
    result = drive(module, [renamed("low", 1), finish, renamed("high", 7)])
    assert names(module) == ["t.done", "t.use"]
    assert result.counts == {"finish": 1}


@pytest.fixture
def compilations(monkeypatch):
    """The rules of each compilation."""
    from ireekit.passes.rewrite import rules

    made: list[tuple[object, ...]] = []
    compile_rules = rules._compile
    monkeypatch.setattr(rules, "_compile", lambda *given: (made.append(given[0]), compile_rules(*given))[1])
    return made


def test_rules_are_compiled_once_for_a_context(parse, compilations):
    rule = rewrite_rule(name="r")(lambda x: replace(op("t.a", x), op("t.b", x)))
    for _ in range(3):
        module = parse(function('%0 = "t.a"(%a) : (i32) -> i32', '"t.use"(%0) : (i32) -> ()'))
        apply_walk(module, rule)
        assert names(module) == ["t.b", "t.use"]
    assert compilations == [(rule,)]


def test_rules_are_compiled_once_for_a_compiler_session(compilations):
    from ireekit.bindings.native import native_problem
    from ireekit.bindings.session import CompilerSession
    from ireekit.passes.rewrite import rules

    if native_problem():
        pytest.skip(f"nothing tells when a session's context ends: {native_problem()}")
    rule = rewrite_rule(name="r")(lambda x: replace(op("t.a", x), op("t.b", x)))
    before = len(rules._compiled)
    for _ in range(2):
        session = CompilerSession()
        for _ in range(3):
            text = function('%0 = "t.a"(%a) : (i32) -> i32', '"t.use"(%0) : (i32) -> ()')
            module = ir.Module.parse(text, session.context)
            apply_walk(module, rule)
            assert names(module) == ["t.b", "t.use"]
        assert len(rules._compiled) == before + 1
        del module, session
        gc.collect()
        assert len(rules._compiled) == before
    assert compilations == [(rule,), (rule,)]


def test_rules_outlive_contexts():
    rule = rewrite_rule(name="r")(lambda x: replace(op("t.a", x), op("t.b", x)))
    for _ in range(3):
        with ir.Context() as context:
            context.allow_unregistered_dialects = True
            context.load_all_available_dialects()
            module = ir.Module.parse(function('%0 = "t.a"(%a) : (i32) -> i32', '"t.use"(%0) : (i32) -> ()'))
            assert apply_greedily(module, rule)
            assert names(module) == ["t.b", "t.use"]
            del module
        del context


def test_the_pdl_can_be_read():
    rule = rewrite_rule(benefit=3, name="r")(lambda x: replace(op("t.a", x, k=attr("1 : i8")), op("t.b", x)))
    text = rule.pdl()
    for part in ("pdl.pattern @r : benefit(3)", 'pdl.operation "t.a"', "pdl.attribute = 1 : i8", "pdl.replace"):
        assert part in text


def test_a_rule_needs_no_parentheses(parse):
    @rewrite_rule
    def bare(x):
        return replace(op("t.a", x), x)

    assert bare.name == "bare"
    assert apply_greedily(parse('func.func @f(%a: i32) -> i32 {%0 = "t.a"(%a) : (i32) -> i32 return %0 : i32}'), bare)


def test_a_created_operation_exists(parse):
    rule = rewrite_rule(lambda x: replace(op("arith.negf", x), op("arith.ngf", x)))
    with pytest.raises(PassError, match=r"no operation arith\.ngf"):
        apply_greedily(parse("func.func @f(%a: f32) {%0 = arith.negf %a : f32 return}"), rule)


def rule_of(function):
    return rewrite_rule(name="broken")(function)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: op("t.a", x), "it returns"),
        (lambda x, y: replace(op("t.a", x), op("t.b", y)), "parameter 'y' is used in the replacement"),
        (lambda x: replace(op("t.a", x), [x, x]), "has 1 results, and is replaced by 2"),
        (lambda x: replace(op("t.a", x), op("t.b", 5)), "operand 0 of t.b is 5"),
        (lambda x: replace(op("t.a", x, k=5), x), "attribute 'k' of t.a: 5 says too little"),
        (lambda x: replace(op("t.a", op("t.p", x, results=2)), x), "has not one result"),
        (lambda x: replace(op("t.a", x), op("t.b", op("t.c", x))), "type of result 0 of t.c is not known"),
        (lambda x: replace(op("t.a", x), op(linalg.MatmulOp, x, x, x)), "has regions"),
        (lambda x: replace(op("t.a", x), x, erase=[op("t.z", x)]), "is not matched"),
        (lambda x: replace(op("t.a", x), x, where=[one_use(op("t.z", x))]), "not in the match"),
        (lambda x: replace(op("t.a", x), x, where=[lambda: True]), "is no constraint"),
        (lambda x: replace(op("t.a", x), x, where=[one_use(5)]), "nothing of the rule"),
        (lambda x: replace(op("t.a", x, results="i32"), op("t.b", x, results="f32")), "a i32, its replacement a f32"),
        (lambda x: replace(op("nodots", x), x), "is not an operation"),
        (lambda x: replace(a := op("t.a", x), op("t.b", a)), "is computed from it"),
        (lambda x: replace(a := op("t.a", x), op("t.c", op("t.b", a, results="i32"))), "is computed from it"),
    ],
)
def test_wrong_rules_are_refused_when_defined(function, message):
    with pytest.raises(PassError, match=message) as caught:
        rule_of(function)
    assert "broken" in str(caught.value)


def test_wrong_parameters_are_refused_when_defined():
    def unknown_kind(x: int):
        return None

    def wrong_default(x: Value = 5):
        return None

    for function, message in ((unknown_kind, "annotated"), (wrong_default, "default of parameter 'x'")):
        with pytest.raises(PassError, match=message):
            rule_of(function)
    with pytest.raises(PassError, match="benefit=0"):
        rewrite_rule(benefit=0)(lambda x: replace(op("t.a", x), x))
    with pytest.raises(PassError, match="only an attribute or a type"):
        compute("value")


def test_fits_takes_a_constraint_of_a_dialect(parse):
    from ireekit.dialect.constraints import F32

    rule = rewrite_rule(name="r")(lambda x: replace(op("t.a", x), op("t.b", x), where=[fits(x, F32)]))
    module = parse(function('%0 = "t.a"(%a) : (f32) -> f32', '%1 = "t.a"(%b) : (i32) -> i32',
                            '"t.use"(%0, %1) : (f32, i32) -> ()', arguments="%a: f32, %b: i32"))  # fmt: skip
    apply_walk(module, rule)
    assert names(module) == ["t.b", "t.a", "t.use"]


def test_the_decorator_without_parentheses(parse):
    @rewrite_rule
    def bare(x):
        return replace(op("t.a", x), op("t.b", x))

    module = parse(function('%0 = "t.a"(%a) : (i32) -> i32', '"t.use"(%0) : (i32) -> ()'))
    apply_walk(module, bare)
    assert names(module) == ["t.b", "t.use"]
    assert bare.name == "bare"
