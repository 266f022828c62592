"""Users, slices, captured values, symbols."""

from __future__ import annotations

import random

import pytest
from iree.compiler import ir

from ireekit.errors import PassError
from ireekit.passes import uses
from ireekit.passes.symbols import SymbolTable, lookup_symbol, nearest_symbol_table, references
from ireekit.passes.walk import find

DIAMOND = """
func.func @f(%a: i32, %b: i32) -> i32 {
  %0 = "t.p"(%a) : (i32) -> i32
  %1 = "t.q"(%0) : (i32) -> i32
  %2 = "t.r"(%0, %b) : (i32, i32) -> i32
  %3 = "t.box"(%1) ({
    %4 = "t.in"(%2) : (i32) -> i32
    "t.yield"(%4) : (i32) -> ()
  }) : (i32) -> i32
  %5 = "t.dead"() : () -> i32
  return %3 : i32
}"""


@pytest.fixture
def ops(parse):
    module = parse(DIAMOND)
    return {op.name.removeprefix("t."): op for op in find_all(module)} | {"module": module}


def find_all(module):
    from ireekit.passes.walk import walk

    return [op for op in walk(module.operation) if op.name.startswith("t.")]


def test_users(ops):
    assert [op.name for op in uses.users(ops["p"])] == ["t.r", "t.q"]
    assert uses.users(ops["p"].results[0]) == uses.users(ops["p"])
    assert uses.single_user(ops["q"]).name == "t.box"
    assert uses.single_use(ops["p"]) is None
    assert uses.single_use(ops["dead"]) is None
    assert uses.count_uses(ops["p"]) == 2
    assert uses.has_uses(ops["p"])
    assert not uses.has_uses(ops["dead"])
    assert uses.defining_op(ops["q"].operands[0]) == ops["p"]
    assert uses.defining_op(ops["p"].operands[0]) is None


def test_borders(ops):
    box = ops["box"]
    assert uses.is_inside(ops["in"], box)
    assert uses.is_inside(box, box)
    assert not uses.is_inside(ops["q"], box)
    assert uses.is_inside(ops["in"], box.regions[0])
    assert uses.is_inside(ops["in"], box.regions[0].blocks[0])
    assert uses.is_inside(ops["in"], box.block)
    assert not uses.is_inside(box, box.regions[0])
    assert not uses.is_used_outside(ops["in"], box)
    assert not uses.is_used_outside(ops["r"], box)
    assert uses.is_used_outside(ops["q"], box.regions[0])
    assert uses.captured_values(box) == [ops["r"].results[0]]


def test_slices(ops):
    def named(found):
        return [op.name.removeprefix("t.") for op in found]

    assert named(uses.backward_slice(ops["q"])) == ["p"]
    assert named(uses.backward_slice(ops["q"], inclusive=True)) == ["p", "q"]
    assert named(uses.backward_slice(ops["box"])) == ["p", "q", "r"]
    assert named(uses.backward_slice(ops["box"], lambda op: op.name != "t.p")) == ["q", "r"]
    assert named(uses.backward_slice(ops["box"].results[0])) == ["p", "q", "r", "box"]
    forward = named(uses.forward_slice(ops["p"]))
    assert set(forward) == {"q", "r", "in", "yield", "box", "func.return"}
    assert forward.index("q") < forward.index("box")
    assert forward.index("in") < forward.index("yield")


def test_topological_sort_of_shuffled_operations(parse):
    rng = random.Random(3)
    count = 60
    rows = []
    for n in range(count):
        operands = [f"%{rng.randrange(n)}" for _ in range(min(n, 2))]
        types = ", ".join(["i32"] * len(operands))
        rows.append(f'%{n} = "t.n"({", ".join(operands)}) : ({types}) -> i32')
    module = parse("\n".join(rows))
    ops = find_all(module)
    shuffled = ops[:]
    rng.shuffle(shuffled)
    position = {op: index for index, op in enumerate(uses.topological_sort(shuffled))}
    assert len(position) == count
    for op in ops:
        assert all(position[uses.defining_op(operand)] < position[op] for operand in op.operands)
    assert uses.topological_sort(ops) == ops


def test_long_chains_need_no_recursion(parse):
    rows = "\n".join(f'%{n + 1} = "t.n"(%{n}) : (i32) -> i32' for n in range(3000))
    module = parse(f'%0 = "t.n"() : () -> i32\n{rows}')
    ops = find_all(module)
    assert len(uses.backward_slice(ops[-1])) == 3000
    assert len(uses.forward_slice(ops[0])) == 3000


SYMBOLS = """
func.func private @a() attributes {refs = [@a, {k = @a::@b}, @c]}
func.func @c() { func.call @a() : () -> () return }
module @n { func.func private @a() func.func @d() { func.call @a() : () -> () return } }
"""


def test_looking_symbols_up(parse):
    module = parse(SYMBOLS)
    symbols = SymbolTable(module)
    assert list(symbols) == ["a", "c", "n"]
    assert len(symbols) == 3
    assert "a" in symbols
    assert symbols.find("@a") == symbols.lookup("a")
    assert symbols.find(["n", "d"]).name == "func.func"
    assert symbols.find(ir.Attribute.parse("@n::@a")) != symbols.lookup("a")
    assert symbols.find("x") is None
    with pytest.raises(PassError, match="has no symbol @aa") as caught:
        symbols.lookup("aa")
    assert "did you mean @a?" in str(caught.value)
    [call] = [op for op in find(module.operation, "func.call") if op.parent.attributes["sym_name"].value == "d"]
    assert nearest_symbol_table(call).op.attributes["sym_name"].value == "n"
    assert lookup_symbol(call, "a") == SymbolTable(symbols.lookup("n")).lookup("a")
    assert lookup_symbol(call, "c") == symbols.lookup("c")
    assert list(references(call)) == [["a"]]


def test_renaming_reaches_every_reference_in_scope(parse):
    module = parse(SYMBOLS)
    symbols = SymbolTable(module)
    assert [op.name for op in symbols.users("a")] == ["func.func", "func.call"]
    symbols.rename("a", "z")
    text = str(module)
    assert "refs = [@z, {k = @z::@b}, @c]" in text
    assert text.count("call @z") == 1
    assert text.count("call @a") == 1  # the nested module's own
    assert "z" in symbols
    assert "a" not in symbols
    assert module.operation.verify()
    with pytest.raises(PassError, match="there is a symbol @c already"):
        symbols.rename("z", "c")
    symbols.rename("z", "z")


def test_inserting_makes_names_unique(parse):
    module = parse(SYMBOLS)
    symbols = SymbolTable(module)
    other = parse("func.func @c() { func.call @c() : () -> () return }")
    copy = other.body.operations[0].operation.clone(ip=False)
    assert symbols.unique_name("c") == "c_0"
    assert symbols.insert(copy) == "c_0"
    assert "call @c_0" in str(copy)
    assert symbols.insert(copy) == "c_0"
    assert symbols.unique_name("fresh") == "fresh"
    assert module.operation.verify()
    with pytest.raises(PassError, match="is no symbol"):
        symbols.insert(find(module.operation, "func.call")[0])


def test_erasing_only_what_nothing_refers_to(parse):
    module = parse("func.func private @a()\nfunc.func @c() { func.call @a() : () -> () return }")
    symbols = SymbolTable(module)
    with pytest.raises(PassError, match=r"func\.call refers to it"):
        symbols.erase("a")
    symbols.erase("c")
    symbols.erase("a")
    assert list(symbols) == []
