"""A dialect with a format of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ireekit.dialect import (
    AttrDef,
    Dialect,
    EnumAttr,
    Op,
    Operand,
    Region,
    Result,
    Successor,
    TypeDef,
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    parameter,
    region,
    result,
    successor,
    variadic_operand,
    variadic_region,
    variadic_result,
    variadic_successor,
)
from ireekit.dialect.constraints import (
    F32,
    I1,
    I32,
    I64,
    AnyAttr,
    AnyFloat,
    AnyInteger,
    AnyType,
    ArrayAttr,
    DenseArray,
    FlatSymbolRef,
    FloatAttr,
    Index,
    IntegerAttr,
    SameType,
    StringAttr,
    Tensor,
    TypeAttr,
    UnitAttr,
    Var,
)
from ireekit.dialect.traits import NoTerminator, SameOperandsAndResultType, Terminator


class Tile(TypeDef):
    """A tile in local memory."""

    name = "demo.tile"
    element: Any = parameter(AnyFloat)
    rows: int = parameter(IntegerAttr(min=1))
    assembly_format = "`<` $rows `x` $element `>`"


class Box(TypeDef):
    """Any type in a box."""

    name = "demo.box"
    inner: Any = parameter(AnyType)
    assembly_format = "`<` `[` $inner `]` `>`"


class Token(TypeDef):
    """A type without parameters."""

    name = "demo.token"


class Layout(AttrDef):
    """How a tile lies in memory."""

    name = "demo.layout"
    order: str = parameter(StringAttr())
    pitch: int = parameter(IntegerAttr(I32))
    assembly_format = "`<` struct(params) `>`"


class Mode(EnumAttr):
    """Stored as i32."""

    name = "demo.mode"
    fast = 0
    exact = 1


class Target(EnumAttr):
    """Stored as a string."""

    name = "demo.target"
    cpu = "cpu-like"
    npu = "npu-like"


class Add(Op):
    """All types from one."""

    name = "demo.add"
    lhs: Operand = operand(Var("T", AnyType))
    rhs: Operand = operand(Var("T"))
    out: Result = result(Var("T"))
    assembly_format = "$lhs `,` $rhs attr-dict `:` type($lhs)"


class Neg(Op):
    """All types from a trait."""

    name = "demo.neg"
    value: Operand = operand(AnyType)
    out: Result = result(AnyType)
    traits = (SameOperandsAndResultType,)
    assembly_format = "$value attr-dict `:` type($out)"


class Cast(Op):
    """A type from a relation."""

    name = "demo.cast"
    value: Operand = operand(AnyType)
    same: Operand = operand(AnyType)
    out: Result = result(AnyType)
    constraints = (SameType("value", "same"),)
    assembly_format = "$value `as` $same attr-dict `:` functional-type($value, $out)"


class MatMul(Op):
    """Attributes in short form, one with a default."""

    name = "demo.matmul"
    lhs: Operand = operand(Tensor(element=Var("T", AnyFloat), rank=2))
    rhs: Operand = operand(Tensor(element=Var("T"), rank=2))
    axis: int = attribute(I64, default=0)
    mode: Mode = attribute(Mode)
    out: Result = result(Tensor(rank=2))
    assembly_format = "$lhs `,` $rhs $mode (`axis` `=` $axis^)? attr-dict `:` type($lhs) `,` type($rhs) `->` type($out)"


class Reduce(Op):
    """The result's type from the element type of the operand's."""

    name = "demo.reduce"
    value: Operand = operand(Tensor(element=Var("T", AnyFloat)))
    out: Result = result(Var("T"))
    assembly_format = "$value attr-dict `:` type($value)"


class Transpose(Op):
    """The result's type from Python."""

    name = "demo.transpose"
    value: Operand = operand(Tensor(rank=2))
    out: Result = result(Tensor(rank=2))
    assembly_format = "$value attr-dict `:` type($value)"

    @classmethod
    def infer(cls, value: Any) -> Any:
        from iree.compiler import ir

        return ir.RankedTensorType.get(value.type.shape[::-1], value.type.element_type)


class Many(Op):
    """Optional and variadic operands, a unit attribute."""

    name = "demo.many"
    first: Operand | None = optional_operand(I32)
    rest: Sequence[Operand] = variadic_operand(F32)
    fast: bool = optional_attribute(UnitAttr())
    out: Result = result(Index)
    assembly_format = "(`if` $first^)? `(` $rest `)` (`fast` $fast^)? attr-dict"


class Split(Op):
    """Several results."""

    name = "demo.split"
    value: Operand = operand(AnyType)
    outs: Sequence[Result] = variadic_result(AnyType)
    assembly_format = "$value attr-dict `:` type($value) `->` type($outs)"


class Pack(Op):
    """Everything at once."""

    name = "demo.pack"
    first: Operand = operand(AnyType)
    rest: Sequence[Operand] = variadic_operand(AnyType)
    outs: Sequence[Result] = variadic_result(AnyType)
    assembly_format = "`(` operands `)` attr-dict `:` functional-type(operands, results)"


class Lists(Op):
    """Lists of types."""

    name = "demo.lists"
    first: Operand = operand(AnyType)
    second: Operand = operand(AnyType)
    out: Result = result(AnyType)
    assembly_format = "operands attr-dict `:` type(operands) `->` type(results)"


