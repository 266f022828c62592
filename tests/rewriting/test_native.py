"""Patterns and rules as the native library calls them: what is easy to lose, and the same through the bindings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from iree.compiler import ir
from iree.compiler.dialects import arith

from ireekit.bindings import build_info
from ireekit.bindings.native import OVERRIDE, native_problem
from ireekit.bindings.native_patterns import known_layouts
from ireekit.errors import PassError
from ireekit.passes.rewrite import Attr, apply_greedily, apply_walk, compute, op, pattern, replace, rewrite_rule
from ireekit.passes.rewrite.native import is_native
from ireekit.passes.uses import defining_op

from .conftest import lines

HERE = Path(__file__).parent
ADDITIONS = """
func.func @f(%a: i32, %c: i1) -> i32 {
  %0 = arith.addi %a, %a : i32 loc("first":1:1)
  cf.cond_br %c, ^one, ^two
^one:
  %1 = arith.addi %a, %0 : i32 loc(unknown)
  return %1 : i32
^two:
  %2 = arith.addi %0, %0 : i32 loc("last")
  %3 = arith.addi %2, %0 : i32 loc("last")
  return %3 : i32
}
"""

native_only = pytest.mark.skipif(native_problem() is not None, reason=str(native_problem()))


@native_only
def test_patterns_are_called_natively(parse):
    seen = []

    @pattern("arith.addi")
    def look(op, rewriter):
        seen.append((is_native(rewriter), type(op), isinstance(op.operation, ir.Operation)))

    apply_walk(parse(ADDITIONS), look)
    assert seen == [(True, arith.AddIOp, True)] * 4


@native_only
def test_a_verified_build_is_laid_out_as_expected(context):
    if build_info().verified is None:
        pytest.skip(f"compiler build {build_info().build_id} is not one that was verified")
    assert known_layouts(context) == {"values", "stack"}


def test_builders_create_before_the_matched_operation_with_its_location(parse):
    """In all blocks, and with locations of all kinds."""

    @pattern("arith.addi")
    def double(op, rewriter):
        rewriter.replace(op, arith.muli(op.lhs, op.rhs))

    module = parse(ADDITIONS)
    apply_walk(module, double)
    assert module.operation.verify()
    found = {}
    for block in module.body.operations[0].regions[0]:
        found[len(found)] = [str(each.location) for each in block.operations if each.operation.name == "arith.muli"]
    assert found == {
        0: ['loc("first":1:1)'],
        1: ["loc(unknown)"],
        2: ['loc("last")', 'loc("last")'],
    }


def test_insertion_points_and_locations_that_are_kept_stay_where_they_were(parse):
    kept = []

    @pattern("arith.addi")
    def keep(op, rewriter):
        kept.append((ir.InsertionPoint.current, ir.Location.current, op.operation))

    module = parse(ADDITIONS)
    apply_walk(module, keep)
    assert len(kept) == 4
    for point, location, operation in kept:
        assert point.ref_operation == operation
        assert location == operation.location
    with pytest.raises(ValueError, match="No current InsertionPoint"):
        ir.InsertionPoint.current  # noqa: B018


def test_what_the_pattern_enters_is_where_operations_go(parse):
    @pattern("arith.addi")
    def at_the_start(op, rewriter):
        block = op.operation.block
        with ir.InsertionPoint.at_block_begin(block), ir.Location.name("mine", context=op.context):
            zero = rewriter.create(
                "arith.constant", results=[op.result.type], attributes={"value": ir.IntegerAttr.get(op.result.type, 7)}
            )
        one = rewriter.create(
            "arith.constant", results=(op.result.type,), attributes={"value": zero.attributes["value"]}
        )
        rewriter.replace(
            op, rewriter.create("arith.muli", operands=(zero.result, one.result), results=[op.result.type])
        )

    module = parse(
        "func.func @f(%a: i32) -> i32 { %0 = arith.muli %a, %a : i32\n %1 = arith.addi %0, %a : i32 return %1 : i32 }"
    )
    apply_walk(module, at_the_start)
    assert module.operation.verify()
    first = module.body.operations[0].regions[0].blocks[0].operations[0]
    assert (first.operation.name, str(first.location)) == ("arith.constant", 'loc("mine")')


@native_only
@pytest.mark.parametrize("driver", [apply_greedily, apply_walk])
def test_what_a_pattern_leaves_entered_is_an_error(parse, driver):
    @pattern("arith.addi")
    def forgets(op, rewriter):
        ir.InsertionPoint(op).__enter__()
        rewriter.replace(op, op.lhs)

    with pytest.raises(PassError, match="leaves an insertion point") as caught:
        driver(parse(ADDITIONS), forgets)
    assert "pattern forgets" in str(caught.value)
    with pytest.raises(ValueError, match="No current InsertionPoint"):
        ir.InsertionPoint.current  # noqa: B018


def test_the_unusual_goes_the_long_way_with_the_same_result(parse):
    """Views and lists as operands, inferred results, keywords for `replace`, several results."""

    @pattern("t.pair")
    def pair(op, rewriter):
        first = rewriter.create(arith.AddIOp, op.operands[0], op.operands[0])
        second = rewriter.create("arith.addi", operands=[first, op.operands[0]], infer_type=True)
        third = rewriter.create("arith.addi", operands=[first.result, second.result], results=[first.result.type])
        rewriter.replace(op=op, new=[second, third])

    module = parse(
        'func.func @f(%a: i32) -> (i32, i32) { %0:2 = "t.pair"(%a) : (i32) -> (i32, i32) return %0#0, %0#1 : i32, i32 }'
    )
    result = apply_greedily(module, pair)
    assert result.counts == {"pair": 1}
    assert lines(module, "arith.addi") == ["arith.addi"] * 3
    assert module.operation.verify()


def test_arguments_that_do_not_fit_raise_what_the_bindings_raise(parse):
    @pattern("arith.addi")
    def wrong(op, rewriter):
        rewriter.create("arith.muli", operands=["x"], results=[op.result.type])

    with pytest.raises(PassError, match=r"a value or an operation is needed, not str"):
        apply_walk(parse(ADDITIONS), wrong)


def test_a_value_of_an_operation_that_is_gone_has_no_maker(parse):
    kept = []

    @pattern("t.first")
    def first(op, rewriter):
        kept.append(op.operation.results[0])
        rewriter.replace(op, op.operation.operands[0])

    apply_walk(parse('func.func @f(%a: i32) -> i32 { %0 = "t.first"(%a) : (i32) -> i32 return %0 : i32 }'), first)
    with pytest.raises(RuntimeError, match="invalidated"):
        defining_op(kept[0])


def test_makers_of_values(parse):
    module = parse(ADDITIONS)
    block = module.body.operations[0].regions[0].blocks[0]
    assert defining_op(block.arguments[0]) is None
    assert defining_op(block.operations[0].results[0]) == block.operations[0].operation
    with pytest.raises(AttributeError):
        defining_op("x")


def test_attributes_are_computed_from_each_match(parse):
    @compute("attribute")
    def twice(value):
        return ir.IntegerAttr.get(value.type, value.value * 2)

    @rewrite_rule()
    def doubled(k: Attr):
        return replace(op("t.number", k=k, results="i32"), op("arith.constant", value=twice(k), results="i32"))

    count = 200  # more than are remembered
    text = "".join(
        f'%{n} = "t.number"() {{k = {n} : i32}} : () -> i32 "t.use"(%{n}) : (i32) -> ()\n' for n in range(count)
    )
    module = parse(f"func.func @f() {{ {text} return }}")
    apply_walk(module, doubled)
    made = [
        each for each in module.body.operations[0].regions[0].blocks[0].operations if "constant" in each.operation.name
    ]
    assert [each.attributes["value"].value for each in made] == [2 * n for n in range(count)]


def test_regions_are_simplified_where_only_that_is_left_to_do(parse):
    @pattern("t.dead")
    def drop(op, rewriter):
        rewriter.erase(op)

    text = """func.func @f() { "t.dead"() : () -> ()
      cf.br ^end
    ^never:
      cf.br ^end
    ^end:
      return }"""
    module = parse(text)
    result = apply_greedily(module, drop)
    assert result.converged
    assert len(list(module.body.operations[0].regions[0])) < 3
    untouched = parse(text.replace("t.dead", "t.other"))
    assert apply_greedily(untouched, drop).changed
    assert len(list(untouched.body.operations[0].regions[0])) < 3
    assert not apply_greedily(untouched, drop).changed


def test_everything_works_without_the_library():
    """The tests of patterns and of faults, of rules too, through the bindings alone."""
    files = [HERE / name for name in ("test_patterns.py", "test_faults.py")]
    if os.environ.get(OVERRIDE) == "":
        pytest.skip("this is a run without the library")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *map(str, files)],
        env={**os.environ, OVERRIDE: ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
