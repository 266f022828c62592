"""Kernels as C-like command streams, which the driver hands to the sequencer (here: :mod:`npu.simulator`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from iree.compiler import ir

from ireekit.dialect import view
from ireekit.errors import PassError

from .dialect import Alloc, Binary, Buffer, Fill, Kernel, Load, Loop, MatMul, Space, Store, Unary, Wait, npu, peak

_SILENT = ("npu.yield", "arith.constant")


def emit(kernel: Kernel, name: str) -> str:
    """The command stream of ``kernel``.

    Raises:
      PassError: a buffer has no address yet, or an operation is no command.
    """
    block = kernel.body.blocks[0]
    stream = _Stream()
    parameters = [f"arg{number}" for number in range(len(block.arguments))]
    stream.names.update(zip(block.arguments, parameters, strict=True))
    shapes = (Buffer.view(argument.type) for argument in block.arguments)
    matrices = ", ".join(f"{each.rows}x{each.columns} {each.element}" for each in shapes)
    sizes = f"{peak(block, Space.sram)} bytes of sram, {peak(block, Space.acc)} of acc"
    head = f"void {name}({', '.join(f'npu_dram {parameter}' for parameter in parameters)}) {{"
    return "\n".join([f"// {matrices}; {sizes}", head, *_indented(stream.block(block)), "}", ""])


@dataclass
class _Stream:
    """What has a name in the stream so far.

    Attributes:
      names: texts of index values, matrices and tiles.
      events: numbers of the transfers.
      loops: how many loops there are.
    """

    names: dict[ir.Value, str] = field(default_factory=dict[ir.Value, str])
    events: dict[ir.Value, int] = field(default_factory=dict[ir.Value, int])
    loops: int = 0

    def block(self, block: ir.Block) -> Iterator[str]:
        for op in block:
            if op.operation.name not in _SILENT:
                yield from self._operation(op.operation)

    def _operation(self, op: ir.Operation) -> Iterator[str]:
        match view(op, [npu]):
            case Loop(lower=lower, upper=upper, step=step, body=body):
                index = f"i{self.loops}"
                self.loops += 1
                self.names[body.blocks[0].arguments[0]] = index
                yield f"for (int {index} = {lower}; {index} < {upper}; {index} += {step}) {{"
                yield from _indented(self.block(body.blocks[0]))
                yield "}"
            case Alloc(address=address, buffer=tile):
                if address is None:
                    raise PassError("a buffer has no address", op=op.name, remedy="run npu-allocate first")
                self.names[tile] = f"{_tile(tile).space.name.upper()}({address:#06x})"
            case Load() | Store() | Wait() as transfer:
                yield from self._transfer(transfer)
            case Fill() | MatMul() | Unary() | Binary() as work:
                yield self._work(work)
            case _:
                raise PassError(f"{op.name} is no command of the accelerator", op=op.name)

    def _transfer(self, op: Load | Store | Wait) -> Iterator[str]:
        match op:
            case Load(source=source, row=row, column=column, target=target, repeat=True):
                place = (self.names[target], _dtype(target), self.names[source], self._index(column))
                yield _call("npu_load_row", *place, *_extents(target), self._new(op.event))
            case Load(source=source, row=row, column=column, target=target):
                to = (self.names[target], _dtype(target), f"NPU_{_tile(target).layout.name.upper()}")
                place = (self.names[source], self._index(row), self._index(column))
                yield _call("npu_load", *to, *place, *_extents(target), self._new(op.event))
            case Store(source=source, target=target, row=row, column=column):
                to = (self.names[target], self._index(row), self._index(column))
                yield _call(
                    "npu_store", *to, self.names[source], _dtype(source), *_extents(source), self._new(op.event)
                )
            case Wait(events=events):
                yield from (_call("npu_wait", self.events[event]) for event in events)

    def _work(self, op: Fill | MatMul | Unary | Binary) -> str:
        match op:
            case Fill(target=target, value=value):
                return _call("npu_fill", self.names[target], _dtype(target), _count(target), f"{value!r}f")
            case MatMul(lhs=lhs, rhs=rhs, acc=acc):
                tiles = (self.names[acc], self.names[lhs], self.names[rhs])
                return _call("npu_matmul", *tiles, _dtype(lhs), *_extents(acc), _tile(lhs).columns)
            case Unary(kind=kind, source=source, target=target):
                tiles = (self.names[target], self.names[source])
                return _call("npu_unary", f"NPU_{kind.name.upper()}", *tiles, _dtype(target), _count(target))
            case Binary(kind=kind, lhs=lhs, rhs=rhs, target=target):
                tiles = (self.names[target], self.names[lhs], self.names[rhs])
                return _call("npu_binary", f"NPU_{kind.name.upper()}", *tiles, _dtype(target), _count(target))

    def _new(self, event: ir.Value) -> int:
        return self.events.setdefault(event, len(self.events))

    def _index(self, value: ir.Value) -> str:
        if value in self.names:
            return self.names[value]
        owner: Any = value.owner
        return str(owner.operation.attributes["value"].value)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _call(name: str, *arguments: object) -> str:
    return f"{name}({', '.join(map(str, arguments))});"


def _tile(value: ir.Value) -> Buffer:
    return Buffer.view(value.type)


def _dtype(value: ir.Value) -> str:
    return f"NPU_{str(_tile(value).element).upper()}"


def _extents(value: ir.Value) -> tuple[int, int]:
    return _tile(value).rows, _tile(value).columns


def _count(value: ir.Value) -> int:
    rows, columns = _extents(value)
    return rows * columns
