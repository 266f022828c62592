"""Kernels written in Python: text of vector code for given shapes, which the compiler runs as dispatches of a program.

For what no operation on tensors is generated well from, such as the transforms of Winograd's convolutions::

    kernel = KernelWriter("double", operands=[(64, 32)], results=[(64, 32)], lanes=16, workgroups=(64, 1, 1))
    source, target = kernel.buffers
    row = kernel.workgroup_id(0)
    with kernel.loop(32, step=16) as column:
        x = kernel.load(source, row, column)
        kernel.store(kernel.add(x, x), target, row, column)

    kernels = CustomKernels(module)           # in a pass on a program, up to phase `preprocessing`
    (doubled,) = kernels.dispatch(kernel, [tensor])

Nothing in it is target-specific but the number of lanes, which the compiler splits or pads where a machine has others.

``flops`` says how much arithmetic a kernel needs; with the bytes of its buffers it is kept in the attribute
:data:`WORK` of its executable, where ``ireekit profile`` finds it.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.codegen.configuration import Translation
from ireekit.errors import CodegenError
from ireekit.passes.builders import tensor_type

if TYPE_CHECKING:
    from iree.compiler import ir

Index: TypeAlias = "int | str"
"""A number, or the name of an SSA value of type ``index``."""
Count: TypeAlias = "int | tuple[str, int]"
"""A number, or how many shares of so many a size makes, the last one perhaps smaller."""

WORK = "work"
"""An attribute of executables: a dictionary with ``bytes`` and ``flops``, where these are known."""

_EXECUTABLE = """stream.executable private @{name} {{
  stream.executable.export public @{name}_kernel workgroups({sizes}) -> (index, index, index) {{
{counts}
    stream.return %x, %y, %z : index, index, index
  }}
  builtin.module {{
    func.func @{name}_kernel({arguments}) attributes {{translation_info = {translation}}} {{
{body}
      return
    }}
  }}
}}
"""
_INDENT = "      "
_ARITHMETIC = re.compile(r"(arith\.(?:add|sub|mul|div|neg)f|arith\.(?:max|min)\w*f|vector\.fma|math\.\w+)\b")


@dataclass(frozen=True)
class Buffer:
    """An operand or result of a kernel, contiguous in memory.

    Attributes:
      name: the SSA value, a memref.
      shape: of it; sizes that are known at dispatch only by name.
      type: its text.
    """

    name: str
    shape: tuple[Index, ...]
    type: str


class KernelWriter:
    """The text of one kernel, written operation by operation at a place that moves into loops and back.

    Vectors are of ``lanes`` elements of type ``element``; methods that compute give the name of the SSA value made.

    Args:
      name: of the kernel.
      operands, results: shapes of its buffers; a size may be one of ``sizes``.
      lanes: of a vector.
      workgroups: along three axes.
      element: type of the buffers.
      flops: operations on numbers that the kernel needs, counted as ``ireekit profile`` does; ``None``: not known.
      scratch: how many of the results, the last ones, only hold what is computed on the way.
      sizes: names of numbers of type ``index`` that a dispatch gives: ``("%rows",)``.

    Raises:
      CodegenError: the number of lanes or of workgroups is not positive, or a shape is empty.
    """

    def __init__(
        self,
        name: str,
        *,
        operands: Sequence[Sequence[Index]],
        results: Sequence[Sequence[Index]],
        lanes: int,
        workgroups: tuple[Count, Count, Count] = (1, 1, 1),
        element: str = "f32",
        flops: int | None = None,
        scratch: int = 0,
        sizes: Sequence[str] = (),
    ) -> None:
        shapes = [tuple(shape) for shape in (*operands, *results)]
        numbers = [lanes, *workgroups, *(size for shape in shapes for size in shape)]
        if any(isinstance(each, int) and each < 1 for each in numbers):
            raise CodegenError(
                f"kernel {name!r} has {lanes} lanes, workgroups {workgroups} and buffers of shapes {shapes}",
                remedy="kernels are written for static shapes without zeros",
            )
        self.name = name
        self.lanes = lanes
        self.workgroups = workgroups
        self.element = element
        self.flops = flops
        self.sizes = tuple(sizes)
        self._scratch = scratch
        self.vector = f"vector<{lanes}x{element}>"
        self.operands = tuple(shapes[: len(operands)])
        self.results = tuple(shapes[len(operands) :])
        self.buffers = tuple(
            Buffer(f"%buffer{index}", shape, f"memref<{'x'.join((*map(_extent, shape), element))}>")
            for index, shape in enumerate(shapes)
        )
        self._constants: dict[str, str] = {}
        self._lines: list[str] = []
        self._made = 0
        self._written_flops = 0

    @property
    def bytes(self) -> int | None:
        """Read and written at least: operands and results, each once; ``None`` where a size is dynamic."""
        results = self.results[: len(self.results) - self._scratch]
        width = re.search(r"\d+", self.element)
        assert width is not None
        total = 0
        for shape in (*self.operands, *results):
            sizes = [each for each in shape if isinstance(each, int)]
            if len(sizes) < len(shape):
                return None
            total += math.prod(sizes)
        return total * int(width[0]) // 8

    @property
    def written_flops(self) -> int:
        """Operations on numbers of all vector arithmetic written so far, as if each of it happened once."""
        return self._written_flops

    def do(self, text: str) -> None:
        """Write one operation without results."""
        self._lines.append(text)
        if self.vector in text and (found := _ARITHMETIC.search(text)) is not None:
            self._written_flops += self.lanes * (2 if found[0] == "vector.fma" else 1)

    def let(self, text: str) -> str:
        """Write one operation with one result."""
        self._made += 1
        self.do(f"%v{self._made} = {text}")
        return f"%v{self._made}"

    def index(self, value: Index) -> str:
        """A constant ``index``; names pass through."""
        return value if isinstance(value, str) else self._constant(f"{value} : index")

    def splat(self, value: float) -> str:
        """A vector with ``value`` in each lane, rounded to the element type."""
        return self._constant(f"dense<{_float(value, self.element)}> : {self.vector}")

    def workgroup_id(self, axis: int) -> str:
        """Which workgroup this is, along an axis."""
        return self.let(f"stream.dispatch.workgroup.id[{axis}] : index")

    def shifted(self, value: str, by: int) -> str:
        """``value + by``, of type ``index``."""
        return self.let(f"arith.addi {value}, {self.index(by)} : index") if by else value

    def times(self, value: str, by: int) -> str:
        """``value * by``, of type ``index``."""
        return self.let(f"arith.muli {value}, {self.index(by)} : index") if by != 1 else value

    def sum(self, first: str, second: str) -> str:
        """The sum of two of type ``index``."""
        return self.let(f"arith.addi {first}, {second} : index")

    @contextmanager
    def loop(self, stop: Index, *, start: Index = 0, step: Index = 1) -> Generator[str]:
        """Write what follows inside of a loop; gives its counter."""
        self._made += 1
        counter = f"%i{self._made}"
        self.do(f"scf.for {counter} = {self.index(start)} to {self.index(stop)} step {self.index(step)} {{")
        yield counter
        self.do("}")

    def accumulate(
        self, stop: Index, initial: Sequence[str], step: Callable[[str, Sequence[str]], Sequence[str]]
    ) -> list[str]:
        """Write a loop from 0 to ``stop`` that carries vectors; ``step`` writes its body, from its counter and them.

        Returns:
          The vectors after the last step.
        """
        self._made += 1
        made, types = self._made, ", ".join([self.vector] * len(initial))
        carried = [f"%a{made}_{index}" for index in range(len(initial))]
        pairs = ", ".join(f"{name} = {value}" for name, value in zip(carried, initial, strict=True))
        bounds = f"{self.index(0)} to {self.index(stop)} step {self.index(1)}"
        self.do(f"%v{made}:{len(initial)} = scf.for %i{made} = {bounds} iter_args({pairs}) -> ({types}) {{")
        self.do(f"scf.yield {', '.join(step(f'%i{made}', carried))} : {types}")
        self.do("}")
        return [f"%v{made}#{index}" for index in range(len(initial))]

    @contextmanager
    def when(self, condition: str | None) -> Generator[None]:
        """Write what follows so that it happens only if ``condition``, an ``i1``; always for ``None``."""
        if condition is None:
            yield
            return
        self.do(f"scf.if {condition} {{")
        yield
        self.do("}")

    def both(self, conditions: Sequence[str]) -> str | None:
        """All of some conditions; ``None`` of none."""
        found: str | None = None
        for each in conditions:
            found = each if found is None else self.let(f"arith.andi {found}, {each} : i1")
        return found

    def least(self, first: str, second: Index) -> str:
        """The smaller of two of type ``index``."""
        return self.let(f"arith.minsi {first}, {self.index(second)} : index")

    def divided(self, value: str, by: int) -> tuple[str, str]:
        """Quotient and remainder of an ``index``, which is not negative."""
        if by == 1:
            return value, self.index(0)
        divisor = self.index(by)
        quotient = self.let(f"arith.divui {value}, {divisor} : index")
        return quotient, self.let(f"arith.remui {value}, {divisor} : index")

    def less(self, value: str, than: int) -> str:
        """Whether an ``index`` is smaller, as signed numbers."""
        return self.let(f"arith.cmpi slt, {value}, {self.index(than)} : index")

    def clamped(self, value: str, size: int) -> tuple[str, str]:
        """``value`` brought into ``[0, size)``, and whether it was there."""
        low = self.let(f"arith.maxsi {value}, {self.index(0)} : index")
        inside = self.let(f"arith.minsi {low}, {self.index(size - 1)} : index")
        return inside, self.let(f"arith.cmpi eq, {inside}, {value} : index")

    def load(self, buffer: Buffer, *indices: Index) -> str:
        """The vector that starts at ``indices`` and goes along the last dimension."""
        return self.let(f"vector.load {self._element(buffer, indices)}, {self.vector}")

    def load_splat(self, buffer: Buffer, *indices: Index) -> str:
        """A vector with the element at ``indices`` in each lane."""
        scalar = self.let(f"memref.load {self._element(buffer, indices)}")
        return self.let(f"vector.broadcast {scalar} : {self.element} to {self.vector}")

    def store(self, value: str, buffer: Buffer, *indices: Index) -> None:
        """Store a vector from ``indices`` on along the last dimension."""
        self.do(f"vector.store {value}, {self._element(buffer, indices)}, {self.vector}")

    def select(self, condition: str, value: str, otherwise: str) -> str:
        """One of two vectors, by an ``i1``."""
        return self.let(f"arith.select {condition}, {value}, {otherwise} : {self.vector}")

    def add(self, first: str, second: str) -> str:
        """The sum of two vectors."""
        return self.let(f"arith.addf {first}, {second} : {self.vector}")

    def subtract(self, first: str, second: str) -> str:
        """The difference of two vectors."""
        return self.let(f"arith.subf {first}, {second} : {self.vector}")

    def scale(self, factor: float, value: str) -> str:
        """A vector times a number."""
        return self.let(f"arith.mulf {value}, {self.splat(factor)} : {self.vector}")

    def multiply_add(self, first: str, second: str, addend: str) -> str:
        """The product of two vectors, added to another; rounded once where the machine can."""
        return self.let(f"vector.fma {first}, {second}, {addend} : {self.vector}")

    def scale_add(self, factor: float, value: str, addend: str) -> str:
        """A vector times a number, added to another; rounded once where the machine can."""
        return self.multiply_add(value, self.splat(factor), addend)

    def combine(self, terms: Sequence[tuple[float, str]]) -> str:
        """The sum of vectors times numbers; terms with 0 cost nothing, those with 1 and -1 no multiplication.

        Raises:
          CodegenError: all factors are 0.
        """
        present = sorted((term for term in terms if term[0] != 0.0), key=lambda term: (abs(term[0]) != 1, term[0] < 0))
        if not present:
            raise CodegenError("a sum of no vectors", remedy="leave out what is 0")
        (factor, value), *others = present
        total = value if factor == 1 else self.scale(factor, value)
        for factor, value in others:
            if abs(factor) != 1:
                total = self.scale_add(factor, value, total)
            else:
                total = self.add(total, value) if factor > 0 else self.subtract(total, value)
        return total

    def text(self, name: str) -> str:
        """The kernel as a ``stream.executable`` called ``name``."""
        self.index(0)
        constants = [f"{value} = arith.constant {text}" for text, value in self._constants.items()]
        views = [
            f"{each.name} = stream.binding.subspan %binding{index}[{self.index(0)}] : !stream.binding -> {each.type}"
            + _braced([size for size in each.shape if isinstance(size, str)])
            for index, each in enumerate(self.buffers)
        ]
        sizes = [f"{size}: index" for size in self.sizes]
        bindings = [f"%binding{index}: !stream.binding" for index in range(len(self.buffers))]
        count = len(self.operands)
        return _EXECUTABLE.format(
            name=name,
            sizes=", ".join(sizes),
            counts="\n".join(_count(axis, each) for axis, each in zip("xyz", self.workgroups, strict=True)),
            translation=Translation("Default"),
            arguments=", ".join([*bindings[:count], *sizes, *bindings[count:]]),
            body="\n".join(_INDENT + line for line in (*constants, *views, *self._lines)),
        )

    def _constant(self, text: str) -> str:
        return self._constants.setdefault(text, f"%c{len(self._constants)}")

    def _element(self, buffer: Buffer, indices: Sequence[Index]) -> str:
        if len(indices) != len(buffer.shape):
            raise CodegenError(
                f"kernel {self.name!r} indexes a buffer of shape {buffer.shape} with {len(indices)} numbers",
                remedy="one for each dimension",
            )
        return f"{buffer.name}[{', '.join(self.index(each) for each in indices)}] : {buffer.type}"


class CustomKernels:
    """Kernels of one program: each is in it once, however often it is dispatched.

    Args:
      module: the program, at phase ``preprocessing`` or before, when dispatches are not formed yet.
    """

    def __init__(self, module: ir.Operation) -> None:
        self._module = module
        self._known: dict[str, str] = {}
        self._names: set[str] | None = None

    def dispatch(
        self, kernel: KernelWriter, operands: Sequence[ir.Value], sizes: Sequence[ir.Value] = ()
    ) -> list[ir.Value]:
        """Call a kernel at the insertion point, on tensors with as many elements as its buffers have.

        Args:
          sizes: what the kernel's sizes are, in order, of type ``index``; positive.

        Returns:
          Its results, tensors of the shapes of its result buffers.

        Raises:
          CodegenError: operands differ from what the kernel is for.
        """
        from iree.compiler import ir

        self._check(kernel, operands)
        symbol = self._symbol(kernel)
        element = ir.Type.parse(kernel.element)
        given = dict(zip(kernel.sizes, sizes, strict=True))
        of_operands, of_results = (
            [given[each] for shape in shapes for each in shape if isinstance(each, str)]
            for shapes in (kernel.operands, kernel.results)
        )
        results = [
            tensor_type([each if isinstance(each, int) else None for each in shape], element)
            for shape in kernel.results
        ]
        entry = ir.SymbolRefAttr.get([symbol, f"{symbol}_kernel"])
        segments = [len(sizes), len(operands) + len(sizes), len(of_operands), len(of_results)]
        return list(
            ir.Operation.create(
                "flow.dispatch",
                results=results,
                operands=[*sizes, *operands, *sizes, *of_operands, *of_results],
                attributes={
                    "entry_points": ir.ArrayAttr.get([entry]),
                    "operandSegmentSizes": ir.DenseI32ArrayAttr.get(segments),
                },
            ).results
        )

    def _check(self, kernel: KernelWriter, operands: Sequence[ir.Value]) -> None:
        from iree.compiler import ir

        types = [ir.RankedTensorType(each.type) for each in operands]
        elements = {str(each.element_type) for each in types}
        fits = len(types) == len(kernel.operands) and all(map(_fits, types, kernel.operands))
        if not fits or elements - {kernel.element}:
            raise CodegenError(
                f"kernel {kernel.name!r} is for {kernel.element} of shapes {list(kernel.operands)}",
                remedy=f"it was given {', '.join(map(str, types))}",
            )

    def _symbol(self, kernel: KernelWriter) -> str:
        # The same text under another name is the same kernel.
        content = kernel.text("kernel")
        if content not in self._known:
            self._known[content] = self._install(kernel)
        return self._known[content]

    def _install(self, kernel: KernelWriter) -> str:
        from iree.compiler import ir

        body = self._module.regions[0].blocks[0]
        if self._names is None:
            attributes = [each.operation.attributes for each in body.operations]
            self._names = {ir.StringAttr(each["sym_name"]).value for each in attributes if "sym_name" in each}
        name, count = kernel.name, 0
        while name in self._names:
            count += 1
            name = f"{kernel.name}_{count}"
        self._names.add(name)
        made = ir.Operation.parse(kernel.text(name), context=self._module.context)
        made.attributes[WORK] = _work(kernel, made.context)
        ir.InsertionPoint.at_block_begin(body).insert(made)
        return name


def _work(kernel: KernelWriter, context: ir.Context) -> ir.DictAttr:
    from iree.compiler import ir

    i64 = ir.IntegerType.get_signless(64, context)
    work = {"bytes": kernel.bytes, "flops": kernel.flops}
    known: dict[str, ir.Attribute] = {
        name: ir.IntegerAttr.get(i64, value) for name, value in work.items() if value is not None
    }
    return ir.DictAttr.get(known, context)


def _extent(size: Index) -> str:
    return str(size) if isinstance(size, int) else "?"


def _braced(sizes: Sequence[str]) -> str:
    return f"{{{', '.join(sizes)}}}" if sizes else ""


def _count(name: str, count: Count) -> str:
    """Of workgroups along an axis, as text in the region of an export."""
    if isinstance(count, int):
        return f"    %{name} = arith.constant {count} : index"
    size, share = count
    divisor = f"    %{name}_share = arith.constant {share} : index"
    return f"{divisor}\n    %{name} = arith.ceildivui {size}, %{name}_share : index"


def _fits(type: Any, shape: Sequence[Index]) -> bool:  # noqa: A002 (the field's own term)
    """Whether a tensor may be given to a buffer: one of dynamic sizes has to have the same ones static."""
    if all(isinstance(each, int) for each in shape):
        return type.has_static_shape and math.prod(type.shape) == math.prod(shape)  # type: ignore[type-var]
    static = [None if type.is_dynamic_dim(axis) else type.shape[axis] for axis in range(type.rank)]
    return static == [each if isinstance(each, int) else None for each in shape]


def _float(value: float, element: str) -> str:
    if math.isfinite(value):
        return f"{float(value):.17e}"
    bits = {"f32": ("f", 8), "f64": ("d", 16)}.get(element)
    if bits is None:
        raise CodegenError(f"no constant {value} of type {element} in a kernel", remedy="f32 and f64 have one")
    code, digits = bits
    return f"0x{int.from_bytes(struct.pack('<' + code, value), 'little'):0{digits}X}"
