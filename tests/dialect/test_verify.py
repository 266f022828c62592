"""Verification in Python: messages, relations, traits, regions, and IR that is broken in every way."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import pytest

from ireekit.dialect import (
    AttrDef,
    Dialect,
    Op,
    Operand,
    Region,
    Result,
    Successor,
    TypeDef,
    VerificationError,
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    parameter,
    problems,
    region,
    result,
    successor,
    traits,
    variadic_operand,
    variadic_region,
    variadic_result,
    verify,
)
from ireekit.dialect.constraints import (
    F32,
    I64,
    AnyAttr,
    AnyFloat,
    AnyType,
    ArrayAttr,
    ElementsAttr,
    IntegerAttr,
    Predicate,
    SameElementType,
    SameRank,
    SameShape,
    SameType,
    ShapeRelation,
    StringAttr,
    Tensor,
    Var,
)


class Box(TypeDef):
    name = "ver.box"
    inner: Any = parameter(AnyType)
    size: int = parameter(IntegerAttr(min=1))

    def verify(self) -> None:
        if self.size > 100:
            self.error("too big")


class Tag(AttrDef):
    name = "ver.tag"
    text: str = parameter(StringAttr())

    def verify(self) -> None:
        if not self.text:
            self.error("empty")


class Relations(Op):
    name = "ver.relations"
    lhs: Operand = operand(Tensor(AnyFloat))
    rhs: Operand = operand(Tensor(AnyFloat))
    more: Sequence[Operand] = variadic_operand(Tensor())
    extra: Operand | None = optional_operand(Tensor())
    axis: int = attribute(I64, default=0)
    out: Result = result(Tensor())
    constraints = (
        SameElementType("lhs", "out"),
        ShapeRelation("lhs[-1] == rhs[0] and rank(lhs) >= 2"),
        ShapeRelation("axis < rank(out)"),
        ShapeRelation("len(more) != 3"),
        ShapeRelation("len(more) == 0 or more[1][0] == lhs[0]"),
        ShapeRelation("extra[0] % 2 == 0"),
        SameRank("lhs", "extra"),
        Predicate(lambda view: view.axis != 7, "an axis that is not 7"),
    )

    def verify(self) -> None:
        if self.axis == 5:
            self.error("axis 5 is taken", field="axis", remedy="use another")
        if self.axis == 6:
            raise RuntimeError("oops")


class Shapes(Op):
    name = "ver.shapes"
    a: Operand = operand(AnyType)
    b: Operand = operand(AnyType)
    constraints = (SameShape("a", "b"),)


class Types(Op):
    name = "ver.types"
    a: Operand = operand(AnyType)
    rest: Sequence[Operand] = variadic_operand(AnyType)
    constraints = (SameType("a", "rest"),)


class Outer(Op):
    name = "ver.outer"
    body: Region = region(blocks=1, arguments=(F32, Var("T")))
    other: Sequence[Region] = variadic_region()
    value: Any = optional_attribute(ElementsAttr())
    traits = (traits.NoTerminator, traits.IsolatedFromAbove, traits.SymbolTable)[:2]


class Table(Op):
    name = "ver.table"
    body: Region = region()
    traits = (traits.NoTerminator, traits.SymbolTable)


class Item(Op):
    name = "ver.item"
    sym_name: str = attribute(StringAttr())
    traits = (traits.Symbol, traits.HasParent("ver.table"))


class Uniform(Op):
    name = "ver.uniform"
    a: Operand = operand(AnyType)
    b: Operand = operand(AnyType)
    out: Result = result(AnyType)
    traits = (traits.SameOperandsAndResultType,)


class Wise(Op):
    name = "ver.wise"
    a: Operand = operand(AnyType)
    out: Result = result(AnyType)
    traits = (traits.Elementwise,)


class Single(Op):
    name = "ver.single"
    body: Region = region()
    traits = (traits.SingleBlock, traits.NoRegionArguments, traits.NoTerminator)


class Stop(Op):
    name = "ver.stop"
    to: Successor = successor()
    traits = (traits.Terminator,)


class Many(Op):
    name = "ver.many"
    a: Sequence[Operand] = variadic_operand(AnyType)
    b: Operand = operand(AnyType)
    c: Operand | None = optional_operand(AnyType)
    names: Sequence[str] = attribute(ArrayAttr(StringAttr(), min=1))
    anything: Any = optional_attribute(AnyAttr)
    x: Sequence[Result] = variadic_result(AnyType)


OPS = (Relations, Shapes, Types, Outer, Table, Item, Uniform, Wise, Single, Stop, Many)
ver = Dialect("ver", ops=OPS, types=(Box,), attributes=(Tag,))

T = {
    "a": "tensor<2x4xf32>",
    "b": "tensor<4x2xf32>",
    "c": "tensor<2x?xf32>",
    "e": "tensor<3x3xf32>",
    "h": "tensor<2x4xf16>",
}
S = "operandSegmentSizes = array<i32: {}>"


def _values(*kinds: str) -> tuple[str, str]:
    """Values of these types, defined and named."""
    text = "".join(f'%{index} = "t.v"() : () -> {kind}\n' for index, kind in enumerate(kinds))
    return text, ", ".join(f"%{index}" for index in range(len(kinds)))


def _op(name: str, operands: Sequence[str], results: Sequence[str], attributes: str = "", regions: str = "") -> str:
    before, names = _values(*operands)
    left = f"%r:{len(results)} = " if results else ""
    inner = f" {{{attributes}}}" if attributes else ""
    return f'{before}{left}"{name}"({names}) {regions}{inner} : ({", ".join(operands)}) -> ({", ".join(results)})'


def _relations(axis: int = 0, lhs: str = "a", rhs: str = "b", out: str = "a", more: str = "", extra: str = "") -> str:
    kinds = [T[each] for each in (lhs, rhs, *more, *extra)]
    attributes = f"axis = {axis} : i64, " + S.format(f"1, 1, {len(more)}, {len(extra)}")
    return _op("ver.relations", kinds, [T[out]], attributes)


def _parse(context: Any, text: str) -> Any:
    from iree.compiler import ir

    context.allow_unregistered_dialects = True
    return ir.Module.parse(text, context=context)


GOOD: dict[str, str] = {
    "relations": _relations(),
    "more of them": _relations(more="ac", extra="a"),
    "dynamic extents hold": _relations(lhs="c", rhs="e", more="cc", extra="c"),
    "shapes": _op("ver.shapes", ["tensor<2x?xf32>", "memref<?x3xi8>"], []),
    "shapes of scalars": _op("ver.shapes", ["f32", "tensor<i8>"], []),
    "unranked": _op("ver.shapes", ["tensor<*xf32>", "tensor<2xf32>"], []),
    "one type": _op("ver.types", ["f32", "f32", "f32"], []),
    "region": _op("ver.outer", [], [], "", "({\n^bb0(%x: f32, %y: i8):\n})"),
    "regions": _op("ver.outer", [], [], "", "({\n^bb0(%x: f32, %y: i8):\n}, {}, {})"),
    "constant the bindings lack": _op(
        "ver.outer", [], [], "value = dense<(1.0, 2.0)> : tensor<complex<f32>>", "({\n^bb0(%x: f32, %y: i8):\n})"
    ),
    "table": _op("ver.table", [], [], "", '({ "ver.item"() {sym_name = "a"} : () -> () })'),
    "box": _op("t.x", [], ["!ver.box<f32, 1 : i64>"], 'tag = #ver.tag<"x">'),
    "many": _op("ver.many", ["f32", "i8", "i8"], [], 'names = ["a"], ' + S.format("2, 1, 0")),
}

BAD: dict[str, tuple[str, str]] = {
    "too few operands": (_op("ver.shapes", ["f32"], []), "expected 2 operands, found 1"),
    "too many results": (_op("ver.shapes", ["f32", "f32"], ["f32"]), "expected 0 results, found 1"),
    "no segments": (_op("ver.many", ["f32"], [], 'names = ["a"]'), "attribute 'operandSegmentSizes' is missing"),
    "segments of another kind": (
        _op("ver.many", ["f32"], [], "operandSegmentSizes = 3"),
        "is no array<i32: ...>",
    ),
    "too few segments": (_op("ver.many", ["f32"], [], S.format("0, 1")), "needs 3 elements"),
    "segments of another sum": (_op("ver.many", ["f32"], [], S.format("1, 1, 0")), "counts 2 operands, there are 1"),
    "negative segments": (_op("ver.many", ["f32"], [], S.format("-1, 1, 1")), "has -1 values"),
    "two as optional": (_op("ver.many", ["f32"] * 3, [], S.format("0, 1, 2")), "'c' is optional but has 2 values"),
    "none as single": (_op("ver.many", ["f32"], [], S.format("1, 0, 0")), "'b' is single but has 0 values"),
    "missing attribute": (
        _op("ver.many", ["f32"], [], S.format("0, 1, 0")),
        "attribute 'names': expected array of at least 1 string, found none",
    ),
    "wrong attribute": (
        _op("ver.many", ["f32"], [], 'names = ["a", 3], ' + S.format("0, 1, 0")),
        "attribute 'names': element 1: expected string, found 3 : i64",
    ),
    "wrong operand": (
        _op("ver.relations", ["f32", T["b"]], [T["a"]], S.format("1, 1, 0, 0")),
        "operand 'lhs': expected tensor of floating-point type, found f32",
    ),
    "wrong one of several": (
        _op("ver.relations", [T["a"], T["b"], T["a"], "f32"], [T["a"]], S.format("1, 1, 2, 0")),
        "operand 'more'[1]: expected tensor, found f32",
    ),
    "element types": (_relations(out="h"), "lhs and out have the same element type: lhs has tensor<2x4xf32>, out has"),
    "shape relation": (
        _relations(rhs="a"),
        "expected lhs[-1] == rhs[0] and rank(lhs) >= 2, found lhs: tensor<2x4xf32>",
    ),
    "attribute in a relation": (_relations(axis=2), "expected axis < rank(out), found out: tensor<2x4xf32>"),
    "number of values": (_relations(more="aaa"), "expected len(more) != 3"),
    "shape of one of several": (_relations(more="ae"), "more[1][0] == lhs[0], found"),
    "one that is not there": (_relations(more="a"), "more[1] is not there: only 1"),
    "optional": (_relations(extra="e"), "expected extra[0] % 2 == 0"),
    "predicate": (_relations(axis=7).replace("2x4x", "1x1x2x1x1x1x1x1x4x"), "expected an axis that is not 7"),
    "verify": (_relations(axis=5).replace("2x4x", "1x1x2x1x1x1x1x1x4x"), "axis 5 is taken"),
    "an exception": (
        _relations(axis=6).replace("2x4x", "1x1x2x1x1x1x1x1x4x"),
        "the check itself failed: RuntimeError: oops",
    ),
    "shapes": (_op("ver.shapes", ["tensor<2xf32>", "tensor<3xf32>"], []), "a and b have the same shape"),
    "ranks of shapes": (_op("ver.shapes", ["tensor<?xf32>", "f32"], []), "a and b have the same shape"),
    "types": (_op("ver.types", ["f32", "f32", "i8"], []), "a has f32, rest[1] has i8"),
    "no region": (_op("ver.outer", [], []), "expected at least 1 region, found 0"),
    "empty region": (_op("ver.outer", [], [], "", "({})"), "region 'body': expected 1 block, found 0"),
    "too many regions": (_op("ver.table", [], [], "", "({}, {})"), "expected 1 region, found 2"),
    "block arguments": (
        _op("ver.outer", [], [], "", "({\n^bb0(%x: f32):\n})"),
        "expected 2 entry block arguments, found 1",
    ),
    "type of a block argument": (
        _op("ver.outer", [], [], "", "({\n^bb0(%x: i8, %y: i8):\n})"),
        "argument 0 of region 'body': expected f32, found i8",
    ),
    "not isolated": (
        '%0 = "t.v"() : () -> f32\n'
        + _op("ver.outer", [], [], "", '({\n^bb0(%x: f32, %y: i8):\n"t.u"(%0) : (f32) -> ()\n})'),
        "trait IsolatedFromAbove: t.u at",
    ),
    "parent": (
        _op("ver.item", [], [], 'sym_name = "a"'),
        "expected to stand directly in ver.table, found builtin.module",
    ),
    "symbol twice": (
        _op(
            "ver.table",
            [],
            [],
            "",
            '({ "ver.item"() {sym_name = "a"} : () -> ()\n"ver.item"() {sym_name = "a"} : () -> () })',
        ),
        'trait SymbolTable: the symbol "a" is defined twice',
    ),
    "types by a trait": (
        _op("ver.uniform", ["f32", "f32"], ["i8"]),
        "trait SameOperandsAndResultType: a has f32, out has i8",
    ),
    "elementwise": (_op("ver.wise", ["tensor<2xf32>"], ["tensor<3xf32>"]), "trait Elementwise: the shapes differ"),
    "elementwise to a scalar": (_op("ver.wise", ["tensor<2xf32>"], ["f32"]), "no result has one"),
    "two blocks": (
        _op("ver.single", [], [], "", '({\n^bb0:\n"t.b"()[^bb1] : () -> ()\n^bb1:\n"t.b"() : () -> ()\n})'),
        "trait SingleBlock",
    ),
    "entry arguments": (_op("ver.single", [], [], "", "({\n^bb0(%x: f32):\n})"), "trait NoRegionArguments"),
    "no successor": (_op("ver.table", [], [], "", '({ "ver.stop"() : () -> () })'), "expected 1 successor, found 0"),
    "parameter": (
        _op("t.x", [], ["!ver.box<f32, 0 : i64>"]),
        "parameter 'size': expected integer of at least 1, found 0 : i64",
    ),
    "number of parameters": (_op("t.x", [], ["!ver.box<f32>"]), "expected 2 parameters, found 1"),
    "parameter no type": (
        _op("t.x", [], ["!ver.box<1 : i8, 1 : i64>"]),
        "parameter 'inner': expected any type, found 1 : i8",
    ),
    "verify of a type": (_op("t.x", [], ["!ver.box<f32, 200 : i64>"]), "too big"),
    "type within types": (_op("t.x", [], ["tuple<f32, tensor<2x!ver.box<f32, 0 : i64>>>"]), "parameter 'size'"),
    "type of a block's argument": (
        _op("t.x", [], [], "", "({\n^bb0(%a: !ver.box<f32, 0 : i64>):\n})"),
        "parameter 'size'",
    ),
    "attribute within attributes": (_op("t.x", [], [], 'list = [{a = #ver.tag<"">}]'), "empty"),
    "type of a function": (_op("t.x", [], [], "kind = (!ver.box<f32, 0 : i64>) -> f32"), "parameter 'size'"),
}


@pytest.mark.parametrize("case", GOOD)
def test_good(context: Any, case: str) -> None:
    verify(_parse(context, GOOD[case]), [ver])


@pytest.mark.parametrize("case", BAD)
def test_bad(context: Any, case: str) -> None:
    text, message = BAD[case]
    with pytest.raises(VerificationError, match=re.escape(message)) as caught:
        verify(_parse(context, text), [ver])
    error = caught.value
    assert error.op is not None
    assert error.location is not None
    assert error.where is not None
    assert len(str(error).splitlines()) <= 20


@pytest.mark.parametrize("case", BAD)
def test_bad_where_registered(context: Any, case: str) -> None:
    """With the dialect registered either the compiler refuses it, or we do."""
    from iree.compiler import ir

    if not ver.load(context).registered:
        pytest.skip("this build cannot register the dialect")
    try:
        module = _parse(context, BAD[case][0])
    except ir.MLIRError:
        return
    with pytest.raises(VerificationError):
        verify(module, [ver])


@pytest.mark.parametrize("case", GOOD)
def test_good_where_registered(context: Any, case: str) -> None:
    if not ver.load(context).registered:
        pytest.skip("this build cannot register the dialect")
    module = _parse(context, GOOD[case])
    assert module.operation.verify()
    verify(module, [ver])


def test_error_details(context: Any) -> None:
    from iree.compiler import ir

    with context, ir.Location.file("net.py", 12, 3):
        module = _parse(context, BAD["verify"][0])
        operation = module.body.operations[len(list(module.body.operations)) - 1].operation
        operation_location = operation.location
    with pytest.raises(VerificationError) as caught:
        verify(operation, [ver])
    assert caught.value.field == "axis"
    assert caught.value.remedy == "use another"
    assert caught.value.op == "ver.relations"
    assert caught.value.where == operation_location


def test_every_problem_is_found(context: Any) -> None:
    text = "\n".join(
        f'"ver.table"() ({{ "ver.item"() {{sym_name = {index}}} : () -> () }}) : () -> ()' for index in range(9)
    )
    module = _parse(context, text)
    assert len(list(problems(module, [ver]))) == 9
    with pytest.raises(VerificationError) as caught:
        verify(module, [ver])
    assert len([note for note in caught.value.notes if note.startswith("also: ")]) == 5


def test_other_dialects_are_left_alone(context: Any) -> None:
    other = Dialect("other")
    verify(_parse(context, BAD["verify"][0]), [other])
    verify(_parse(context, BAD["verify"][0]), [])


def test_an_operation_of_a_dialect_with_the_name_of_a_type(context: Any) -> None:
    class Box2(Op):
        name = "clash.box"
        it: Operand = operand(F32)

    class BoxType(TypeDef):
        name = "clash.box"

    clash = Dialect("clash", ops=(Box2,), types=(BoxType,))
    clash.load(context)
    module = _parse(context, _op("clash.box", ["!clash.box"], []))
    with pytest.raises(VerificationError, match=r"expected f32, found !clash\.box"):
        verify(module, [clash])


def test_garbage_is_survived(context: Any) -> None:
    """Random operations of the dialect, everything about them wrong: a verdict each, and no other exception."""
    generator = random.Random(11)
    kinds = [
        "f32",
        "tensor<2x4xf32>",
        "tensor<*xi8>",
        "!ver.box<f32, 0 : i64>",
        "!ver.box<>",
        "!ver.box",
        "index",
        "none",
    ]
    values = ['"x"', "3", "unit", "[]", "dense<1> : tensor<2xi8>", "#ver.tag", '#ver.tag<"", 3>', "@a::@b", "{}", "f32"]
    names = ["axis", "names", "sym_name", "value", "operandSegmentSizes", "resultSegmentSizes", "anything"]
    regions = ["", "({})", "({}, {})", "({\n^bb0(%x: f32):\n})", '({ "ver.item"() : () -> () })']
    refused = 0
    for _ in range(300):
        attributes = {generator.choice(names): generator.choice(values) for _ in range(generator.randrange(4))}
        if generator.random() < 0.3:
            sizes = ", ".join(str(generator.randrange(-1, 3)) for _ in range(generator.randrange(5)))
            attributes["operandSegmentSizes"] = f"array<i32: {sizes}>" if sizes else "array<i32>"
        text = _op(
            generator.choice(OPS).model.name,
            [generator.choice(kinds) for _ in range(generator.randrange(4))],
            [generator.choice(kinds) for _ in range(generator.randrange(3))],
            ", ".join(f"{name} = {value}" for name, value in attributes.items()),
            generator.choice(regions),
        )
        found = list(problems(_parse(context, text), [ver]))
        assert not any("check itself failed" in problem.cause for problem in found), text
        refused += bool(found)
    assert refused > 250


def test_deep_nesting_does_not_recurse(context: Any) -> None:
    depth = 500
    text = '"t.x"() ({ ' * depth + BAD["parent"][0] + " }) : () -> ()" * depth
    assert len(list(problems(_parse(context, text), [ver]))) == 1
