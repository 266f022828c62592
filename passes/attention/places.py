"""Where the elements of an operand are, seen through what only moves them: transpositions, reshapes, slices, copies.

A kernel that computes these places reads the tensor that a product wrote, where each transposition of heads would be a
copy. Places are sums of multiples of the kernel's own loops and of their quotients and remainders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from iree.compiler import ir

from ireekit.bindings.linalg import indexing_maps
from ireekit.passes.uses import defining_op

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import Index, KernelWriter

Atom: TypeAlias = "str | Part"


@dataclass(frozen=True)
class Part:
    """Quotient or remainder of a sum that is not negative.

    Attributes:
      of: the sum.
      by: the divisor.
      remains: whether it is the remainder.
    """

    of: Sum
    by: int
    remains: bool


@dataclass(frozen=True)
class Sum:
    """Multiples of loops and parts, and a number."""

    terms: tuple[tuple[Atom, int], ...] = ()
    number: int = 0

    def times(self, by: int) -> Sum:
        """Multiplied by a number."""
        return Sum(tuple((atom, factor * by) for atom, factor in self.terms), self.number * by)

    def plus(self, other: Sum) -> Sum:
        """With another one added; what was divided comes together again."""
        terms = dict(self.terms)
        for atom, factor in other.terms:
            terms[atom] = terms.get(atom, 0) + factor
        for atom, factor in list(terms.items()):
            rest = Part(atom.of, atom.by, True) if isinstance(atom, Part) and not atom.remains else None
            if rest is not None and isinstance(atom, Part) and terms.get(rest, 0) * atom.by == factor:
                del terms[atom], terms[rest]
                return Sum(tuple(terms.items()), self.number + other.number).plus(atom.of.times(factor // atom.by))
        return Sum(tuple(terms.items()), self.number + other.number)

    def parts(self, by: int) -> tuple[Sum, Sum]:
        """Quotient and remainder."""
        if by == 1:
            return self, Sum()
        return tuple(Sum(((Part(self, by, remains), 1),)) for remains in (False, True))  # type: ignore[return-value]

    def loops(self) -> set[str]:
        """What it depends on."""
        found: set[str] = set()
        for atom, _ in self.terms:
            found |= {atom} if isinstance(atom, str) else atom.of.loops()
        return found

    def write(self, kernel: KernelWriter, values: dict[str, Index]) -> Index:
        """Write it; ``values`` of the loops."""
        total: str | None = None
        number = self.number
        for atom, factor in self.terms:
            value = values[atom] if isinstance(atom, str) else _written(kernel, atom, values)
            if isinstance(value, int):
                number += value * factor
                continue
            term = kernel.times(value, factor)
            total = term if total is None else kernel.sum(total, term)
        return number if total is None else kernel.shifted(total, number)


def _written(kernel: KernelWriter, part: Part, values: dict[str, Index]) -> Index:
    value = part.of.write(kernel, values)
    if isinstance(value, int):
        return value % part.by if part.remains else value // part.by
    return kernel.divided(value, part.by)[1 if part.remains else 0]


def loop(name: str) -> Sum:
    """One of the kernel's loops."""
    return Sum(((name, 1),))


@dataclass(frozen=True)
class Place:
    """A tensor and, for each of its dimensions, the index of an element there.

    Attributes:
      value: the tensor.
      indices: one for each dimension.
      factor: what each element is multiplied by.
    """

    value: ir.Value
    indices: tuple[Sum, ...]
    factor: float = 1.0

    def at(self, kernel: KernelWriter, values: dict[str, Index]) -> list[Index]:
        """Indices of an element."""
        return [each.write(kernel, values) for each in self.indices]


def furthest(value: ir.Value, indices: tuple[Sum, ...], along: str, *, scaled: bool = False) -> Place | None:
    """The first tensor on the way to ``value`` that has its elements along a loop side by side in the last dimension.

    Args:
      indices: of an element of ``value``.
      along: the loop.
      scaled: whether factors of the whole tensor may be on the way.
    """
    best: Place | None = None
    place: Place | None = Place(value, indices)
    while place is not None:
        *outer, last = place.indices or (Sum(),)
        others = [atom for atom, _ in last.terms if atom != along]
        beside = (along, 1) in last.terms and not any(along in Sum(((atom, 1),)).loops() for atom in others)
        if beside and not any(along in each.loops() for each in outer):
            best = place
        place = _before(place, scaled=scaled)
    return best


def moved(op: ir.Operation, indices: tuple[Sum, ...]) -> tuple[Sum, ...] | None:
    """Indices in the result of a reshape of an element at ``indices`` of its operand."""
    small, large = (_sizes(each) for each in (op.operands[0], op.results[0]))
    if op.name == "tensor.reshape":
        return indices if op.operands[0].type == op.results[0].type else None
    if op.name == "tensor.collapse_shape":
        return _joined(indices, _groups(op), small)
    return _split(indices, _groups(op), large)