class Loop(Op):
    """Regions, and a dictionary that needs a keyword."""

    name = "demo.loop"
    count: Operand = operand(Index)
    inits: Sequence[Operand] = variadic_operand(AnyType)
    body: Region = region()
    otherwise: Region = region()
    outs: Sequence[Result] = variadic_result(AnyType)
    assembly_format = (
        "$count (`iter` `(` $inits^ `:` type($inits) `)`)? $body (`else` $otherwise^)? attr-dict-with-keyword "
        "(`->` type($outs)^)?"
    )


class Scope(Op):
    """Regions in another order than the definition's."""

    name = "demo.scope"
    first: Region = region()
    second: Region = region()
    traits = (NoTerminator,)
    assembly_format = "`second` $second `first` $first attr-dict"


class Cases(Op):
    """Any number of regions."""

    name = "demo.cases"
    bodies: Sequence[Region] = variadic_region()
    traits = (NoTerminator,)
    assembly_format = "`of` regions `end` attr-dict"


class Yield(Op):
    """Nothing at all, or values."""

    name = "demo.yield"
    values: Sequence[Operand] = variadic_operand(AnyType)
    traits = (Terminator,)
    assembly_format = "($values^ `:` type($values))? attr-dict"


class Branch(Op):
    """Successors."""

    name = "demo.branch"
    flag: Operand = operand(I1)
    taken: Successor = successor()
    others: Sequence[Successor] = variadic_successor()
    traits = (Terminator,)
    assembly_format = "$flag $taken (`else` $others^)? attr-dict"


class Func(Op):
    """A symbol."""

    name = "demo.func"
    sym_name: str = attribute(StringAttr())
    calls: str | None = optional_attribute(FlatSymbolRef())
    body: Region = region()
    traits = (NoTerminator,)
    assembly_format = "$sym_name (`calls` $calls^)? $body attr-dict"


class Const(Op):
    """Attributes of every kind."""

    name = "demo.const"
    value: Any = attribute(AnyAttr)
    dims: Sequence[int] = attribute(DenseArray(I64))
    scale: float = attribute(F32)
    flag: bool = attribute(I1)
    kind: Any = attribute(TypeAttr())
    target: Target = attribute(Target)
    text: str = attribute(StringAttr())
    names: Sequence[str] = attribute(ArrayAttr(StringAttr()))
    open_int: int = attribute(IntegerAttr(AnyInteger))
    open_float: float = attribute(FloatAttr())
    out: Result = result(F32)
    assembly_format = (
        "$value $dims `scale` $scale `flag` $flag `kind` $kind `on` $target $text $names `=` $open_int `,` $open_float "
        "attr-dict"
    )


class Options(Op):
    """Clauses in any order."""

    name = "demo.options"
    value: Operand | None = optional_operand(F32)
    limit: int | None = optional_attribute(I64)
    fast: bool = optional_attribute(UnitAttr())
    assembly_format = "oilist(`value` $value | `limit` `(` $limit `)` | `fast` $fast) prop-dict attr-dict"


class Slice(Op):
    """A syntax of its own."""

    name = "demo.slice"
    value: Operand = operand(AnyType)
    indices: Sequence[Operand] = variadic_operand(Index)
    offsets: Any = attribute(AnyAttr)
    out: Result = result(AnyType)
    assembly_format = (
        "$value custom<Indices>($indices, $offsets) attr-dict `:` type($value) `to` custom<Kind>(type($out))"
    )

    @classmethod
    def parse_indices(cls, parser: Any) -> tuple[list[str], str]:
        values: list[str] = []
        offsets: list[str] = []
        parser.expect("[")
        while not parser.accept("]"):
            values.append(parser.value() or "")
            parser.expect("+")
            offsets.append(parser.integer() or "")
            parser.accept(",")
        if "" in offsets:
            raise parser.fault("expected an offset")
        return values, f"[{', '.join(offsets)}]"

    @classmethod
    def print_indices(cls, indices: Sequence[str], offsets: str) -> str:
        numbers = [part.partition(" :")[0] for part in offsets[1:-1].split(", ")] if indices else []
        return "[" + ", ".join(f"{value} + {number}" for value, number in zip(indices, numbers, strict=True)) + "]"

    @classmethod
    def parse_kind(cls, parser: Any) -> str | None:
        return parser.type()

    @classmethod
    def print_kind(cls, kind: str) -> str:
        return kind


class Lines(Op):
    """A line break in the output."""

    name = "demo.lines"
    first: Operand = operand(F32)
    second: Operand = operand(F32)
    assembly_format = "`{` `\\n` ` ` ` ` $first `,` `\\n` ` ` ` ` $second `\\n` `}` attr-dict"


class Plain(Op):
    """No format."""

    name = "demo.plain"
    value: Operand = operand(AnyType)


DEMO = Dialect(
    "demo",
    ops=(
        Add,
        Branch,
        Cases,
        Cast,
        Const,
        Func,
        Lines,
        Lists,
        Loop,
        Many,
        MatMul,
        Neg,
        Options,
        Pack,
        Plain,
        Reduce,
        Scope,
        Slice,
        Split,
        Transpose,
        Yield,
    ),
    types=(Tile, Box, Token),
    attributes=(Layout,),
    enums=(Mode, Target),
)
