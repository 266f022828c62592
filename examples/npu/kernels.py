"""Building kernels: loops over tiles, transfers, engines."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from iree.compiler import ir
from iree.compiler.dialects import arith

from .dialect import (
    Alloc,
    Binary,
    BinaryKind,
    Buffer,
    Fill,
    Kernel,
    Layout,
    Load,
    Loop,
    MatMul,
    Space,
    Store,
    Unary,
    UnaryKind,
    Wait,
    Yield,
    dram_buffer,
)
from .elementwise import Elementwise
from .machine import BLOCK


def tile_extent(extent: int, limit: int) -> int:
    """The largest multiple of the engines' block that divides ``extent``, itself one, and is at most ``limit``."""
    return next(size for size in range(limit // BLOCK * BLOCK, 0, -BLOCK) if extent % size == 0)


def matmul_kernel(
    lhs: ir.Value, rhs: ir.Value, init: ir.Value, *, tile: tuple[int, int, int], fill: float | None
) -> Kernel:
    """``init + lhs @ rhs``, or ``fill + lhs @ rhs`` where ``fill`` is given; ``tile``: of m, n and k."""
    (m, k), (_, n) = _shape(lhs), _shape(rhs)
    with _kernel((lhs, rhs), init) as (kernel, (a, b, c)), _loop(m, tile[0]) as i, _loop(n, tile[1]) as j:
        acc = _tile(c, tile[0], tile[1], Space.acc)
        if fill is None:
            Wait(events=[Load(source=c, row=i, column=j, target=acc).event])
        else:
            Fill(target=acc, value=fill)
        with _loop(k, tile[2]) as p:
            left = _tile(a, tile[0], tile[2])
            right = _tile(b, tile[2], tile[1], layout=Layout.blocked)
            loads = (
                Load(source=a, row=i, column=p, target=left),
                Load(source=b, row=p, column=j, target=right),
            )
            Wait(events=[load.event for load in loads])
            MatMul(lhs=left, rhs=right, acc=acc)
        Wait(events=[Store(source=acc, target=c, row=i, column=j).event])
    return kernel


def elementwise_kernel(
    inputs: Sequence[ir.Value], init: ir.Value, computed: Elementwise, *, tile: tuple[int, int]
) -> Kernel:
    """What ``computed`` says, tile by tile."""
    rows, columns = _shape(init)
    with (
        _kernel(inputs, init) as (kernel, (*sources, target)),
        _loop(rows, tile[0]) as i,
        _loop(columns, tile[1]) as j,
    ):
        values = [_tile(target, *tile) for _ in sources]
        first = arith.constant(ir.IndexType.get(), 0) if any(computed.rows_repeated) else i
        loads = [
            Load(source=source, row=first if repeat else i, column=j, target=value, repeat=repeat)
            for source, value, repeat in zip(sources, values, computed.rows_repeated, strict=True)
        ]
        Wait(events=[load.event for load in loads])
        for instruction in computed.instructions:
            operands = [
                values[source] if isinstance(source, int) else _filled(target, tile, source)
                for source in instruction.sources
            ]
            values.append(_tile(target, *tile))
            if len(operands) == 1:
                Unary(kind=UnaryKind[instruction.kind], source=operands[0], target=values[-1])
            else:
                kind = BinaryKind[instruction.kind]
                Binary(kind=kind, lhs=operands[0], rhs=operands[1], target=values[-1])
        Wait(events=[Store(source=values[-1], target=target, row=i, column=j).event])
    return kernel


@contextmanager
def _kernel(inputs: Sequence[ir.Value], init: ir.Value) -> Generator[tuple[Kernel, Sequence[ir.Value]]]:
    kernel = Kernel(inputs=inputs, init=init, body=[dram_buffer(value.type) for value in (*inputs, init)])
    block = kernel.body.blocks[0]
    with ir.InsertionPoint(block):
        yield kernel, block.arguments
        Yield()


@contextmanager
def _loop(upper: int, step: int) -> Generator[ir.Value]:
    block = Loop(lower=0, upper=upper, step=step).body.blocks[0]
    with ir.InsertionPoint(block):
        yield block.arguments[0]
        Yield()


def _tile(like: ir.Value, rows: int, columns: int, space: Space = Space.sram, layout: Layout = Layout.row) -> ir.Value:
    """A tile of local memory with the element type of the matrix ``like``."""
    element = Buffer.view(like.type).element
    return Alloc(buffer=Buffer.get(rows=rows, columns=columns, element=element, space=space, layout=layout)).buffer


def _filled(like: ir.Value, tile: tuple[int, int], value: float) -> ir.Value:
    constant = _tile(like, *tile)
    Fill(target=constant, value=value)
    return constant


def _shape(value: ir.Value) -> tuple[int, int]:
    rows, columns = ir.RankedTensorType(value.type).shape
    return rows, columns
