"""One operation a trait."""

from collections.abc import Sequence

from ireekit.dialect import Dialect, Op, Operand, Region, Result, attribute, operand, region, result, variadic_operand
from ireekit.dialect import constraints as c
from ireekit.dialect import traits as t


def unary(full: str, *given: t.Trait, kind: object = c.AnyType) -> type[Op]:
    class Unary(Op):
        name = full
        x: Operand = operand(kind)
        out: Result = result(kind)
        traits = given

    return Unary


def binary(full: str, *given: t.Trait, kind: object = c.AnyType) -> type[Op]:
    class Binary(Op):
        name = full
        x: Operand = operand(kind)
        y: Operand = operand(kind)
        out: Result = result(kind)
        traits = given

    return Binary


def holder(full: str, *given: t.Trait) -> type[Op]:
    class Holder(Op):
        name = full
        body: Region = region()
        traits = given

    return Holder


def leaf(full: str, *given: t.Trait) -> type[Op]:
    class Leaf(Op):
        name = full
        traits = given

    return Leaf


class Constant(Op):
    name = "r.constant"
    value: int = attribute(c.I32)
    out: Result = result(c.I32)
    traits = (t.ConstantLike, t.Pure)


class End(Op):
    name = "r.end"
    values: Sequence[Operand] = variadic_operand()
    traits = (t.Terminator, t.ReturnLike, t.Pure)


class Define(Op):
    name = "r.define"
    sym_name: str = attribute(c.StringAttr())
    traits = (t.Symbol,)


class Read(Op):
    name = "r.read"
    source: Operand = operand(c.MemRef())
    out: Result = result(c.F32)
    traits = (t.MemoryEffects("read:source"),)


class Write(Op):
    name = "r.write"
    value: Operand = operand(c.F32)
    target: Operand = operand(c.MemRef())
    traits = (t.MemoryEffects("write:target"),)


traits = Dialect(
    "r",
    ops=(
        unary("r.pure", t.Pure),
        unary("r.impure"),
        unary("r.no_effect", t.NoMemoryEffect),
        unary("r.involution", t.Involution, t.SameOperandsAndResultType, t.Pure),
        unary("r.idempotent", t.Idempotent, t.SameOperandsAndResultType, t.Pure),
        unary("r.elementwise", t.Elementwise, t.Pure),
        binary("r.commutative", t.Commutative, t.Pure),
        binary("r.same_type_operands", t.SameTypeOperands),
        binary("r.same_element_operands", t.SameOperandsElementType),
        binary("r.same_shape_operands", t.SameOperandsShape),
        binary("r.same_type", t.SameOperandsAndResultType),
        binary("r.same_element", t.SameOperandsAndResultElementType),
        binary("r.same_shape", t.SameOperandsAndResultShape),
        binary("r.same_rank", t.SameOperandsAndResultRank),
        holder("r.isolated", t.IsolatedFromAbove, t.NoTerminator),
        holder("r.single", t.SingleBlock, t.NoTerminator),
        holder("r.block", t.SingleBlock),
        holder("r.no_terminator", t.NoTerminator),
        holder("r.no_arguments", t.NoRegionArguments, t.NoTerminator),
        holder("r.table", t.SymbolTable, t.IsolatedFromAbove, t.SingleBlock, t.NoTerminator),
        holder("r.recursive", t.RecursiveMemoryEffects, t.NoTerminator, t.SingleBlock),
        leaf("r.only_inside", t.HasParent("r.no_terminator", "r.table")),
        leaf("r.terminator", t.Terminator),
        Constant,
        End,
        Define,
        Read,
        Write,
    ),
)
