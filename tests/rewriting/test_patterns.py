"""Rewrite patterns and the two drivers."""

from __future__ import annotations

from collections import Counter

import pytest
from iree.compiler import ir
from iree.compiler.dialects import arith

from ireekit.errors import CompileWarning, PassError
from ireekit.passes.rewrite import (
    GreedyConfig,
    RewritePattern,
    apply_greedily,
    apply_walk,
    pattern,
)
from ireekit.passes.uses import defining_op
from ireekit.passes.walk import find, walk

CHAIN = """
func.func @f(%a: i32, %b: i32) -> i32 {
  %0 = "t.a"(%a, %b) : (i32, i32) -> i32 loc("layer":3:4)
  %1 = "t.a"(%0, %b) : (i32, i32) -> i32
  %2 = "t.b"(%1, %0) : (i32, i32) -> i32
  return %2 : i32
}"""
NO_FOLD = GreedyConfig(fold=False, simplify_regions="disabled")
DRIVERS = pytest.mark.parametrize("drive", [apply_greedily, apply_walk])


def names(module):
    return [op.name for op in walk(module.operation) if op.name.startswith("t.")]


class Rename(RewritePattern):
    op = "t.a"

    def __init__(self, new="t.new"):
        self.new = new

    def match_and_rewrite(self, op, rewriter):
        rewriter.replace_with(op, self.new, operands=list(op.operands), results=[op.results[0].type])


@DRIVERS
def test_a_class(parse, drive):
    module = parse(CHAIN)
    result = drive(module, [Rename])
    assert names(module) == ["t.new", "t.new", "t.b"]
    assert result.changed
    assert result.counts == {"Rename": 2}
    assert result.rewrites == 2
    assert module.operation.verify()


@DRIVERS
def test_a_class_with_state(parse, drive):
    module = parse(CHAIN)
    drive(module, Rename("t.other"))
    assert names(module) == ["t.other", "t.other", "t.b"]


@DRIVERS
def test_a_function_for_several_operations(parse, drive):
    @pattern("t.a", "t.b")
    def drop(op, rewriter):
        """Docs stay."""
        rewriter.replace(op, op.operands[0])

    module = parse(CHAIN)
    assert drive(module, drop).counts == {"drop": 3}
    assert names(module) == []
    assert drop.__doc__ == "Docs stay."
    assert drop.name == "drop"
    assert "t.a, t.b" in repr(drop)


def test_a_class_of_the_compiler_gives_its_view(parse):
    seen = []

    @pattern(arith.AddIOp)
    def look(op, rewriter):
        seen.append((type(op), op.lhs.type))

    apply_walk(parse("func.func @f(%a: i32) -> i32 { %0 = arith.addi %a, %a : i32 return %0 : i32 }"), look)
    assert seen == [(arith.AddIOp, ir.IntegerType.get_signless(32, ir.Context.current))]


@DRIVERS
def test_benefit_decides_who_is_first(parse, drive):
    order = []

    def made(name, benefit):
        @pattern("t.b", benefit=benefit, name=name)
        def refuse(op, rewriter):
            order.append(name)
            return rewriter.no_match("never")

        return refuse

    drive(parse(CHAIN), [made("low", 1), made("high", 9), made("middle", 5)])
    assert order == ["high", "middle", "low"]


def test_what_is_created_is_placed_before_the_root_with_its_location(parse):
    @pattern("t.a")
    def wrap(op, rewriter):
        if defining_op(op.operands[0]) is not None:
            return
        inner = rewriter.create("t.inner", results=[op.operands[0].type])
        rewriter.replace_with(op, "t.outer", operands=[inner], results=[op.results[0].type])

    module = parse(CHAIN)
    apply_walk(module, wrap)
    assert names(module) == ["t.inner", "t.outer", "t.a", "t.b"]
    assert '"layer":3:4' in str(find(module.operation, "t.inner")[0].location)


@DRIVERS
def test_insertion_points(parse, drive):
    @pattern("t.b")
    def around(op, rewriter):
        if len(op.operation.attributes):
            return
        block = op.operation.block
        for where, name in (
            (rewriter.at_start(block), "t.start"),
            (rewriter.at_end(block), "t.end"),
            (rewriter.before(op), "t.before"),
            (rewriter.after(op), "t.after"),
        ):
            with where:
                rewriter.create(name)
        with rewriter.modify(op):
            op.operation.attributes["done"] = ir.UnitAttr.get()

    module = parse(CHAIN)
    drive(module, around)
    assert names(module) == ["t.start", "t.a", "t.a", "t.before", "t.b", "t.after", "t.end"]


def test_modifying_in_place_brings_the_operation_up_again(parse):
    @pattern("t.b")
    def count(op, rewriter):
        number = op.operation.attributes["n"].value if "n" in op.operation.attributes else 0
        if number == 25:
            return rewriter.no_match("enough")
        with rewriter.modify(op):
            op.operation.attributes["n"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(32), number + 1)
        return None

    result = apply_greedily(parse(CHAIN), count)
    assert result.counts == {"count": 25}
    assert result.iterations == 2  # all of them in the first one, as the driver was told


