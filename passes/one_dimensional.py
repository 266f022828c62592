"""1-D convolutions and poolings as 2-D ones, of images with one row.

What is done for images (filters with folded scales, channels last, tiles of registers) then is done for them too.
Padding and elementwise operations around them are raised with them, so that no reshape stands between two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iree.compiler import ir

from ireekit import Pass, walk
from ireekit.bindings.erasure import erase_now
from ireekit.codegen import indexing_maps
from ireekit.passes import Statistic
from ireekit.passes.builders import after, before, constant, empty, fill, tensor_type
from ireekit.passes.constants import constant_value
from ireekit.passes.named_ops import broadcast
from ireekit.passes.uses import defining_op

from .reshapes import collapse, expand, sizes_of
from .slices import integers, put

_FORMS = {
    "linalg.conv_1d_ncw_fcw": "linalg.conv_2d_nchw_fchw",
    "linalg.pooling_ncw_max": "linalg.pooling_nchw_max",
    "linalg.pooling_ncw_sum": "linalg.pooling_nchw_sum",
}
_GROUPS = ([0], [1], [2, 3])
"""Axes of a raised value: its new one, of size 1, comes before the last."""
_MEMO = "linalg.memoized_indexing_maps"


class OneDimensional(Pass):
    """``linalg.conv_1d_ncw_fcw`` and poolings of ``ncw`` become 2-D ones, with what is between them."""

    name = "mypipeline-one-dimensional"
    anchor = "util.func"
    acts_on = tuple(_FORMS)
    raised = Statistic("operations raised to two dimensions")

    def run(self, op: ir.Operation) -> None:
        operations = list(walk(op))
        if not any(each.name in _FORMS for each in operations):
            return
        rows = _Rows()
        for each in operations:
            if each.name in _FORMS or rows.follows(each):
                self.raised.increment(rows.rewrite(each))
        rows.finish()


class _Rows:
    """What is known of values ``[N, C, W]`` as images ``[N, C, 1, W]``."""

    def __init__(self) -> None:
        self._images: dict[ir.Value, ir.Value] = {}
        self._replaced: list[ir.Operation] = []
        self._pulled = {"tensor.pad": self._pad, "tensor.insert_slice": self._insert}

    def follows(self, op: ir.Operation) -> bool:
        """Whether an operand of a pad or an elementwise operation has been raised."""
        if op.name not in ("linalg.generic", "tensor.pad") or op in self._replaced:
            return False
        return any(value in self._images for value in op.operands)

    def rewrite(self, op: ir.Operation) -> bool:
        """Raise ``op``, if it can be."""
        with before(op):
            if op.name in _FORMS:
                made = self._windowed(op)
            elif op.name == "tensor.pad":
                made = self._pad(op)
            else:
                made = self._elementwise(op)
        if made is None:
            return False
        self._images[op.results[0]] = made
        self._replaced.append(op)
        return True

    def finish(self) -> None:
        """Give what was not raised its values of three axes, and erase what was."""
        gone = set(self._replaced)
        for op in self._replaced:
            result = op.results[0]
            uses = [use for use in result.uses if use.owner.operation not in gone]
            if not uses:
                continue
            with after(self._images[result]):
                flat = collapse(self._images[result], _GROUPS)
            for use in uses:
                use.owner.operation.operands[use.operand_number] = flat
        for op in reversed(self._replaced):
            erase_now(op)

    def _image(self, value: ir.Value) -> ir.Value:
        """``value`` with its axis of one row: known, made anew where that costs nothing, or a reshape."""
        if value in self._images:
            return self._images[value]
        maker = defining_op(value)
        raise_maker = None if maker is None else self._pulled.get(maker.name)
        if maker is not None and raise_maker is not None:
            with before(maker):
                made = raise_maker(maker)
            if made is not None:
                self._images[value] = made
                self._replaced.append(maker)
                return made
        return _anew(value, maker) or _expanded(value)

    def _windowed(self, op: ir.Operation) -> ir.Value:
        image, window, init = op.operands
        kind: Any = window.type
        if kind.rank == 1:
            window = empty([1, kind.shape[0]], kind.element_type)
        else:
            window = _anew(window, defining_op(window)) or _expanded(window)
        attributes = {name: op.attributes[name] for name in op.attributes if name != _MEMO}
        for name in ("strides", "dilations"):
            if name in attributes:
                numbers = ", ".join(map(str, [1, *integers(op, name)]))
                attributes[name] = ir.Attribute.parse(f"dense<[{numbers}]> : tensor<2xi64>")
        initial = self._image(init)
        made = ir.Operation.create(
            _FORMS[op.name],
            results=[initial.type],
            operands=[self._image(image), window, initial],
            attributes=attributes,
            regions=1,
        )
        op.regions[0].blocks[0].append_to(made.regions[0])
        return made.results[0]

    def _pad(self, op: ir.Operation) -> ir.Value | None:
        kind: Any = op.results[0].type
        block = op.regions[0].blocks[0]
        low, high = (integers(op, name) for name in ("static_low", "static_high"))
        static = all(size >= 0 for size in (*low, *high))
        if kind.rank != 3 or not static or len(op.operands) != 1:
            return None
        operations = list(block.operations)
        padding = operations[-1].operation.operands[0]
        if len(operations) != 1 or any(padding == each for each in block.arguments):
            return None
        source = self._image(op.operands[0])
        sizes = [None if kind.is_dynamic_dim(axis) else kind.shape[axis] for axis in range(3)]
        made = ir.Operation.create(
            "tensor.pad",
            results=[tensor_type([*sizes[:2], 1, sizes[2]], kind.element_type)],
            operands=[source],
            attributes={
                "static_low": ir.DenseI64ArrayAttr.get([*low[:2], 0, low[2]]),
                "static_high": ir.DenseI64ArrayAttr.get([*high[:2], 0, high[2]]),
                "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 0, 0]),
            },
            regions=1,
        )
        index = ir.IndexType.get()
        body = made.regions[0].blocks.append(*[index] * 4, arg_locs=[op.location] * 4)
        with ir.InsertionPoint(body):
            ir.Operation.create("tensor.yield", operands=[padding])
        return made.results[0]

    def _insert(self, op: ir.Operation) -> ir.Value | None:
        """Pixels with zeros between them, of a transposed convolution."""
        part, into, *dynamic = op.operands
        type: Any = part.type  # noqa: A001
        offsets, sizes, strides = (integers(op, f"static_{name}") for name in ("offsets", "sizes", "strides"))
        if dynamic or type.rank != 3 or max(strides) == 1:
            return None
        image = self._image(into)
        return put(
            self._image(part),
            image,
            *([*each[:2], one, each[2]] for each, one in zip((offsets, sizes, strides), (0, 1, 1), strict=True)),
        )

    def _elementwise(self, op: ir.Operation) -> ir.Value | None:
        maps = indexing_maps(op)
        identity = ir.AffineMap.get_identity(3)
        kinds: Any = op.attributes["iterator_types"]
        iterators = list(kinds)
        parallel = len(iterators) == 3 and all("parallel" in str(each) for each in iterators)
        if len(op.results) != 1 or not parallel or maps[-1] != identity:
            return None
        operands = [
            self._image(value) if where == identity else value for value, where in zip(op.operands, maps, strict=True)
        ]
        renamed = ir.AffineMap.get(4, 0, [ir.AffineDimExpr.get(axis) for axis in (0, 1, 3)])
        changed = [
            ir.AffineMap.get_identity(4)
            if where == identity
            else ir.AffineMap.get(4, 0, [each.compose(renamed) for each in where.results])
            for where in maps
        ]
        attributes = {name: op.attributes[name] for name in op.attributes if name != _MEMO}
        attributes["indexing_maps"] = ir.ArrayAttr.get([ir.AffineMapAttr.get(each) for each in changed])
        attributes["iterator_types"] = ir.ArrayAttr.get([*iterators, iterators[0]])
        made = ir.Operation.create(
            "linalg.generic", results=[operands[-1].type], operands=operands, attributes=attributes, regions=1
        )
        op.regions[0].blocks[0].append_to(made.regions[0])
        for child in made.regions[0].blocks[0].operations:
            if child.operation.name == "linalg.index" and ir.IntegerAttr(child.operation.attributes["dim"]).value == 2:
                child.operation.attributes["dim"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 3)
        return made.results[0]


def _anew(value: ir.Value, maker: ir.Operation | None) -> ir.Value | None:
    """``value`` with an axis more, where what makes it can as well make that."""
    kind: Any = value.type
    found = constant_value(value)
    if found is not None and not found.is_splat:
        shape = _raised(kind.shape)
        return constant(found.array.reshape(shape), tensor_type(shape, kind.element_type))
    if maker is None:
        return None
    if maker.name == "tensor.empty":
        return empty(_raised(sizes_of(value)), kind.element_type)
    if maker.name == "linalg.fill":
        return fill(maker.operands[0], empty(_raised(sizes_of(value)), kind.element_type))
    if maker.name == "linalg.broadcast":
        spread: Any = maker.attributes["dimensions"]
        axes = sorted({2, *(axis + (axis == 2) for axis in spread)})
        into = empty(_raised(sizes_of(value)), kind.element_type)
        return broadcast(maker.operands[0], into, axes)
    return None


def _expanded(value: ir.Value) -> ir.Value:
    return expand(value, _GROUPS, _raised(sizes_of(value)))


def _raised(sizes: Sequence[Any]) -> list[Any]:
    return [*sizes[:2], 1, sizes[2]]
