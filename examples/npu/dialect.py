"""The dialect ``npu``: kernels for an accelerator with a DMA engine, a matrix engine and a vector engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iree.compiler import ir

from ireekit.dialect import (
    Dialect,
    EnumAttr,
    Op,
    Operand,
    Region,
    Result,
    TypeDef,
    attribute,
    operand,
    optional_attribute,
    parameter,
    region,
    result,
    variadic_operand,
)
from ireekit.dialect.constraints import (
    F16,
    F32,
    I64,
    AnyOf,
    Index,
    IntegerAttr,
    Is,
    Parametric,
    Predicate,
    SameType,
    Tensor,
    UnitAttr,
    Var,
)
from ireekit.dialect.traits import HasParent, IsolatedFromAbove, MemoryEffects, Pure, SingleBlock, Terminator

from .machine import BLOCK, MACHINE


class Space(EnumAttr):
    """Where a buffer lies."""

    name = "npu.space"
    dram = "dram"
    sram = "sram"
    acc = "acc"


class Layout(EnumAttr):
    """How a buffer's elements are ordered: rows, or square blocks, each one contiguous."""

    name = "npu.layout"
    row = "row"
    blocked = "blocked"


class UnaryKind(EnumAttr):
    """What the vector engine does with one tile."""

    name = "npu.unary_kind"
    neg = "neg"
    exp = "exp"


class BinaryKind(EnumAttr):
    """What the vector engine does with two tiles."""

    name = "npu.binary_kind"
    add = "add"
    sub = "sub"
    mul = "mul"
    div = "div"
    max = "max"
    min = "min"


class Buffer(TypeDef):
    """A matrix in one of the memories. In local memory its extents are multiples of the engines' block."""

    name = "npu.buffer"
    rows: int = parameter(IntegerAttr(I64, min=1))
    columns: int = parameter(IntegerAttr(I64, min=1))
    element: ir.Type = parameter(F32 | F16)
    space: Space = parameter(Space)
    layout: Layout = parameter(Layout)
    assembly_format = "`<` $rows `x` $columns `x` $element `,` $space `,` $layout `>`"

    def verify(self) -> None:
        if self.space is Space.dram:
            if self.layout is not Layout.row:
                self.error("buffers in dram are in row layout")
            return
        for extent in (self.rows, self.columns):
            if extent % BLOCK:
                self.error(f"extents in {self.space.name} are multiples of {BLOCK}, not {extent}")
        if self.space is Space.acc and (str(self.element), self.layout) != ("f32", Layout.row):
            self.error("accumulators are f32 in row layout")

    @property
    def size(self) -> int:
        """In bytes."""
        return self.rows * self.columns * (2 if str(self.element) == "f16" else 4)


class Event(TypeDef):
    """The end of a DMA transfer."""

    name = "npu.event"


def buffer(*spaces: Space, **parameters: object) -> Parametric:
    """Buffers in one of ``spaces``, their other parameters as constrained."""
    return Parametric(Buffer, space=AnyOf(*(Is(f'"{space.value}"') for space in spaces)), **parameters)


def _is_matrix(tensor: ir.Type) -> bool:
    shaped = ir.RankedTensorType(tensor)
    return shaped.rank in (1, 2) and 0 not in shaped.shape


_ELEMENT = Var("Element", F32 | F16)
_TENSOR = Tensor(F32 | F16, static=True) & Predicate(_is_matrix, "row or matrix with elements")
_ROW = Is('"row"')
_BLOCKED = Is('"blocked"')
_LOCAL_ROW = buffer(Space.sram, Space.acc, layout=_ROW)
_VECTOR = Var("Tile", buffer(Space.sram, layout=_ROW))


