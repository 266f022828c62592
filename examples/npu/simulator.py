"""The accelerator in numpy: runs command streams as :mod:`npu.emit` writes them.

It is strict where hardware would be silently wrong: local memory starts as NaN, the destination of a load is NaN until
its event is waited for, and a store reads its source only then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import ireekit

from .machine import BLOCK, DTYPES, MACHINE, Machine

_HEAD = re.compile(r"void (\w+)\(([^)]*)\) \{")
_LOOP = re.compile(r"for \(int (\w+) = (\d+); \1 < (\d+); \1 \+= (\d+)\) \{")
_COMMAND = re.compile(r"npu_(\w+)\((.*)\);")
_ADDRESS = re.compile(r"(SRAM|ACC)\((0x[0-9a-f]+)\)")

_UNARY: dict[str, Callable[..., Any]] = {"NPU_NEG": np.negative, "NPU_EXP": np.exp}
_BINARY: dict[str, Callable[..., Any]] = {
    "NPU_ADD": np.add,
    "NPU_SUB": np.subtract,
    "NPU_MUL": np.multiply,
    "NPU_DIV": np.divide,
    "NPU_MAX": np.maximum,
    "NPU_MIN": np.minimum,
}


class SimulationError(ireekit.IreekitError):
    """A command stream that the accelerator would not survive."""


@dataclass(frozen=True)
class Command:
    """One line of the stream: what to do and the texts of its arguments."""

    line: int
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Loop:
    """A counted loop of the sequencer."""

    variable: str
    bounds: range
    body: list[Command | Loop] = field(default_factory=list["Command | Loop"])


@dataclass(frozen=True)
class Program:
    """A parsed command stream."""

    name: str
    parameters: tuple[str, ...]
    body: list[Command | Loop]


def parse(stream: str) -> Program:
    """Read a command stream.

    Raises:
      SimulationError: a line is none of the language's.
    """
    lines = [(number, line.strip()) for number, line in enumerate(stream.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith(("//", "#"))]
    if not lines or not (head := _HEAD.fullmatch(lines[0][1])):
        raise SimulationError("a command stream begins with 'void NAME(...) {'", location=_at(lines))
    parameters = tuple(each.split()[-1] for each in head[2].split(",") if each.strip())
    program = Program(head[1], parameters, [])
    open_bodies = [program.body]
    for number, line in lines[1:]:
        if not open_bodies:
            raise SimulationError("a command after the end of the stream", op=line, location=f"line {number}")
        if line == "}":
            open_bodies.pop()
        elif found := _LOOP.fullmatch(line):
            loop = Loop(found[1], range(int(found[2]), int(found[3]), int(found[4])))
            open_bodies[-1].append(loop)
            open_bodies.append(loop.body)
        elif found := _COMMAND.fullmatch(line):
            arguments = tuple(argument.strip() for argument in found[2].split(","))
            open_bodies[-1].append(Command(number, found[1], arguments))
        else:
            raise SimulationError("not a command", op=line, location=f"line {number}")
    if open_bodies:
        raise SimulationError("the stream ends inside a loop", location=_at(lines[-1:]))
    return program


class Simulator:
    """One accelerator with its local memories.

    Args:
      machine: sizes of the memories.

    Attributes:
      executed: commands executed so far, by name.
    """

    def __init__(self, machine: Machine = MACHINE) -> None:
        # All ones is a NaN in every floating-point format: what is read before it is written shows in the result.
        self._memories = {
            "SRAM": np.full(machine.sram, 0xFF, np.uint8),
            "ACC": np.full(machine.acc, 0xFF, np.uint8),
        }
        self.executed: dict[str, int] = {}

    def run(self, stream: str | Program, *arguments: np.ndarray) -> None:
        """Run a command stream; the buffers it stores to are changed in place.

        Args:
          stream: as :mod:`npu.emit` writes it.
          arguments: the kernel's buffers in DRAM, of rank 2.

        Raises:
          SimulationError: a wrong number of buffers, an access out of bounds, an unknown command, or an event that
            is waited for twice or never.
        """
        program = parse(stream) if isinstance(stream, str) else stream
        if len(arguments) != len(program.parameters):
            raise SimulationError(
                f"{program.name} takes {len(program.parameters)} buffers, {len(arguments)} were given", op=program.name
            )
        run = _Run(self._memories, dict(zip(program.parameters, arguments, strict=True)))
        for command, variables in _unrolled(program.body, {}):
            self.executed[command.name] = self.executed.get(command.name, 0) + 1
            run.execute(command, variables)
        if run.transfers:
            raise SimulationError(f"nothing waits for event {min(run.transfers)}", op=program.name)


def _unrolled(body: Sequence[Command | Loop], variables: dict[str, int]) -> Iterator[tuple[Command, dict[str, int]]]:
    for each in body:
        if isinstance(each, Command):
            yield each, variables
            continue
        for value in each.bounds:
            yield from _unrolled(each.body, {**variables, each.variable: value})


class _Run:
    """The state of one kernel on the accelerator."""

    def __init__(self, memories: dict[str, np.ndarray], buffers: dict[str, np.ndarray]) -> None:
        self._memories = memories
        self._buffers = buffers
        # Under way, by event: done when it is waited for.
        self.transfers: dict[int, Callable[[], None]] = {}

    def execute(self, command: Command, variables: dict[str, int]) -> None:
        method = getattr(self, f"_{command.name}", None)
        if method is None:
            raise SimulationError("unknown command", op=f"npu_{command.name}", location=f"line {command.line}")
        try:
            method(*(self._argument(text, variables) for text in command.arguments))
        except SimulationError as error:
            raise SimulationError(error.cause, op=f"npu_{command.name}", location=f"line {command.line}") from None
        except (TypeError, ValueError, KeyError) as error:
            raise SimulationError(
                f"wrong arguments: {error}", op=f"npu_{command.name}", location=f"line {command.line}"
            ) from error

    def _argument(self, text: str, variables: dict[str, int]) -> Any:
        if text in variables:
            return variables[text]
        if text in self._buffers:
            return self._buffers[text]
        if found := _ADDRESS.fullmatch(text):
            return self._memories[found[1]][int(found[2], 16) :]
        if text.startswith("NPU_"):
            return text
        return float(text[:-1]) if text.endswith("f") else int(text)

    def _load(self, memory: np.ndarray, dtype: str, layout: str, source: np.ndarray, *rest: int) -> None:
        row, column, rows, columns, event = rest
        tile = _tile(memory, dtype, rows, columns)
        part = _part(source, row, column, rows, columns)
        tile.view(np.uint8)[:] = 0xFF
        self._start(event, lambda: np.copyto(tile, _to_layout(part, layout).reshape(-1)))

    def _load_row(self, memory: np.ndarray, dtype: str, source: np.ndarray, *rest: int) -> None:
        column, rows, columns, event = rest
        tile = _tile(memory, dtype, rows, columns).reshape(rows, columns)
        part = _part(source, 0, column, 1, columns)
        tile.view(np.uint8)[:] = 0xFF
        self._start(event, lambda: np.copyto(tile, part))

    def _store(self, target: np.ndarray, row: int, column: int, memory: np.ndarray, dtype: str, *rest: int) -> None:
        rows, columns, event = rest
        tile = _tile(memory, dtype, rows, columns).reshape(rows, columns)
        part = _part(target, row, column, rows, columns)
        self._start(event, lambda: np.copyto(part, tile))

    def _start(self, event: int, finish: Callable[[], None]) -> None:
        if event in self.transfers:
            raise SimulationError(f"event {event} is still under way")
        self.transfers[event] = finish

    def _wait(self, event: int) -> None:
        if event not in self.transfers:
            raise SimulationError(f"nothing signals event {event}")
        self.transfers.pop(event)()

    def _fill(self, memory: np.ndarray, dtype: str, count: int, value: float) -> None:
        _tile(memory, dtype, 1, count)[:] = value

    def _matmul(self, acc: np.ndarray, lhs: np.ndarray, rhs: np.ndarray, dtype: str, m: int, n: int, k: int) -> None:
        left = _tile(lhs, dtype, m, k).reshape(m, k)
        right = _from_blocked(_tile(rhs, dtype, k, n), k, n)
        _tile(acc, "NPU_F32", m, n).reshape(m, n)[:] += left.astype(np.float32) @ right.astype(np.float32)

    def _unary(self, kind: str, target: np.ndarray, source: np.ndarray, dtype: str, count: int) -> None:
        _tile(target, dtype, 1, count)[:] = _UNARY[kind](_tile(source, dtype, 1, count))

    def _binary(self, kind: str, target: np.ndarray, *rest: Any) -> None:
        lhs, rhs, dtype, count = rest
        _tile(target, dtype, 1, count)[:] = _BINARY[kind](_tile(lhs, dtype, 1, count), _tile(rhs, dtype, 1, count))


def _tile(memory: np.ndarray, dtype: str, rows: int, columns: int) -> np.ndarray:
    """The elements at the beginning of ``memory``, flat."""
    element = DTYPES[dtype.removeprefix("NPU_").lower()]
    size = rows * columns * element.itemsize
    if size > memory.size:
        raise SimulationError(f"{size} bytes do not fit into the {memory.size} that are left of the memory")
    return memory[:size].view(element)


def _part(buffer: np.ndarray, row: int, column: int, rows: int, columns: int) -> np.ndarray:
    if row + rows > buffer.shape[0] or column + columns > buffer.shape[1]:
        raise SimulationError(f"[{row}:{row + rows}, {column}:{column + columns}] is outside of {buffer.shape}")
    return buffer[row : row + rows, column : column + columns]


def _to_layout(part: np.ndarray, layout: str) -> np.ndarray:
    if layout == "NPU_ROW":
        return part
    rows, columns = part.shape
    blocks = part.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1, 3))


def _from_blocked(tile: np.ndarray, rows: int, columns: int) -> np.ndarray:
    blocks = tile.reshape(rows // BLOCK, columns // BLOCK, BLOCK, BLOCK)
    return blocks.transpose(0, 2, 1, 3).reshape(rows, columns)


def _at(lines: Sequence[tuple[int, str]]) -> str | None:
    return f"line {lines[0][0]}" if lines else None
