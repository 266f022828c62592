"""Kernels as tuning sees them: what they compute, apart from where a program keeps its data, and their root.

The key of a kernel is the digest of its operations without names, configuration and positions in buffers. So the same
convolution has the same key at every place of every model.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.bindings.linalg import indexing_maps
from ireekit.passes.walk import find, walk

if TYPE_CHECKING:
    from iree.compiler import ir

SUBSPAN = "hal.interface.binding.subspan"
CONFIGURATION = "compilation_info"
_CONFIGURED_BY = (CONFIGURATION, "lowering_config")
_FOLDED = ("arith.constant", "arith.index_cast", "arith.index_castui", "arith.extui", "arith.extsi")
_POSITIONS = (*_FOLDED, "arith.shli", "arith.ori", "util.assume.int", "hal.interface.constant.load")
_LAYOUT = re.compile(r" layout\(<.*?>\) binding\(\d+\)| flags\([^)]*\)")
_NOT_ROOTS = ("linalg.fill", "linalg.yield", "linalg.index")
_ALIGNMENT = 64
_TENSOR = re.compile(r"<(readonly|readwrite|writeonly):tensor<((?:[\d?]+x)*)(\w+)>>")


@dataclass(frozen=True)
class Region:
    """A tensor in a buffer that a kernel is given.

    Attributes:
      binding: which buffer.
      offset: in bytes.
      shape: of the tensor.
      element: its type, as the compiler names it.
      written: whether the kernel writes to it.
    """

    binding: int
    offset: int
    shape: tuple[int, ...]
    element: str
    written: bool

    @property
    def byte_size(self) -> int:
        bits = re.search(r"\d+", self.element)
        # Truth values take a byte each in memory.
        size = 8 if self.element == "i1" else int(bits[0] if bits else 64)
        return math.ceil(math.prod(self.shape) * size / 8)


@dataclass(frozen=True)
class Loops:
    """The loops of a root, in the order of its indexing maps.

    Attributes:
      operation: its name.
      extents: how often each runs.
      summed: whether it is summed over (a reduction) in each.
      innermost: the loop along which results are contiguous.
      element_bytes: of a result.
      images: whether it slides a window over an image: a convolution or a pooling.
    """

    operation: str
    extents: tuple[int, ...]
    summed: tuple[bool, ...]
    innermost: int
    element_bytes: int
    images: bool

    @property
    def count(self) -> int:
        return len(self.extents)

    @property
    def parallel(self) -> tuple[int, ...]:
        return tuple(loop for loop in range(self.count) if not self.summed[loop])

    @property
    def reductions(self) -> tuple[int, ...]:
        return tuple(loop for loop in range(self.count) if self.summed[loop])


def structured_operations(function: ir.Operation) -> list[ir.Operation]:
    """What a root can be: the operations on tensors of a kernel that have loops, in order."""
    return [op for op in walk(function) if op.name.startswith("linalg.") and op.name not in _NOT_ROOTS]


def root_index(ops: Sequence[ir.Operation]) -> int | None:
    """Which of ``ops`` a kernel is built around: the last that sums most, or else the last that computes most."""
    best: tuple[tuple[bool, int], int] | None = None
    for index, op in enumerate(ops):
        loops = loops_of(op)
        if loops is None:
            continue
        weight = (any(loops.summed), math.prod(loops.extents))
        if best is None or weight >= best[0]:
            best = weight, index
    return None if best is None else best[1]


def loops_of(op: ir.Operation) -> Loops | None:
    """The loops of a linalg operation; ``None`` where an extent is dynamic, or follows from no operand."""
    from iree.compiler import ir

    if op.name == "linalg.softmax":
        return None
    maps = indexing_maps(op)
    extents: dict[int, int] = {}
    images = False
    for operand, indices in zip(op.operands, maps, strict=True):
        if not isinstance(operand.type, ir.RankedTensorType):
            continue
        if not operand.type.has_static_shape:
            return None
        for expression, extent in zip(indices.results, operand.type.shape, strict=True):
            if isinstance(expression, ir.AffineDimExpr):
                extents[ir.AffineDimExpr(expression).position] = extent
            else:
                images = images or isinstance(expression, ir.AffineAddExpr)
    result: Any = op.results[0].type if op.results else None
    last = list(maps[-1].results)
    count = maps[-1].n_dims
    if result is None or not last or not isinstance(last[-1], ir.AffineDimExpr) or len(extents) < count:
        return None
    written = {ir.AffineDimExpr(each).position for each in last if isinstance(each, ir.AffineDimExpr)}
    bits = re.search(r"\d+", str(result.element_type))
    return Loops(
        op.name,
        tuple(extents[loop] for loop in range(count)),
        tuple(loop not in written for loop in range(count)),
        ir.AffineDimExpr(last[-1]).position,
        max(1, int(bits[0] if bits else 64) // 8),
        images,
    )


@contextmanager
def canonical(op: ir.Operation) -> Generator[ir.Operation]:
    """A copy of an executable or of a kernel's function, without configuration, its tensors one after the other.

    It is gone when the block is done.
    """
    from iree.compiler import ir

    holder = ir.Module.create(ir.Location.unknown(op.context))
    with ir.InsertionPoint(holder.body):
        copy = op.clone()
    for each in walk(copy):
        for name in _CONFIGURED_BY:
            if name in each.attributes:
                del each.attributes[name]
    _compact(copy)
    yield copy
    del holder


def kernel_key(function: ir.Operation) -> str:
    """The digest of what a kernel computes."""
    from iree.compiler import ir

    with canonical(function) as copy:
        for name in ("translation_info", "ireekit_tuned"):
            if name in copy.attributes:
                del copy.attributes[name]
        copy.attributes["sym_name"] = ir.StringAttr.get("kernel", copy.context)
        for each in find(copy, SUBSPAN):
            _move(each, 0)
        _drop_unused(copy)
        text = str(copy.get_asm(use_local_scope=True, assume_verified=True))
    return hashlib.sha256(_LAYOUT.sub("", text).encode()).hexdigest()


def regions_of(function: ir.Operation) -> list[Region] | None:
    """The tensors that the function of a canonical kernel is given; ``None`` where one has a dynamic shape."""
    found = [_region(op, _constant(op.operands[0])) for op in find(function, SUBSPAN) if _is_static(op)]
    return found if len(found) == len(find(function, SUBSPAN)) else None


def _is_static(op: ir.Operation) -> bool:
    match = _TENSOR.search(str(op.results[0].type))
    return match is not None and "?" not in match[2]


def _region(op: ir.Operation, offset: int) -> Region:
    match = _TENSOR.search(str(op.results[0].type))
    assert match is not None
    binding: Any = op.attributes["binding"]
    shape = tuple(int(extent) for extent in match[2].split("x") if extent)
    return Region(int(binding.value), offset, shape, match[3], match[1] != "readonly")


def _compact(copy: ir.Operation) -> None:
    """Move the tensors of each buffer together; those that were at the same place stay at one place."""
    ends: dict[int, int] = {}
    places: dict[tuple[int, str], int] = {}
    for op in find(copy, SUBSPAN):
        if not _is_static(op):
            continue
        region = _region(op, 0)
        key = (region.binding, _identity(op.operands[0]))
        start = places.setdefault(key, ends.get(region.binding, 0))
        end = -(-(start + region.byte_size) // _ALIGNMENT) * _ALIGNMENT
        ends[region.binding] = max(ends.get(region.binding, 0), end)
        _move(op, start)
    _drop_unused(copy)


def _identity(value: ir.Value) -> str:
    """Tells values apart: constants by what they are, others by themselves."""
    owner: Any = value.owner
    if hasattr(owner, "operation") and owner.operation.name == "arith.constant":
        return str(owner.operation.attributes["value"])
    return str(hash(value))


def _move(op: ir.Operation, offset: int) -> None:
    from iree.compiler import ir

    index = ir.IndexType.get(op.context)
    attributes: dict[str, ir.Attribute] = {"value": ir.IntegerAttr.get(index, offset)}
    made = ir.Operation.create(
        "arith.constant",
        results=[index],
        attributes=attributes,
        ip=ir.InsertionPoint(op),
        loc=op.location,
    )
    op.operands[0] = made.results[0]


def _constant(value: ir.Value) -> int:
    owner: Any = value.owner
    return int(owner.operation.attributes["value"].value)


def _drop_unused(copy: ir.Operation) -> None:
    for op in reversed(list(walk(copy))):
        if op.name in _POSITIONS and not any(True for result in op.results for _ in result.uses):
            op.erase()
