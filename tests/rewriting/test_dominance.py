"""Dominator trees against the definition, and dominance over nested regions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ireekit.passes.dominance import (
    Dominance,
    DominatorTree,
    dominates,
    immediate_dominators,
    properly_dominates,
)
from ireekit.passes.walk import find


@st.composite
def graphs(draw):
    size = draw(st.integers(1, 12))
    return [draw(st.lists(st.integers(0, size - 1), max_size=3)) for _ in range(size)]


def reachable(successors, without=None):
    seen, waiting = set(), [0]
    while waiting:
        node = waiting.pop()
        if node in seen or node == without:
            continue
        seen.add(node)
        waiting += successors[node]
    return seen


def naive_dominators(successors):
    """For each reachable node the nodes without which it could not be reached."""
    everything = reachable(successors)
    return {
        node: {other for other in everything if other == node or node not in reachable(successors, other)}
        for node in everything
    }


@given(graphs())
@settings(max_examples=300, deadline=None)
def test_immediate_dominators_against_the_definition(successors):
    naive = naive_dominators(successors)
    made = immediate_dominators(successors)
    for node, parent in enumerate(made):
        assert (parent is None) == (node not in naive)
        if parent is None or node == 0:
            continue
        chain = {node}
        above = node
        while above != 0:
            above = made[above]
            chain.add(above)
        assert chain == naive[node]


def test_no_nodes_and_one_node():
    assert immediate_dominators([]) == []
    assert immediate_dominators([[0]]) == [0]


def test_a_long_chain_needs_no_recursion():
    size = 20_000
    made = immediate_dominators([[n + 1] for n in range(size - 1)] + [[]])
    assert made == [0, *range(size - 1)]


def blocks_text(successors):
    rows = []
    for node, following in enumerate(successors):
        targets = ", ".join(f"^bb{each}" for each in following)
        branch = f"[{targets}]" if following else ""
        rows.append(f'^bb{node}:\n  %v{node} = "t.def"() : () -> i32\n  "t.br"(){branch} : () -> ()')
    return "func.func @f() {\n  cf.br ^bb0\n" + "\n".join(rows) + "\n}"


@pytest.mark.parametrize("seed", range(12))
def test_blocks_and_operations_of_random_functions(parse, seed):
    rng = random.Random(seed)
    size = rng.randint(2, 8)
    successors = [[rng.randrange(size) for _ in range(rng.randint(0, 2))] for _ in range(size)]
    module = parse(blocks_text(successors))
    region = module.body.operations[0].regions[0]
    blocks = list(region.blocks)[1:]
    naive = naive_dominators(successors)
    tree, dominance = DominatorTree(region), Dominance()
    definitions = find(module.operation, "t.def")
    for one in range(size):
        for other in range(size):
            expected = other not in naive or one in naive[other] or one == other
            if other in naive and one not in naive:
                expected = False
            assert tree.dominates(blocks[one], blocks[other]) == expected
            assert dominance.dominates_block(blocks[one], blocks[other]) == expected
            if one != other:
                assert dominance.properly_dominates(definitions[one], definitions[other]) == expected
    assert tree.is_reachable(blocks[0])
    assert [tree.is_reachable(block) for block in blocks] == [node in naive for node in range(size)]


def test_the_tree_can_be_read(parse):
    module = parse(blocks_text([[1, 2], [3], [3], []]))
    region = module.body.operations[0].regions[0]
    entry, a, b, c, d = region.blocks
    tree = DominatorTree(region)
    assert dict(tree.immediate) == {entry: None, a: entry, b: a, c: a, d: a}
    assert tree.nearest_common(b, c) == a
    assert tree.nearest_common(d, d) == d


NESTED = """
func.func @f(%a: i32, %c: i1) -> i32 {
  %0 = "t.x"(%a) : (i32) -> i32
  %1 = scf.if %c -> i32 {
    %2 = "t.y"(%0) : (i32) -> i32
    scf.yield %2 : i32
  } else {
    scf.yield %a : i32
  }
  %3 = "t.z"(%1) : (i32) -> i32
  return %3 : i32
}
func.func @g() {
  %0 = "t.w"() : () -> i32
  return
}"""


def test_nested_regions(parse):
    module = parse(NESTED)
    [x], [y], [z], [w] = (find(module.operation, f"t.{name}") for name in "xyzw")
    [condition] = find(module.operation, "scf.if")
    function = module.body.operations[0]
    argument = function.regions[0].blocks[0].arguments[0]
    assert properly_dominates(x, y)
    assert properly_dominates(x.results[0], y)
    assert properly_dominates(argument, y)
    assert properly_dominates(condition, z)
    assert not properly_dominates(condition, y)  # it is in it
    assert not properly_dominates(condition.results[0], y)
    assert not properly_dominates(y, z)  # nested deeper
    assert not properly_dominates(z, x)
    assert not properly_dominates(x, x)
    assert dominates(x, x)
    assert dominates(x.results[0], x)
    assert not properly_dominates(x, w)  # another function
    assert properly_dominates(module.body.operations[1], x)  # a module is a graph
    assert not properly_dominates(argument, w)