class Kernel(Op):
    """A program for the accelerator: computes a new tensor from others.

    The block's arguments are the operands as buffers in dram; what is stored into the last one is the result.
    """

    name = "npu.kernel"
    inputs: Sequence[Operand] = variadic_operand(_TENSOR)
    init: Operand = operand(_TENSOR, "what the result holds where nothing is stored")
    body: Region = region(blocks=1)
    output: Result = result(_TENSOR)
    traits = (Pure, IsolatedFromAbove, SingleBlock)
    constraints = (SameType("init", "output"),)
    assembly_format = (
        "`ins` `(` ($inputs^ `:` type($inputs))? `)` `outs` `(` $init `:` type($init) `)` attr-dict-with-keyword $body"
    )

    def verify(self) -> None:
        arguments = [argument.type for argument in self.body.blocks[0].arguments]
        wanted = [dram_buffer(value.type) for value in (*self.inputs, self.init)]
        if arguments != wanted:
            self.error(f"the block takes {_listed(arguments)}, the operands need {_listed(wanted)}")
        for space, capacity in ((Space.sram, MACHINE.sram), (Space.acc, MACHINE.acc)):
            needed = peak(self.body.blocks[0], space)
            if needed > capacity:
                self.error(f"needs {needed} bytes of {space.name}, which has {capacity}")


class Loop(Op):
    """A counted loop of the sequencer."""

    name = "npu.loop"
    lower: int = attribute(IntegerAttr(I64, min=0))
    upper: int = attribute(IntegerAttr(I64, min=1))
    step: int = attribute(IntegerAttr(I64, min=1))
    body: Region = region(blocks=1, arguments=(Index,))
    traits = (SingleBlock,)
    assembly_format = "$lower `to` $upper `step` $step attr-dict-with-keyword $body"

    def verify(self) -> None:
        if self.lower >= self.upper or (self.upper - self.lower) % self.step:
            self.error(f"{self.lower} to {self.upper} is no positive number of steps of {self.step}")


class Yield(Op):
    """Ends a kernel or the body of a loop."""

    name = "npu.yield"
    traits = (Terminator, HasParent("npu.kernel", "npu.loop"))
    assembly_format = "attr-dict"


class Alloc(Op):
    """Local memory until the end of the block; ``npu-allocate`` chooses the address, in bytes."""

    name = "npu.alloc"
    address: int | None = optional_attribute(IntegerAttr(I64, min=0))
    buffer: Result = result(buffer(Space.sram, Space.acc))
    traits = (MemoryEffects("allocate:buffer"),)
    assembly_format = "(`at` $address^)? attr-dict `:` type($buffer)"


class Load(Op):
    """Start to copy a part of a matrix in dram into local memory, in the layout of the target.

    With ``repeat`` the source is one row, which every row of the target is a copy of.
    """

    name = "npu.load"
    source: Operand = operand(buffer(Space.dram, element=_ELEMENT))
    row: Operand = operand(Index)
    column: Operand = operand(Index)
    target: Operand = operand(buffer(Space.sram, Space.acc, element=_ELEMENT))
    repeat: bool = optional_attribute(UnitAttr())
    event: Result = result(Event)
    traits = (MemoryEffects("read:source", "write:target"),)
    assembly_format = (
        "(`repeat` $repeat^)? $source `[` $row `,` $column `]` `into` $target attr-dict "
        "`:` type($source) `into` type($target)"
    )

    def verify(self) -> None:
        source, target = Buffer.view(self.source.type), Buffer.view(self.target.type)
        if self.repeat and source.rows != 1:
            self.error(f"repeats one row, not {source.rows}")
        if target.columns > source.columns or (target.rows > source.rows and not self.repeat):
            self.error(f"loads {target.rows}x{target.columns} of a {source.rows}x{source.columns} matrix")
        if not any(True for _ in self.event.uses):
            self.error("nothing waits for the transfer")


class Store(Op):
    """Start to copy a tile in local memory into a part of a matrix in dram."""

    name = "npu.store"
    source: Operand = operand(buffer(Space.sram, Space.acc, layout=_ROW, element=_ELEMENT))
    target: Operand = operand(buffer(Space.dram, element=_ELEMENT))
    row: Operand = operand(Index)
    column: Operand = operand(Index)
    event: Result = result(Event)
    traits = (MemoryEffects("read:source", "write:target"),)
    assembly_format = "$source `into` $target `[` $row `,` $column `]` attr-dict `:` type($source) `into` type($target)"

    def verify(self) -> None:
        source, target = Buffer.view(self.source.type), Buffer.view(self.target.type)
        if source.columns > target.columns or source.rows > target.rows:
            self.error(f"stores {source.rows}x{source.columns} into a {target.rows}x{target.columns} matrix")
        if not any(True for _ in self.event.uses):
            self.error("nothing waits for the transfer")


