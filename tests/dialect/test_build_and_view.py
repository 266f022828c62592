"""Building operations, looking at them, and changing them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ireekit.dialect import (
    AttrDef,
    BuildError,
    Dialect,
    EnumAttr,
    Op,
    Operand,
    Region,
    Result,
    Successor,
    TypeDef,
    VerificationError,
    attribute,
    infer_types,
    operand,
    optional_attribute,
    optional_operand,
    optional_result,
    parameter,
    region,
    result,
    successor,
    traits,
    variadic_operand,
    variadic_region,
    variadic_result,
    variadic_successor,
    verify,
    view,
)
from ireekit.dialect.constraints import (
    F16,
    F32,
    I64,
    AnyFloat,
    AnyType,
    ArrayAttr,
    IntegerAttr,
    Is,
    Parametric,
    SameType,
    StringAttr,
    Tensor,
    UnitAttr,
    Var,
)


class Tile(TypeDef):
    name = "bld.tile"
    element: Any = parameter(F32 | F16)
    rows: int = parameter(IntegerAttr(min=1))

    def verify(self) -> None:
        if self.rows == 13:
            self.error("13 rows are unlucky")


class Layout(AttrDef):
    name = "bld.layout"
    order: str = parameter(StringAttr())


class Mode(EnumAttr):
    name = "bld.mode"
    fast = 0
    exact = 1


class MatMul(Op):
    name = "bld.matmul"
    lhs: Operand = operand(Tensor(Var("T", AnyFloat), rank=2))
    rhs: Operand = operand(Tensor(Var("T"), rank=2))
    bias: Operand | None = optional_operand(Tensor(Var("T")))
    axis: int = attribute(I64, default=0)
    mode: Mode = attribute(Mode)
    sizes: Sequence[int] | None = optional_attribute(ArrayAttr(I64))
    quiet: bool = optional_attribute(UnitAttr())
    layout: Layout | None = optional_attribute(Layout)
    out: Result = result(Tensor(Var("T"), rank=2))

    @classmethod
    def infer(cls, lhs: Any, rhs: Any) -> Any:
        from iree.compiler import ir

        shape = [lhs.type.get_dim_size(0), rhs.type.get_dim_size(1)]
        where = ir.Location.unknown(lhs.type.context)
        return ir.RankedTensorType.get(shape, lhs.type.element_type, loc=where)


class Groups(Op):
    name = "bld.groups"
    first: Sequence[Operand] = variadic_operand(AnyType)
    second: Operand = operand(AnyType)
    third: Sequence[Operand] = variadic_operand(AnyType)
    a: Result | None = optional_result(AnyType)
    b: Sequence[Result] = variadic_result(AnyType)


class Same(Op):
    name = "bld.same"
    x: Operand = operand(Var("T"))
    y: Operand = operand(Var("T"))
    out: Result = result(Var("T"))


class Like(Op):
    name = "bld.like"
    x: Operand = operand()
    out: Result = result()
    constraints = (SameType("x", "out"),)


class Traited(Op):
    name = "bld.traited"
    x: Operand = operand()
    out: Result = result()
    traits = (traits.SameOperandsAndResultType,)


class Fixed(Op):
    name = "bld.fixed"
    x: Operand = operand(Tensor(Var("T", AnyFloat)))
    rows: Any = attribute(Var("R", IntegerAttr()))
    out: Result = result(Parametric(Tile, Var("T"), Var("R")))
    two: Result = result(Tensor(Var("T"), shape="4x8"))
    three: Result = result(Is("vector<4xf32>"))


class Open(Op):
    name = "bld.open"
    out: Result = result(AnyFloat)


class Loop(Op):
    name = "bld.loop"
    start: Operand = operand(Var("T", AnyType))
    body: Region = region(blocks=1, arguments=(Var("T"),))
    free: Region = region()
    arms: Sequence[Region] = variadic_region()
    traits = (traits.NoTerminator,)


class Branch(Op):
    name = "bld.branch"
    to: Successor = successor()
    others: Sequence[Successor] = variadic_successor()
    traits = (traits.Terminator,)


bld = Dialect(
    "bld",
    ops=(MatMul, Groups, Same, Like, Traited, Fixed, Open, Loop, Branch),
    types=(Tile,),
    attributes=(Layout,),
    enums=(Mode,),
)


class Place:
    """A function to build in, and its arguments."""

    def __init__(self, context: Any) -> None:
        from iree.compiler import ir

        self.context = context
        self.ir: Any = ir
        self.module = ir.Module.parse(
            "func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %i: i32) { return }", context=context
        )
        self.block = self.module.body.operations[0].regions[0].blocks[0]
        self.a, self.b, self.i = self.block.arguments

    def type(self, text: str) -> Any:
        return self.ir.Type.parse(text, context=self.context)


@pytest.fixture
def place(context: Any) -> Iterator[Place]:
    bld.load(context)
    here = Place(context)
    with here.ir.InsertionPoint.at_block_terminator(here.block):
        yield here


def test_fields_read_back(place: Place) -> None:
    made = MatMul(lhs=place.a, rhs=place.b, mode=Mode.exact, sizes=(1, 2), quiet=True, layout=Layout(order="row"))
    assert (made.lhs, made.rhs, made.bias) == (place.a, place.b, None)
    assert (made.axis, made.mode, made.sizes, made.quiet) == (0, Mode.exact, (1, 2), True)
    assert made.layout is not None
    assert made.layout.order == "row"
    assert str(made.out.type) == "tensor<2x4xf32>"
    assert "axis = 0 : i64" in str(made), "defaults are written"
    verify(place.module, [bld])
    assert place.module.operation.verify()


def test_location_is_the_callers(place: Place) -> None:
    frame: Any = inspect.currentframe()
    made = MatMul(lhs=place.a, rhs=place.b, mode=Mode.fast)
    assert str(made.location) == f'loc("{__file__}":{frame.f_lineno - 1}:12)'
    with place.ir.Location.name("layer3", context=place.context):
        inner = MatMul(lhs=place.a, rhs=place.b, mode=Mode.fast)
    assert str(inner.location) == 'loc("layer3")'
    given = place.ir.Location.file("x.py", 3, 4, context=place.context)
    assert MatMul(lhs=place.a, rhs=place.b, mode=Mode.fast, location=given).location == given


def test_places(place: Place) -> None:
    def names() -> list[str]:
        return [str(op.attributes["mark"]) for op in place.block.operations if "mark" in op.attributes]

    def mark(text: str) -> dict[str, Any]:
        return {"mark": place.ir.StringAttr.get(text, context=place.context)}

    two = Same(x=place.i, y=place.i, discardable=mark("two"))
    Same(x=place.i, y=place.i, discardable=mark("three"))
    Same(x=place.i, y=place.i, discardable=mark("one"), at=two)
    Same(x=place.i, y=place.i, discardable=mark("one and a half"), at=two.operation)
    at_start = place.ir.InsertionPoint.at_block_begin(place.block)
    Same(x=place.i, y=place.i, discardable=mark("zero"), at=at_start)
    assert names() == ['"zero"', '"one"', '"one and a half"', '"two"', '"three"']


def test_builds_detached_without_a_place(context: Any) -> None:
    bld.load(context)
    with context:
        made = Open(out=bld_type(context, "f16"))
    verify(made, [bld])
    assert str(made.out.type) == "f16"


def bld_type(context: Any, text: str) -> Any:
    from iree.compiler import ir

    return ir.Type.parse(text, context=context)


def test_groups(place: Place) -> None:
    i, f = place.i, place.a
    made = Groups(first=[i, f], second=i, third=(f,), a=f.type, b=[i.type, i.type])
    assert (list(made.first), made.second, list(made.third)) == ([i, f], i, [f])
    assert made.a is not None
    assert [str(value.type) for value in (made.a, *made.b)] == ["tensor<2x3xf32>", "i32", "i32"]
    none = Groups(second=i)
    assert (none.first, none.third, none.a, none.b) == ((), (), None, ())
    only = Groups(second=i, b=[i.type])
    assert (only.a, len(only.b)) == (None, 1)
    if bld.load(place.context).registered:
        assert place.module.operation.verify()
    verify(place.module, [bld])


def test_operations_stand_for_their_result(place: Place) -> None:
    one = Same(x=place.i, y=place.i)
    two: Any = Same
    made = two(x=one, y=one.operation)
    assert made.x == one.out
    with pytest.raises(BuildError, match="has 0 results"):
        two(x=Groups(second=place.i), y=place.i)


def test_inference(place: Place) -> None:
    assert Same(x=place.a, y=place.a).out.type == place.a.type
    assert Like(x=place.a).out.type == place.a.type
    assert Traited(x=place.a).out.type == place.a.type
    fixed = Fixed(x=place.a, rows=5)
    assert [str(value.type) for value in (fixed.out, fixed.two, fixed.three)] == [
        "!bld.tile<f32, 5 : i64>",
        "tensor<4x8xf32>",
        "vector<4xf32>",
    ]
    with pytest.raises(BuildError, match="type of the result 'out' does not follow") as caught:
        Open()
    assert "out=" in str(caught.value)
    assert str(Open(result_types=[place.type("f16")]).out.type) == "f16"
    assert str(Open(out=place.type("f64")).out.type) == "f64"


def test_inference_of_operand_types(place: Place) -> None:
    """What printers and parsers of custom assembly use."""
    known = {"x": (place.a.type,)}
    found = infer_types(Same.model, known, {}, place.context)
    assert found == {"y": (place.a.type,), "out": (place.a.type,)}
    assert infer_types(Open.model, {}, {}, place.context) == {}


def test_regions(place: Place) -> None:
    seen: list[Any] = []

    def body(argument: Any) -> None:
        seen.append(argument.type)
        Same(x=argument, y=argument)

    made = Loop(start=place.i, body=body)
    assert seen == [place.i.type]
    assert len(made.body.blocks[0].operations) == 1
    assert len(list(made.free.blocks)) == 0
    assert made.arms == ()
    typed = Loop(start=place.i, body=[place.i.type], free=[place.a.type, place.i.type], arms=[None, []])
    assert [str(a.type) for a in typed.free.blocks[0].arguments] == ["tensor<2x3xf32>", "i32"]
    assert [len(list(arm.blocks)) for arm in typed.arms] == [0, 1]
    default = Loop(start=place.i)
    assert [a.type for a in default.body.blocks[0].arguments] == [place.i.type]
    moved = Loop(start=place.i, body=made.body)
    assert len(moved.body.blocks[0].operations) == 1
    made.operation.erase()
    verify(place.module, [bld])
    if bld.load(place.context).registered:
        assert place.module.operation.verify()


def test_successors(place: Place) -> None:
    ir = place.ir
    region_ = place.module.body.operations[0].regions[0]
    targets = [ir.Block.create_after(region_.blocks[0]) for _ in range(3)]
    made = Branch(to=targets[0], others=targets[1:], at=targets[2])
    assert made.to == targets[0]
    assert list(made.others) == targets[1:]
    with pytest.raises(BuildError, match="successor 'to' is missing"):
        Branch()


def test_match(place: Place) -> None:
    made = MatMul(lhs=place.a, rhs=place.b, mode=Mode.exact)
    match view(made.operation):
        case MatMul(lhs=lhs, mode=Mode.exact, bias=None, axis=0):
            assert lhs == place.a
        case _:
            pytest.fail("no match")
    match view(place.block.operations[0]):
        case MatMul(lhs, rhs):
            assert (lhs, rhs) == (place.a, place.b)
        case _:
            pytest.fail("no match by position")
    other = view(place.module.operation)
    assert not isinstance(other, Op)
    assert other.operation.name == "builtin.module"
    assert view(made, [bld]) == made
    assert hash(view(made)) == hash(made)
    assert MatMul.matches(made)
    assert not Same.matches(made.operation)
    with pytest.raises(TypeError, match=r"bld\.matmul is no bld\.same"):
        Same.view(made.operation)


def test_setting_fields(place: Place) -> None:
    made = MatMul(lhs=place.a, rhs=place.b, mode=Mode.fast)
    made.axis = 3
    made.mode = Mode.exact
    made.sizes = [7]
    made.quiet = True
    made.lhs = place.b
    assert (made.axis, made.mode, made.sizes, made.quiet, made.lhs) == (3, Mode.exact, (7,), True, place.b)
    made.sizes = None
    made.quiet = False
    assert (made.sizes, made.quiet) == (None, False)
    assert "sizes" not in made.operation.attributes
    del made.axis
    assert made.axis == 0
    wrong: Any = made
    with pytest.raises(BuildError, match="attribute 'axis': expected i64 attribute, found 'x'"):
        wrong.axis = "x"
    with pytest.raises(BuildError, match="not optional"):
        wrong.mode = None
    with pytest.raises(BuildError, match="'bias' has 0 values, not 1"):
        wrong.bias = place.a
    with pytest.raises(AttributeError, match="cannot be assigned"):
        wrong.out = place.a
    with pytest.raises(AttributeError, match="has no field 'lsh'"):
        wrong.lsh = place.a


def test_types_and_attributes(place: Place) -> None:
    with place.context:
        element = place.ir.F32Type.get()
        made = Tile(element=element, rows=4)
        assert str(made) == str(made.type) == "!bld.tile<f32, 4 : i64>"
        assert (made.element, made.rows) == (element, 4)
        assert made == Tile.get(element=element, rows=4)
        assert Tile.matches(made.type)
        assert not Tile.matches(element)
        assert Tile.view(made.type) == made
        match Tile.view(made.type):
            case Tile(rows=rows):
                assert rows == 4
        layout = Layout(order="row")
        assert str(layout.attribute) == '#bld.layout<"row">'
        assert Layout.view(layout.attribute).order == "row"
        assert repr(layout) == 'Layout(#bld.layout<"row">)'
    assert str(Open(out=made).out.type) == "!bld.tile<f32, 4 : i64>"  # type: ignore[arg-type]
    wrong: Any = Tile
    with place.context:
        with pytest.raises(BuildError, match="parameter 'rows': expected integer of at least 1, found 0"):
            wrong(element=element, rows=0)
        with pytest.raises(BuildError, match="parameter 'element': expected f32 or f16, found f64"):
            wrong(element=place.ir.F64Type.get(), rows=1)
        with pytest.raises(BuildError, match="has no parameter 'row'"):
            wrong(element=element, row=1)
        with pytest.raises(BuildError, match="'rows' is missing"):
            wrong(element=element)
        with pytest.raises(VerificationError, match="unlucky"):
            wrong(element=element, rows=13)
    with pytest.raises(AttributeError, match="immutable"):
        made.rows = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="f32 is no !bld"):
        Tile.view(element)


def test_type_of_a_dialect_that_is_not_loaded(context: Any) -> None:
    from iree.compiler import ir

    with context:
        context.allow_unregistered_dialects = False
        with pytest.raises(BuildError, match="cannot hold") as caught:
            Tile(element=ir.F32Type.get(), rows=4)
    assert "load the dialect 'bld'" in str(caught.value)


WRONG_BUILDS: dict[str, tuple[dict[str, Any], str]] = {
    "missing operand": ({"lhs": "a"}, "operand 'rhs' is missing"),
    "missing attribute": ({"lhs": "a", "rhs": "b"}, "attribute 'mode' is missing"),
    "unknown field": ({"lhs": "a", "rhs": "b", "moed": Mode.fast}, "has no field 'moed'"),
    "no value": ({"lhs": 3, "rhs": "b", "mode": Mode.fast}, "3 is no value"),
    "wrong attribute": ({"lhs": "a", "rhs": "b", "mode": 3}, "attribute 'mode': expected bld.mode (fast, exact)"),
    "several": ({"lhs": ["a"], "rhs": "b", "mode": Mode.fast}, "is no value"),
    "no type": ({"lhs": "a", "rhs": "b", "mode": Mode.fast, "out": 3}, "3 is no type"),
    "too many types": ({"lhs": "a", "rhs": "b", "mode": Mode.fast, "result_types": ["i", "i"]}, "has 1 results, not 2"),
    "no place": ({"lhs": "a", "rhs": "b", "mode": Mode.fast, "at": 3}, "at=3 is no place"),
}


@pytest.mark.parametrize("case", WRONG_BUILDS)
def test_wrong_builds(place: Place, case: str) -> None:
    values: dict[str, Any] = {"a": place.a, "b": place.b, "i": place.i.type}
    given, message = WRONG_BUILDS[case]
    fields = {
        name: [values[each] for each in value] if isinstance(value, list) else values.get(value, value)  # type: ignore[arg-type]
        for name, value in given.items()
    }
    with pytest.raises(BuildError) as caught:
        MatMul(**fields)
    assert message in str(caught.value)


def test_nearest_name(place: Place) -> None:
    wrong: Any = MatMul
    with pytest.raises(BuildError, match="did you mean 'mode'"):
        wrong(lhs=place.a, rhs=place.b, moed=Mode.fast)


def test_no_context() -> None:
    with pytest.raises(BuildError, match="no MLIR context"):
        Open()


def test_views_of_broken_operations(context: Any) -> None:
    """Nothing crashes, whatever is there."""
    from iree.compiler import ir

    context.allow_unregistered_dialects = True
    module = ir.Module.parse(
        '"bld.matmul"() : () -> ()\n"bld.groups"() {operandSegmentSizes = array<i32: 5, -4, 0>} : () -> ()\n'
        '"bld.matmul"() {axis = "x", mode = 9 : i32, operandSegmentSizes = 3} : () -> ()',
        context=context,
    )
    operations = list(module.body.operations)
    first, groups, last = MatMul.view(operations[0]), Groups.view(operations[1]), MatMul.view(operations[2])
    for access in (
        lambda: first.lhs,
        lambda: first.out,
        lambda: first.mode,
        lambda: groups.first,
        lambda: groups.b,
        lambda: last.axis,
        lambda: last.mode,
    ):
        with pytest.raises(VerificationError):
            access()
    assert first.axis == 0


def test_attributes_given_as_such_are_checked(place: Place) -> None:
    wrong: Any = MatMul
    for value in (
        place.ir.StringAttr.get("x", context=place.context),
        place.type("i64"),
        Tile.get(element=place.type("f32"), rows=1),
    ):
        with pytest.raises(BuildError, match="attribute 'axis': expected"):
            wrong(lhs=place.a, rhs=place.b, mode=Mode.fast, axis=value)
