"""Operations of every shape: groups of operands and results, regions, successors, symbols, relations, verifiers."""

from collections.abc import Sequence

from ireekit.dialect import (
    Dialect,
    Op,
    Operand,
    Region,
    Result,
    Successor,
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    optional_result,
    region,
    result,
    successor,
    variadic_operand,
    variadic_region,
    variadic_result,
    variadic_successor,
)
from ireekit.dialect import constraints as c
from ireekit.dialect import traits as t


class Two(Op):
    """Two operands, one result."""

    name = "s.two"
    lhs: Operand = operand(c.Tensor(element=c.Var("T", c.AnyFloat)))
    rhs: Operand = operand(c.Tensor(element=c.Var("T")))
    out: Result = result(c.Tensor(element=c.Var("T")))


class MaybeOne(Op):
    """An optional operand."""

    name = "s.maybe_one"
    x: Operand = operand(c.I32)
    y: Operand | None = optional_operand(c.F32)


class Many(Op):
    """Variadic operands."""

    name = "s.many"
    first: Operand = operand(c.I32)
    parts: Sequence[Operand] = variadic_operand(c.F32)
    last: Operand = operand(c.Index)


class Groups(Op):
    """Several groups of operands."""

    name = "s.groups"
    maybe: Operand | None = optional_operand(c.I32)
    some: Sequence[Operand] = variadic_operand(c.F32)
    more: Sequence[Operand] = variadic_operand(c.Index)


class ResultGroups(Op):
    """Several groups of results."""

    name = "s.result_groups"
    one: Result = result(c.I1)
    maybe: Result | None = optional_result(c.I32)
    some: Sequence[Result] = variadic_result(c.F32)


class Attributes(Op):
    """Attributes that must, may and need not be there."""

    name = "s.attributes"
    must: int = attribute(c.I64)
    may: str | None = optional_attribute(c.StringAttr())
    flag: bool = optional_attribute(c.UnitAttr())
    usual: int = attribute(c.I32, default=3)


class Regions(Op):
    """A region of one block, one of any number."""

    name = "s.regions"
    body: Region = region(blocks=1)
    rest: Region = region()
    traits = (t.NoTerminator,)


class Arguments(Op):
    """A region with arguments."""

    name = "s.arguments"
    body: Region = region(blocks=1, arguments=(c.I32, c.AnyFloat))
    traits = (t.NoTerminator,)


class ManyRegions(Op):
    """Any number of regions."""

    name = "s.many_regions"
    cases: Sequence[Region] = variadic_region(blocks=1)
    traits = (t.NoTerminator,)


class Branch(Op):
    """A terminator with one successor."""

    name = "s.branch"
    target: Successor = successor()
    traits = (t.Terminator,)


class Switch(Op):
    """A terminator with a successor and more."""

    name = "s.switch"
    selector: Operand = operand(c.I32)
    usual: Successor = successor()
    cases: Sequence[Successor] = variadic_successor()
    traits = (t.Terminator,)


class MatMul(Op):
    """Relations between shapes."""

    name = "s.matmul"
    lhs: Operand = operand(c.Tensor(rank=2))
    rhs: Operand = operand(c.Tensor(rank=2))
    out: Result = result(c.Tensor(rank=2))
    constraints = (
        c.SameElementType("lhs", "rhs", "out"),
        c.ShapeRelation("lhs[1] == rhs[0]"),
        c.ShapeRelation("out[0] == lhs[0] and out[1] == rhs[1]"),
    )


class Concat(Op):
    """Relations over groups and attributes."""

    name = "s.concat"
    parts: Sequence[Operand] = variadic_operand(c.AnyTensor)
    axis: int = attribute(c.IntegerAttr(c.I64, min=0), default=0)
    out: Result = result(c.AnyTensor)
    constraints = (
        c.SameRank("parts", "out"),
        c.ShapeRelation("axis < rank(out)"),
        c.ShapeRelation("len(parts) >= 1"),
    )


class Same(Op):
    """Fields of one type, and of one shape."""

    name = "s.same"
    a: Operand = operand()
    b: Operand = operand()
    x: Operand = operand(c.AnyTensor)
    y: Operand = operand(c.AnyTensor)
    constraints = (c.SameType("a", "b"), c.SameShape("x", "y"))


class Checked(Op):
    """A verifier of its own."""

    name = "s.checked"
    low: int = attribute(c.I64)
    high: int = attribute(c.I64)

    def verify(self) -> None:
        if self.low > self.high:
            self.error(f"low {self.low} is above high {self.high}")


class Raises(Op):
    """A verifier with a mistake in it."""

    name = "s.raises"

    def verify(self) -> None:
        raise KeyError("oops")


class Predicated(Op):
    """A predicate over the whole operation."""

    name = "s.predicated"
    xs: Sequence[Operand] = variadic_operand()
    constraints = (c.Predicate(lambda op: len(op.xs) % 2 == 0, "an even number of operands"),)


structure = Dialect(
    "s",
    ops=(
        Two,
        MaybeOne,
        Many,
        Groups,
        ResultGroups,
        Attributes,
        Regions,
        Arguments,
        ManyRegions,
        Branch,
        Switch,
        MatMul,
        Concat,
        Same,
        Checked,
        Raises,
        Predicated,
    ),
)