def _before(place: Place, *, scaled: bool) -> Place | None:
    """The operand that an element comes from."""
    op, indices = defining_op(place.value), place.indices
    if op is None:
        return None
    source = op.operands[0] if len(op.operands) else None
    if source is None or not isinstance(source.type, ir.RankedTensorType):
        return None
    found: tuple[Sum, ...] | None = None
    factor = place.factor
    if op.name == "tensor.collapse_shape":
        found = _split(indices, _groups(op), _sizes(source))
    elif op.name == "tensor.expand_shape":
        found = _joined(indices, _groups(op), _sizes(place.value))
    elif op.name == "tensor.cast" or (op.name == "tensor.reshape" and source.type == place.value.type):
        found = indices
    elif op.name == "linalg.transpose":
        permutation: Any = op.attributes["permutation"]
        order = [int(each) for each in permutation]
        found = tuple(indices[order.index(axis)] for axis in range(len(order)))
    elif op.name == "tensor.extract_slice":
        found = _in_whole(op, indices)
    elif op.name == "linalg.generic" and len(op.operands) == 2 and len(op.results) == 1:
        found, by = _copied(op, indices)
        factor *= by
    if found is None or (factor != place.factor and not scaled):
        return None
    return Place(source, found, factor)


def _split(indices: tuple[Sum, ...], groups: list[list[int]], sizes: list[int | None]) -> tuple[Sum, ...] | None:
    """Indices of an element where each dimension is a group of several."""
    found = [Sum()] * len(sizes)
    for whole, group in zip(indices, groups, strict=True):
        wide = [axis for axis in group if sizes[axis] != 1]
        index = whole
        for axis in reversed(wide[1:]):
            size = sizes[axis]
            if size is None:
                return None
            index, found[axis] = index.parts(size)
        if wide:
            found[wide[0]] = index
    return tuple(found)


def _joined(indices: tuple[Sum, ...], groups: list[list[int]], sizes: list[int | None]) -> tuple[Sum, ...] | None:
    """Indices of an element where groups of dimensions are one."""
    found: list[Sum] = []
    for group in groups:
        total = Sum()
        wide = [axis for axis in group if sizes[axis] != 1]
        for axis in wide:
            size = sizes[axis]
            if size is None and axis != wide[0]:
                return None
            total = (total.times(size or 1) if axis != wide[0] else total).plus(indices[axis])
        found.append(total)
    return tuple(found)


def _in_whole(op: ir.Operation, indices: tuple[Sum, ...]) -> tuple[Sum, ...] | None:
    source = ir.RankedTensorType(op.operands[0].type)
    offsets: Any = op.attributes["static_offsets"]
    strides: Any = op.attributes["static_strides"]
    dynamic = ir.ShapedType.get_dynamic_stride_or_offset()
    kept = source.rank == len(indices) and all(each == 1 for each in strides)
    if not kept or any(each == dynamic for each in offsets):
        return None
    return tuple(index.plus(Sum((), int(offset))) for index, offset in zip(indices, offsets, strict=True))


def _copied(op: ir.Operation, indices: tuple[Sum, ...]) -> tuple[tuple[Sum, ...] | None, float]:
    """For generics that hand elements on, perhaps multiplied by a number."""
    source, result = indexing_maps(op)
    block = op.regions[0].blocks[0]
    *body, last = [each.operation for each in block.operations]
    factor = 1.0 if not body and last.operands[0] == block.arguments[0] else _factor(body, last, block)
    if factor is None or result != ir.AffineMap.get_identity(result.n_dims, op.context):
        return None, 1.0
    found: list[Sum] = []
    sizes = _sizes(op.operands[0])
    for axis, expression in enumerate(source.results):
        if isinstance(expression, ir.AffineDimExpr):
            found.append(indices[expression.position])
        elif sizes[axis] == 1:
            found.append(Sum())
        else:
            return None, 1.0
    return tuple(found), factor


def _factor(body: list[ir.Operation], last: ir.Operation, block: ir.Block) -> float | None:
    if [each.name for each in body] != ["arith.mulf"] or last.operands[0] != body[0].results[0]:
        return None
    numbers = [each for each in body[0].operands if each != block.arguments[0]]
    maker = defining_op(numbers[0]) if len(numbers) == 1 else None
    if maker is None or maker.name != "arith.constant" or str(numbers[0].type) != "f32":
        return None
    value: Any = maker.attributes["value"]
    return float(value.value) if isinstance(value, ir.FloatAttr) else None


def _groups(op: ir.Operation) -> list[list[int]]:
    reassociation: Any = op.attributes["reassociation"]
    return [[int(axis.value) for axis in group] for group in reassociation]


def _sizes(value: ir.Value) -> list[int | None]:
    type: Any = value.type  # noqa: A001
    return [None if type.is_dynamic_dim(axis) else type.shape[axis] for axis in range(type.rank)]