class Wait(Op):
    """Wait until transfers have ended."""

    name = "npu.wait"
    events: Sequence[Operand] = variadic_operand(Event)
    traits = (MemoryEffects("write"),)
    assembly_format = "$events attr-dict"


class Fill(Op):
    """Set all elements of a tile."""

    name = "npu.fill"
    target: Operand = operand(_LOCAL_ROW)
    value: float = attribute(F32)
    traits = (MemoryEffects("write:target"),)
    assembly_format = "$target `with` $value attr-dict `:` type($target)"


class MatMul(Op):
    """Add the product of two tiles to an accumulator."""

    name = "npu.matmul"
    lhs: Operand = operand(
        buffer(Space.sram, rows=Var("M"), columns=Var("K"), element=_ELEMENT, layout=_ROW), "left factor"
    )
    rhs: Operand = operand(
        buffer(Space.sram, rows=Var("K"), columns=Var("N"), element=_ELEMENT, layout=_BLOCKED), "right factor"
    )
    acc: Operand = operand(buffer(Space.acc, rows=Var("M"), columns=Var("N")), "what is added to")
    traits = (MemoryEffects("read:lhs", "read:rhs", "read:acc", "write:acc"),)
    assembly_format = "$lhs `,` $rhs `into` $acc attr-dict `:` type($lhs) `,` type($rhs) `into` type($acc)"


class Unary(Op):
    """An operation of the vector engine on one tile; the target may be the source."""

    name = "npu.unary"
    kind: UnaryKind = attribute(UnaryKind)
    source: Operand = operand(_VECTOR)
    target: Operand = operand(_VECTOR)
    traits = (MemoryEffects("read:source", "write:target"),)
    assembly_format = "$kind $source `into` $target attr-dict `:` type($target)"


class Binary(Op):
    """An operation of the vector engine on two tiles; the target may be one of them."""

    name = "npu.binary"
    kind: BinaryKind = attribute(BinaryKind)
    lhs: Operand = operand(_VECTOR)
    rhs: Operand = operand(_VECTOR)
    target: Operand = operand(_VECTOR)
    traits = (MemoryEffects("read:lhs", "read:rhs", "write:target"),)
    assembly_format = "$kind $lhs `,` $rhs `into` $target attr-dict `:` type($target)"


npu = Dialect(
    "npu",
    ops=(Kernel, Loop, Yield, Alloc, Load, Store, Wait, Fill, MatMul, Unary, Binary),
    types=(Buffer, Event),
    enums=(Space, Layout, UnaryKind, BinaryKind),
)


def dram_buffer(tensor: ir.Type) -> ir.Type:
    """A tensor of rank 1 (as one row) or 2 as a kernel sees it."""
    shaped = ir.RankedTensorType(tensor)
    rows, columns = (1, *shaped.shape)[-2:]
    return Buffer.get(
        rows=rows,
        columns=columns,
        element=shaped.element_type,
        space=Space.dram,
        layout=Layout.row,
        context=tensor.context,
    )


def allocations(block: ir.Block, space: Space) -> Iterator[Alloc]:
    """Those directly in ``block``."""
    for op in block:
        if op.operation.name == Alloc.name and Buffer.view(op.operation.results[0].type).space is space:
            yield Alloc.view(op)


def peak(block: ir.Block, space: Space) -> int:
    """Bytes of a local memory that are in use at one time: loops one after the other share what they need."""
    own = sum(Buffer.view(each.buffer.type).size for each in allocations(block, space))
    loops = [op.operation for op in block if op.operation.name == Loop.name]
    return own + max((peak(loop.regions[0].blocks[0], space) for loop in loops), default=0)


def _listed(types: Sequence[ir.Type]) -> str:
    buffers = (Buffer.view(kind) if Buffer.matches(kind) else None for kind in types)
    return ", ".join(
        "no buffer" if each is None else f"{each.rows}x{each.columns} {each.element} in {each.space.name}"
        for each in buffers
    )
