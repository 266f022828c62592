"""What each constraint accepts and refuses, in Python and, through IRDL, natively."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from ireekit.dialect import (
    AttrDef,
    ConstraintError,
    Dialect,
    EnumAttr,
    Op,
    Operand,
    TypeDef,
    attribute,
    operand,
    parameter,
)
from ireekit.dialect import constraints as c
from ireekit.dialect.constraints import Constraint, Scope, bare


class Tile(TypeDef):
    name = "con.tile"
    element: Any = parameter(c.F32 | c.F16)
    rows: int = parameter(c.IntegerAttr(min=1))


class Unit(TypeDef):
    name = "con.unit"


class Layout(AttrDef):
    name = "con.layout"
    order: str = parameter(c.StringAttr("row", "column"))


class Mode(EnumAttr):
    name = "con.mode"
    fast = 0
    exact = 1


class Word(EnumAttr):
    name = "con.word"
    yes = "yes"
    no = "no"


T, A = "type", "attribute"
F32TILE = "!con.tile<f32, 4 : i64>"

TYPES: dict[str, tuple[object, list[str], list[str]]] = {
    "any": (c.AnyType, ["f32", "tensor<4xf32>", F32TILE, "none"], []),
    "is": (c.Is("tensor<4x?xf32>"), ["tensor<4x?xf32>"], ["tensor<4x4xf32>", "f32"]),
    "is of a dialect": (c.Is("!con.unit"), ["!con.unit"], ["f32"]),
    "any of": (c.AnyOf(c.F32, c.Is("i7"), c.Tensor()), ["f32", "i7", "tensor<f32>"], ["f16", "i8", "vector<4xf32>"]),
    "or": (c.F32 | c.I32 | c.Index, ["f32", "i32", "index"], ["f64", "si32"]),
    "and": (
        c.Tensor(rank=2) & c.Tensor(c.F32),
        ["tensor<?x4xf32>"],
        ["tensor<4xf32>", "tensor<4x4xf16>", "f32"],
    ),
    "predicate": (
        c.Tensor() & c.Predicate(lambda t: t.rank % 2 == 0, "tensor of even rank"),
        ["tensor<f32>", "tensor<1x2xi8>"],
        ["tensor<4xf32>", "f32"],
    ),
    "signless": (c.I32, ["i32"], ["si32", "ui32", "i64", "index"]),
    "signed": (c.SI8, ["si8"], ["i8", "ui8"]),
    "unsigned": (c.UI16, ["ui16"], ["i16"]),
    "integer widths": (c.Integer(8, 16, sign=None), ["i8", "si8", "ui16"], ["i32", "f16"]),
    "any integer": (c.AnyInteger, ["i1", "si64", "ui3"], ["index", "f32"]),
    "any signless": (c.AnySignlessInteger, ["i1", "i64"], ["si8", "f32"]),
    "float": (c.AnyFloat, ["f16", "bf16", "f8E5M2", "f80", "tf32"], ["i32", "complex<f32>", "index"]),
    "floats by name": (c.Float("f16", "bf16"), ["f16", "bf16"], ["f32", "i16"]),
    "index": (c.Index, ["index"], ["i64"]),
    "complex": (c.Complex(c.F32), ["complex<f32>"], ["complex<f64>", "f32"]),
    "none": (c.NoneType, ["none"], ["f32"]),
    "tuple": (c.Tuple, ["tuple<>", "tuple<f32, i8>"], ["f32"]),
    "function": (c.FunctionType, ["() -> ()", "(f32) -> i8"], ["f32"]),
    "tensor": (c.Tensor(), ["tensor<f32>", "tensor<?xi8>"], ["tensor<*xf32>", "vector<4xf32>", "memref<4xf32>"]),
    "tensor of": (c.Tensor(c.AnyFloat), ["tensor<4xbf16>"], ["tensor<4xi8>"]),
    "tensor of tiles": (c.Tensor(Tile), [f"tensor<4x{F32TILE}>"], ["tensor<4x!con.unit>"]),
    "rank": (c.Tensor(rank=2), ["tensor<?x?xf32>"], ["tensor<f32>", "tensor<1x2x3xf32>"]),
    "rank 0": (c.Tensor(rank=0), ["tensor<f32>"], ["tensor<1xf32>"]),
    "shape": (
        c.Tensor(shape="4x?x8"),
        ["tensor<4x1x8xf32>", "tensor<4x?x8xf32>"],
        ["tensor<?x1x8xf32>", "tensor<4x8xf32>"],
    ),
    "shape static": (c.Tensor(shape=(":", "?")), ["tensor<3x?xf32>"], ["tensor<?x3xf32>"]),
    "shape names": (c.Tensor(shape="nxn"), ["tensor<3x3xf32>", "tensor<?x3xf32>"], ["tensor<3x4xf32>"]),
    "static": (c.Tensor(static=True), ["tensor<3x3xf32>", "tensor<f32>"], ["tensor<?xf32>"]),
    "vector": (c.Vector(c.F32, rank=1), ["vector<4xf32>"], ["vector<4x4xf32>", "tensor<4xf32>"]),
    "memref": (c.MemRef(c.F32), ["memref<4xf32>", "memref<4xf32, 3>"], ["memref<4xf16>", "tensor<4xf32>"]),
    "memory space": (c.MemRef(space=c.Is("3 : i64")), ["memref<4xf32, 3>"], ["memref<4xf32>", "memref<4xf32, 1>"]),
    "unranked tensor": (c.UnrankedTensor(), ["tensor<*xf32>"], ["tensor<4xf32>"]),
    "unranked memref": (c.UnrankedMemRef(c.F32), ["memref<*xf32>"], ["memref<*xf16>"]),
    "any tensor": (c.AnyTensor, ["tensor<*xf32>", "tensor<4xf32>"], ["memref<*xf32>"]),
    "own type": (Tile, [F32TILE, "!con.tile<f16, 1 : i64>"], ["f32", "!con.unit"]),
    "own type, parameter": (c.Parametric(Tile, c.F32), [F32TILE], ["!con.tile<f16, 4 : i64>", "!con.unit"]),
    "own type, by name": (c.Parametric(Tile, rows=c.IntegerAttr(max=4)), [F32TILE], ["!con.tile<f32, 5 : i64>"]),
    "own type, none": (Unit, ["!con.unit"], ["none"]),
    "named type": (c.Named("!hal.buffer_view"), ["!hal.buffer_view"], ["!hal.buffer", "f32"]),
}

ATTRIBUTES: dict[str, tuple[object, list[str], list[str]]] = {
    "any attribute": (c.AnyAttr, ["1 : i8", '"a"', "unit", "f32", '#con.layout<"row">'], []),
    "integer": (c.IntegerAttr(), ["1 : i8", "1 : index", "-1 : si64"], ["1.0 : f32", '"1"', "f32"]),
    "integer of a type": (c.I64, ["-3 : i64"], ["3 : i32", "3 : index"]),
    "integer in bounds": (c.IntegerAttr(c.I8, min=-2, max=2), ["-2 : i8", "2 : i8"], ["-3 : i8", "3 : i8", "1 : i16"]),
    "big integer": (c.IntegerAttr(c.Integer(128), min=2**70), [f"{2**71} : i128"], ["7 : i128"]),
    "unsigned attribute": (c.IntegerAttr(c.UI8, max=255), ["255 : ui8"], ["1 : i8"]),
    "float attribute": (c.F32, ["1.5 : f32"], ["1.5 : f64", "1 : i32"]),
    "any float attribute": (c.FloatAttr(), ["1.5 : f32", "1.0 : bf16"], ["1 : i32"]),
    "number": (c.F32 | c.I32, ["1.0 : f32", "1 : i32"], ["1 : i64", "1.0 : f64"]),
    "bool": (c.I1, ["true", "false"], ["1 : i8"]),
    "string": (c.StringAttr(), ['"x"', '""'], ["1 : i8", "@x"]),
    "choice": (c.StringAttr("a", "b"), ['"a"'], ['"c"', "1 : i8"]),
    "unit": (c.UnitAttr(), ["unit"], ["true"]),
    "type": (c.TypeAttr(c.AnyFloat), ["f32"], ["i32", "1.0 : f32"]),
    "any type attribute": (c.TypeAttr(), ["i32", F32TILE], ["1 : i32"]),
    "array": (c.ArrayAttr(), ["[]", '[1, "a"]'], ["1 : i8", "array<i64: 1>"]),
    "array of": (c.ArrayAttr(c.I64, min=1, max=2), ["[1]", "[1, 2]"], ["[]", "[1, 2, 3]", '["a"]', "[1 : i32]"]),
    "array of length": (c.ArrayAttr(length=2), ["[1, 2]"], ["[1]"]),
    "dense array": (c.DenseArray(c.I64), ["array<i64: 1, 2>", "array<i64>"], ["array<i32: 1>", "[1]"]),
    "dense bools": (c.DenseArray(c.I1, length=2), ["array<i1: true, false>"], ["array<i1: true>"]),
    "dictionary": (c.DictAttr(), ["{}", "{a = 1}"], ["[]"]),
    "dictionary of": (
        c.DictAttr({"a": c.I64}, others=c.StringAttr()),
        ["{a = 1}", '{a = 1, b = "x"}'],
        ["{}", "{a = 1.0}", "{a = 1, b = 2}"],
    ),
    "closed dictionary": (c.DictAttr({"a": c.I64}, others=None), ["{a = 1}"], ["{a = 1, b = 2}"]),
    "symbol": (c.SymbolRef(), ["@a", "@a::@b"], ['"a"']),
    "flat symbol": (c.FlatSymbolRef(), ["@a"], ["@a::@b", '"a"']),
    "affine map": (c.AffineMapAttr, ["affine_map<(d0) -> (d0)>"], ["affine_set<(d0) : (d0 == 0)>"]),
    "integer set": (c.IntegerSetAttr, ["affine_set<(d0) : (d0 == 0)>"], ["affine_map<(d0) -> (d0)>"]),
    "elements": (c.ElementsAttr(), ["dense<1> : tensor<2xi8>", "dense<1.0> : vector<2xf32>"], ["1 : i8", "[1]"]),
    "elements of": (
        c.ElementsAttr(c.Tensor(c.F32, rank=1)),
        ["dense<[1.0, 2.0]> : tensor<2xf32>"],
        ["dense<1> : tensor<2xi8>", "dense<1.0> : tensor<f32>"],
    ),
    "own attribute": (Layout, ['#con.layout<"row">'], ["unit"]),
    "own attribute, parameter": (
        c.Parametric(Layout, c.StringAttr("row")),
        ['#con.layout<"row">'],
        ['#con.layout<"column">'],
    ),
    "enum": (Mode, ["0 : i32", "1 : i32"], ["2 : i32", "0 : i64", '"fast"']),
    "enum of strings": (Word, ['"yes"'], ['"maybe"', "0 : i32"]),
    "is": (c.Is("0 : i32"), ["0 : i32"], ["1 : i32", "0 : i64"]),
    "named": (
        c.Named("#iree_codegen.lowering_config"),
        ["#iree_codegen.lowering_config<tile_sizes = [[1]]>"],
        ["unit", "#hal.descriptor_type<uniform_buffer>"],
    ),
}


@dataclass
class Probe:
    """One constraint as the only field of an operation."""

    constraint: Constraint
    dialect: Dialect
    exact: bool
    texts: dict[str, str] = field(default_factory=dict[str, str])


def _probe(case: object, where: str) -> Probe:
    if where == T:

        class Holder(Op):
            name = "con.holder"
            it: Operand = operand(case)

    else:

        class Holder(Op):
            name = "con.holder"
            it: Any = attribute(case)

    model: Any = Holder.model
    constraint = (model.operands or model.attributes)[0].constraint
    dialect = Dialect("con", ops=(Holder,), types=(Tile, Unit), attributes=(Layout,))
    return Probe(constraint, dialect, constraint.exact_in_irdl)


def _ir(where: str, text: str) -> str:
    if where == A:
        return f'"con.holder"() {{it = {text}}} : () -> ()'
    return f'%0 = builtin.unrealized_conversion_cast to {text}\n"con.holder"(%0) : ({text}) -> ()'


def _native(context: Any, where: str, text: str) -> bool:
    from iree.compiler import ir

    try:
        return ir.Module.parse(_ir(where, text), context=context).operation.verify()
    except ir.MLIRError:
        return False


@pytest.mark.parametrize(
    ("where", "name"), [(T, name) for name in TYPES] + [(A, name) for name in ATTRIBUTES], ids=lambda value: value
)
def test_accepts_and_refuses(context: Any, where: str, name: str) -> None:
    """In Python; and natively the same where IRDL is exact, and never less where it is not."""
    from iree.compiler import ir

    case, good, bad = (TYPES if where == T else ATTRIBUTES)[name]
    probe = _probe(case, where)
    assert probe.dialect.load(context).registered
    parse = ir.Type.parse if where == T else ir.Attribute.parse
    for text in good:
        value = parse(text, context=context)
        probe.constraint.verify(value)
        assert probe.constraint.accepts(value)
        assert _native(context, where, text), f"the compiler refuses {text}"
    for text in bad:
        with pytest.raises(ConstraintError, match=r"expected|type of|parameter|unexpected"):
            probe.constraint.verify(parse(text, context=context))
        assert probe.exact is False or not _native(context, where, text), f"the compiler accepts {text}"


def test_inexact_constraints_are_told() -> None:
    assert c.Tensor().exact_in_irdl
    assert not c.Tensor(c.F32).exact_in_irdl
    assert not c.IntegerAttr(min=1).exact_in_irdl
    assert c.Parametric(Tile, c.F32).exact_in_irdl
    assert (c.F32 | c.I32).exact_in_irdl
    assert not (c.F32 | c.Tensor(rank=1)).exact_in_irdl


PYTHON: dict[str, tuple[object, Any, str]] = {
    "int": (c.I64, 3, "3 : i64"),
    "numpy int": (c.I8, np.int32(-3), "-3 : i8"),
    "index": (c.Index, 3, "3 : index"),
    "default int": (c.IntegerAttr(), 3, "3 : i64"),
    "unsigned": (c.UI8, 200, "200 : ui8"),
    "signless above the sign": (c.I8, 200, "-56 : i8"),
    "wide": (c.Integer(128), 2**100, f"{2**100} : i128"),
    "first of a union": (c.IntegerAttr(c.I32 | c.I64), 3, "3 : i32"),
    "float": (c.F32, 1.5, "1.500000e+00 : f32"),
    "float from int": (c.F64, 2, "2.000000e+00 : f64"),
    "numpy float": (c.F32, np.float32(0.5), "5.000000e-01 : f32"),
    "half": (c.F16, 0.5, "5.000000e-01 : f16"),
    "bool": (c.I1, True, "true"),
    "numpy bool": (c.BoolAttr(), np.bool_(False), "false"),
    "string": (c.StringAttr(), 'a"b', '"a\\22b"'),
    "unit": (c.UnitAttr(), True, "unit"),
    "symbol": (c.SymbolRef(), "a::b", "@a::@b"),
    "flat symbol": (c.FlatSymbolRef(), "@a", "@a"),
    "array": (c.ArrayAttr(c.I64), (1, 2), "[1, 2]"),
    "strings": (c.ArrayAttr(c.StringAttr()), ["a"], '["a"]'),
    "nested": (c.ArrayAttr(c.ArrayAttr(c.F32)), [[1.0], []], "[[1.000000e+00 : f32], []]"),
    "dense": (c.DenseArray(c.I32), [1, 2], "array<i32: 1, 2>"),
    "dense numpy": (c.DenseArray(c.I64), np.arange(2), "array<i64: 0, 1>"),
    "dense floats": (c.DenseArray(c.F32), [1], "array<f32: 1.000000e+00>"),
    "dense bools": (c.DenseArray(c.I1), [True], "array<i1: true>"),
    "dictionary": (c.DictAttr({"a": c.I64}), {"a": 1}, "{a = 1 : i64}"),
    "enum": (Mode, Mode.exact, "1 : i32"),
    "enum by name": (Mode, "exact", "1 : i32"),
    "enum of strings": (Word, Word.no, '"no"'),
    "number": (c.F32 | c.I32, 3, "3.000000e+00 : f32"),
    "text or number": (c.AnyOf(c.StringAttr(), c.IntegerAttr()), 3, "3 : i64"),
}
SAME_BACK: Mapping[str, Any] = {
    "numpy int": -3,
    "signless above the sign": -56,
    "flat symbol": "a",
    "strings": ("a",),
    "nested": ((1.0,), ()),
    "dense": (1, 2),
    "dense numpy": (0, 1),
    "dense floats": (1.0,),
    "dense bools": (True,),
    "enum by name": Mode.exact,
}


@pytest.mark.parametrize("name", PYTHON)
def test_python_values(context: Any, name: str) -> None:
    """Python value -> attribute -> Python value."""
    from iree.compiler import ir

    case, value, text = PYTHON[name]
    constraint = c.as_attribute_constraint(case, name)
    made = constraint.to_attribute(value, context)
    assert str(made) == str(ir.Attribute.parse(text, context=context))
    constraint.verify(made)
    back = constraint.to_python(made)
    wanted = SAME_BACK.get(name, value)
    assert back == wanted
    assert constraint.to_attribute(made, context) == made


@pytest.mark.parametrize(
    ("case", "value"),
    [
        (c.I64, 1.5),
        (c.I64, True),
        (c.I64, "1"),
        (c.I8, 256),
        (c.I8, -129),
        (c.UI8, -1),
        (c.SI8, 128),
        (c.IntegerAttr(max=3), 4),
        (c.I1, 1),
        (c.F32, "1"),
        (c.F32, True),
        (c.StringAttr(), 1),
        (c.StringAttr("a"), "b"),
        (c.UnitAttr(), 1),
        (c.FlatSymbolRef(), "a::b"),
        (c.SymbolRef(), ""),
        (c.ArrayAttr(c.I64), "ab"),
        (c.ArrayAttr(c.I64), ["a"]),
        (c.ArrayAttr(length=1), []),
        (c.DenseArray(c.I8), [1000]),
        (c.DenseArray(c.I8), ["a"]),
        (c.DictAttr(), [1]),
        (Mode, "slow"),
        (Mode, 7),
        (c.ElementsAttr(), [1]),
        (c.ElementsAttr(), np.array(["a"])),
        (c.ElementsAttr(), np.array([1j])),
        (Layout, "row"),
        (c.F32 | c.I32, "x"),
    ],
    ids=str,
)
def test_wrong_python_values(context: Any, case: object, value: Any) -> None:
    with pytest.raises(ConstraintError, match=r"expected|no element type"):
        c.as_attribute_constraint(case, "case").to_attribute(value, context)


DTYPES = [
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64,
    np.float16, np.float32, np.float64,
    ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2,
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (9,), (2, 3), (0,), (2, 0)], ids=str)
def test_numpy_round_trip(context: Any, dtype: Any, shape: tuple[int, ...]) -> None:
    constraint = c.ElementsAttr()
    generator = np.random.default_rng(7)
    random = generator.integers(0, 3, size=shape).astype(dtype)
    for array in (random, np.ones(shape, dtype), np.asfortranarray(random)):
        made = constraint.to_attribute(array, context)
        constraint.verify(made)
        back = constraint.to_python(made)
        assert back.dtype == array.dtype
        assert back.shape == array.shape
        assert np.array_equal(back, array)


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, ml_dtypes.float8_e5m2, np.float16, np.float32])
def test_numpy_special_values(context: Any, dtype: Any) -> None:
    few = np.array([np.nan, np.inf, -np.inf, -0.0, 0.1], dtype)
    many = (np.arange(300) % 97 / 7).astype(dtype)
    for array in (few, many):
        back = c.ElementsAttr().to_python(c.ElementsAttr().to_attribute(array, context))
        assert array.tobytes() == back.tobytes()


def test_variables_are_equal_everywhere(context: Any) -> None:
    from iree.compiler import ir

    scope = Scope()
    f32, f16 = (ir.Type.parse(text, context=context) for text in ("f32", "f16"))
    tensor = ir.Type.parse("tensor<4xf32>", context=context)
    variable = c.Var("T", c.AnyFloat)
    assert variable.check(bare(f32), scope) is None
    assert c.Tensor(c.Var("T")).check(tensor, scope) is None
    problem = c.Var("T").check(f16, scope)
    assert problem is not None
    assert "the same T everywhere" in problem
    assert variable.infer(scope, context) == f32


def test_a_union_binds_only_what_fits(context: Any) -> None:
    from iree.compiler import ir

    scope = Scope()
    pair = c.Parametric(Tile, c.Var("E"), c.IntegerAttr(max=3)) | c.Parametric(Tile, c.F32, c.IntegerAttr())
    with context:
        context.allow_unregistered_dialects = True
        assert pair.check(ir.Type.parse(F32TILE), scope) is None
    assert "E" not in scope.bound


def test_messages_say_expected_and_found(context: Any) -> None:
    from iree.compiler import ir

    cases = {
        (
            c.Tensor(c.AnyFloat, rank=2),
            "tensor<4x4xi8>",
        ): "element type of tensor<4x4xi8>: expected floating-point type",
        (c.Tensor(c.AnyFloat, rank=2), "f32"): "expected rank-2 tensor of floating-point type, found f32",
        (c.Tensor(c.F32, shape="4x?"), "tensor<5x1xf32>"): "expected 4x? tensor of f32, found tensor<5x1xf32>",
        (c.Integer(8, 16), "f32"): "expected i8 or i16, found f32",
    }
    for (constraint, text), message in cases.items():
        with pytest.raises(ConstraintError, match=re.escape(message)):
            constraint.verify(ir.Type.parse(text, context=context))


def test_big_constants_are_not_printed(context: Any) -> None:
    made = c.ElementsAttr().to_attribute(np.arange(100000), context)
    with pytest.raises(ConstraintError) as caught:
        c.StringAttr().verify(made)
    assert len(str(caught.value)) < 200


def test_unions_of_unions_are_flat() -> None:
    assert [str(option) for option in (c.F32 | c.F16 | c.I8).options] == ["f32", "f16", "i8"]  # type: ignore[attr-defined]
    assert str(c.AnyFloat & c.F32) == "floating-point type and f32"


def test_every_pair_of_constraints_has_a_description() -> None:
    rows: Sequence[object] = [row[0] for row in (*TYPES.values(), *ATTRIBUTES.values())]
    texts = {c.as_constraint(row).describe() for row in rows}
    assert all(text and "object at" not in text for text in texts)
    for one, other in itertools.pairwise(rows):
        assert " or " in c.AnyOf(one, other).describe()


UNIONS: list[Constraint] = [
    c.AnyOf(c.AnyType, c.I32),
    c.AnyOf(c.Named("!hal.buffer_view"), c.Tensor()),
    c.AnyOf(c.Tensor(c.F32), c.Tensor(c.F16)),
    c.AnyOf(c.Tensor(c.F32), c.Tensor(c.F16), c.MemRef(), c.I8),
    c.AnyOf(c.Parametric(Tile, c.F32), c.Parametric(Tile, c.F16)),
    c.AnyOf(c.AllOf(c.AnyType, c.Tensor()), c.F32),
    c.AnyOf(c.AllOf(c.AnyOf(c.Tensor(), c.F32), c.AnyType), c.Tensor(rank=2)),
    c.AnyOf(Tile, c.Parametric(Tile, c.F32), c.Index),
    c.AnyOf(c.F32, c.AnyFloat, c.I32, c.Integer(8, 32)),
    c.AllOf(c.AnyType, c.Predicate(bool, "true"), c.AnyOf(c.F32, c.Tensor())),
]


@pytest.mark.parametrize("constraint", UNIONS, ids=str)
def test_unions_that_irdl_restricts(context: Any, constraint: Constraint) -> None:
    """They load, and the compiler refuses nothing that they accept."""
    from iree.compiler import ir

    probe = _probe(constraint, T)
    assert probe.dialect.load(context).registered
    texts = [
        "f32",
        "i32",
        "i8",
        "index",
        "tensor<4xf32>",
        "tensor<4x4xf16>",
        "memref<4xi8>",
        F32TILE,
        "!hal.buffer_view",
    ]
    accepted = [text for text in texts if constraint.accepts(ir.Type.parse(text, context=context))]
    assert accepted
    assert all(_native(context, T, text) for text in accepted)
    if probe.exact:
        assert not any(_native(context, T, text) for text in texts if text not in accepted)