def test_chains_of_creations_converge_without_an_iteration_each(parse):
    @pattern("t.b")
    def descend(op, rewriter):
        depth = op.operation.attributes["n"].value if "n" in op.operation.attributes else 40
        if depth:
            left = ir.IntegerAttr.get(ir.IntegerType.get_signless(32), depth - 1)
            rewriter.replace_with(
                op, "t.b", operands=list(op.operands), results=[op.results[0].type], attributes={"n": left}
            )

    result = apply_greedily(parse(CHAIN), descend)
    assert result.counts == {"descend": 40}
    assert result.iterations <= 4


@DRIVERS
def test_uses_are_replaced_where_asked(parse, drive):
    @pattern("t.a")
    def only_in_b(op, rewriter):
        if defining_op(op.operands[0]) is None:
            rewriter.replace_uses(op.results[0], op.operands[1], where=lambda user: user.name == "t.b")

    module = parse(CHAIN)
    drive(module, only_in_b)
    [b] = find(module.operation, "t.b")
    assert b.operands[1] == module.body.operations[0].arguments[1]
    assert defining_op(b.operands[0]).operands[0] != b.operands[1]


@DRIVERS
def test_erasing_and_the_bindings_own_erase(parse, drive):
    @pattern("t.b")
    def gone(op, rewriter):
        rewriter.replace(op, op.operands[0])

    @pattern("t.a")
    def dead(op, rewriter):
        if not list(op.results[0].uses):
            op.operation.erase()

    module = parse(CHAIN)
    drive(module, [gone])
    module = parse('"t.a"() : () -> i32')
    drive(module, dead)
    assert names(module) == []


@DRIVERS
def test_inlining_a_block(parse, drive):
    @pattern("t.region")
    def inline(op, rewriter):
        block = op.operation.regions[0].blocks[0]
        last = block.operations[len(block.operations) - 1].operation
        value = last.operands[0]
        rewriter.erase(last)
        rewriter.flush()
        rewriter.inline_block(block, op, [op.operands[0]])
        rewriter.replace(op, value)

    module = parse("""func.func @f(%a: i32) -> i32 {
      %0 = "t.region"(%a) ({ ^bb0(%x: i32): %1 = "t.a"(%x) : (i32) -> i32  "t.yield"(%1) : (i32) -> () }) : (i32) -> i32
      return %0 : i32 }""")
    drive(module, inline)
    assert "t.region" not in names(module)
    assert "t.a" in names(module)
    assert find(module.operation, "t.a")[0].operands[0] == module.body.operations[0].arguments[0]
    module.operation.verify()


def test_reasons_are_recorded_when_asked_for(parse):
    @pattern("t.a")
    def refuse(op, rewriter):
        return rewriter.no_match("it is raining")

    assert apply_walk(parse(CHAIN), refuse).reasons == ()
    reasons = apply_walk(parse(CHAIN), refuse, record=True).reasons
    assert reasons[0] == ("refuse", "t.a", "layer:3:4", "it is raining")
    assert len(reasons) == 2
    assert apply_greedily(parse(CHAIN), refuse, GreedyConfig(record=True)).reasons == reasons
    assert not apply_walk(parse(CHAIN), refuse)


def test_what_a_pattern_returns(parse):
    outcomes = iter([True, False, None])

    @pattern("t.a", "t.b")
    def other_means(op, rewriter):
        return next(outcomes)

    assert apply_walk(parse(CHAIN), other_means).counts == {"other_means": 1}


def test_the_walk_visits_each_operation_once_inner_ones_first(parse):
    order = []

    @pattern("t.in", "t.out")
    def note(op, rewriter):
        order.append(op.operation.name)
        if op.operation.name == "t.in":
            rewriter.create("t.in")

    apply_walk(parse('"t.out"() ({ "t.in"() : () -> ()\n "t.in"() : () -> () }) : () -> ()'), note)
    assert order == ["t.in", "t.in", "t.out"]


def test_strictness_and_traversal(parse):
    order = []

    @pattern("t.a")
    def note(op, rewriter):
        order.append(op.operands[0].owner.name if defining_op(op.operands[0]) else "argument")

    apply_greedily(parse(CHAIN), note, GreedyConfig(fold=False))
    assert order == ["argument", "t.a"]
    order.clear()
    apply_greedily(parse(CHAIN), note, GreedyConfig(fold=False, top_down=False))
    assert order == ["t.a", "argument"]
    result = apply_greedily(parse(CHAIN), Rename, GreedyConfig(strictness="existing"))
    assert result.counts == {"Rename": 2}


def test_folding_can_be_switched_off(parse):
    text = "func.func @f() -> i32 { %c = arith.constant 2 : i32 %0 = arith.addi %c, %c : i32 return %0 : i32 }"
    module = parse(text)
    assert not apply_greedily(module, [], GreedyConfig(fold=False, constant_cse=False))
    assert find(module.operation, "arith.addi")
    assert apply_greedily(module, [])
    assert not find(module.operation, "arith.addi")


def test_patterns_that_feed_one_another_are_named(parse):
    @pattern("t.a")
    def forth(op, rewriter):
        rewriter.replace_with(op, "t.b", operands=list(op.operands), results=[op.results[0].type])

    @pattern("t.b")
    def back(op, rewriter):
        rewriter.replace_with(op, "t.a", operands=list(op.operands), results=[op.results[0].type])

    module = parse(CHAIN)
    with pytest.raises(PassError, match="do not converge") as caught:
        apply_greedily(module, [forth, back], GreedyConfig(max_rewrites=300))
    assert "forth" in str(caught.value)
    assert "back" in str(caught.value)
    assert module.operation.verify()
    config = GreedyConfig(max_iterations=3, max_rewrites=300, on_divergence="warn")
    with pytest.warns(CompileWarning, match="do not converge"):
        result = apply_greedily(module, [forth, back], config)
    assert not result.converged
    assert not apply_greedily(module, [forth, back], GreedyConfig(max_iterations=2, on_divergence="ignore")).converged


def test_a_pattern_that_never_ends_is_stopped(parse):
    @pattern("t.b")
    def spin(op, rewriter):
        with rewriter.modify(op):
            pass

    with pytest.raises(PassError, match="100 rewrites") as caught:
        apply_greedily(parse(CHAIN), spin, GreedyConfig(max_rewrites=100))
    assert "spin" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pattern("addi"), "is not an operation"),
        (lambda: pattern(), "matches on no operation"),
        (lambda: pattern(lambda op, rewriter: None), "matches on no operation"),
        (lambda: pattern("t.a", benefit=0), "benefit=0"),
        (lambda: pattern("t.a", benefit=70000), "benefit=70000"),
        (lambda: pattern("t.a", benefit=True), "benefit=True"),
    ],
)
def test_wrong_patterns_are_refused_when_defined(make, message):
    with pytest.raises(PassError, match=message):
        make()(lambda op, rewriter: None)


@DRIVERS
@pytest.mark.parametrize("steps", [1, 2])
def test_a_value_cannot_be_replaced_by_what_is_computed_from_it(parse, drive, steps):
    """The compiler folds such cycles for ever."""

    @pattern("arith.addi")
    def wrap(op, rewriter):
        made = op.result
        for _ in range(steps):
            made = rewriter.create("arith.xori", operands=[made, op.lhs], results=[op.result.type]).result
        rewriter.replace(op, made)

    module = parse("func.func @f(%a: i32) -> i32 {%0 = arith.addi %a, %a : i32 return %0 : i32}")
    with pytest.raises(PassError, match=r"is replaced by what arith\.xori computes from it"):
        drive(module, [wrap])


def test_what_is_created_beside_a_replacement_may_use_what_is_replaced(parse):
    @pattern("t.a")
    def watch(op, rewriter):
        with rewriter.after(op):
            rewriter.create("t.watch", operands=[op.results[0]])
        rewriter.replace(op, op.operands[0])

    module = parse(CHAIN)
    apply_walk(module, [watch])
    assert names(module) == ["t.watch", "t.watch", "t.b"]


def test_a_created_operation_exists(parse):
    @pattern("t.a")
    def misspell(op, rewriter):
        rewriter.replace_with(op, "arith.adi", operands=list(op.operands), results=[op.results[0].type])

    with pytest.raises(PassError, match=r"no operation arith\.adi"):
        apply_walk(parse(CHAIN), [misspell])


def test_a_bare_decorator_is_refused():
    with pytest.raises(PassError, match="matches on no operation"):

        @pattern
        def drop(op, rewriter):
            rewriter.erase(op)


def test_a_wrong_class_is_refused_when_defined():
    with pytest.raises(PassError, match="is not an operation"):

        class Wrong(RewritePattern):
            op = "nodots"

            def match_and_rewrite(self, op, rewriter): ...


def test_an_operation_that_its_dialect_does_not_have(parse):
    with pytest.raises(PassError, match=r"no operation linalg\.matmull"):
        apply_walk(parse(CHAIN), pattern("linalg.matmull")(lambda op, rewriter: None))
    apply_walk(parse(CHAIN), pattern("unheard.of")(lambda op, rewriter: None))


def test_what_is_no_pattern(parse):
    with pytest.raises(PassError, match="is no pattern"):
        apply_walk(parse(CHAIN), [lambda op, rewriter: None])
    for wrong in ({"strictness": "some"}, {"simplify_regions": "a"}, {"on_divergence": "x"}, {"max_iterations": 0}):
        with pytest.raises(PassError):
            GreedyConfig(**wrong)


def test_counts_add_up_on_a_larger_module(parse):
    rows = "\n".join(f'%{n + 1} = "t.a"(%{n}, %b) : (i32, i32) -> i32' for n in range(300))
    module = parse(f"func.func @f(%0: i32, %b: i32) -> i32 {{\n{rows}\nreturn %300 : i32 }}".replace("%0:", "%0:"))
    result = apply_greedily(module, Rename)
    assert result.counts == {"Rename": 300}
    assert Counter(names(module)) == {"t.new": 300}
