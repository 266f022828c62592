"""How operations compute with channels last.

A *rule* rewrites an operation on images, where it can. *Seeds* are rewritten wherever they stand, since they gain by
it; *followers* where one of their operands is computed with channels last already. A *source* makes a value that costs
nothing to make in any order, when a rewritten operation asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from iree.compiler import ir

from ireekit.passes.builders import before, empty, fill, tensor_type
from ireekit.passes.named_ops import broadcast
from ireekit.passes.uses import captured_values, defining_op

from ..reshapes import collapse, expand, sizes_of
from .generics import rewrite_generic
from .values import FIRST, LAST, Images, Source, rank_of, transpose

Rule: TypeAlias = Callable[[Images, ir.Operation], bool]
Mixed: TypeAlias = "list[int | ir.Value]"

# Name -> name with channels last, and the order of its filter's axes there.
_WINDOWED: dict[str, tuple[str, tuple[int, ...] | None]] = {
    "linalg.conv_2d_nchw_fchw": ("linalg.conv_2d_nhwc_hwcf", (2, 3, 1, 0)),
    "linalg.conv_2d_nchw_fchw_q": ("linalg.conv_2d_nhwc_hwcf_q", (2, 3, 1, 0)),
    "linalg.depthwise_conv_2d_nchw_chw": ("linalg.depthwise_conv_2d_nhwc_hwc", (1, 2, 0)),
    "linalg.pooling_nchw_max": ("linalg.pooling_nhwc_max", None),
    "linalg.pooling_nchw_sum": ("linalg.pooling_nhwc_sum", None),
}
_DYNAMIC = -(1 << 63)


def _windowed(images: Images, op: ir.Operation) -> bool:
    """Convolutions and poolings; the body is the same, so it moves."""
    name, filter_order = _WINDOWED[op.name]
    image, window, *scalars, init = op.operands
    with before(op):
        filters = window if filter_order is None else transpose(window, filter_order)
        operands = [images.last(image), filters, *scalars, images.last(init)]
        made = _create(name, operands, operands[-1].type, _attributes(op))
    return _moved(images, op, made)


def _pad(images: Images, op: ir.Operation) -> bool:
    body = op.regions[0].blocks[0]
    if rank_of(op.operands[0]) != 4 or any(True for each in body.arguments for _use in each.uses):
        return False
    low, high = _mixed(op, 1, "static_low", "static_high")
    padding = {"static_low": _permuted(low, LAST), "static_high": _permuted(high, LAST)}
    with before(op):
        made = _mixed_op(op, [images.last(op.operands[0])], padding)
    return _moved(images, op, made)


def _extract_slice(images: Images, op: ir.Operation) -> bool:
    if rank_of(op.operands[0]) != 4 or rank_of(op.results[0]) != 4:
        return False
    with before(op):
        made = _mixed_op(op, [images.last(op.operands[0])], _window_of(op, 1))
    images.replace(op, made.results)
    return True


def _insert_slice(images: Images, op: ir.Operation) -> bool:
    if rank_of(op.operands[0]) != 4 or rank_of(op.results[0]) != 4:
        return False
    with before(op):
        made = _mixed_op(op, [images.last(op.operands[0]), images.last(op.operands[1])], _window_of(op, 2))
    images.replace(op, made.results)
    return True


def _concat(images: Images, op: ir.Operation) -> bool:
    if rank_of(op.results[0]) != 4:
        return False
    axis = LAST.index(ir.IntegerAttr(op.attributes["dim"]).value)
    with before(op):
        operands = [images.last(each) for each in op.operands]
        dim = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), axis)
        made = _create("tensor.concat", operands, _last_type(op.results[0]), {"dim": dim})
    images.replace(op, made.results)
    return True


def _collapse(images: Images, op: ir.Operation) -> bool:
    """An image as a list of pixels keeps its channels innermost; one of a single pixel as a list of channels."""
    groups = _groups(op)
    if rank_of(op.operands[0]) != 4:
        return False
    shape: Any = op.operands[0].type
    with before(op):
        if groups == [[0], [1], [2, 3]]:
            pixels = collapse(images.last(op.operands[0]), [[0], [1, 2], [3]])
            images.define(op.results[0], pixels, (0, 2, 1))
            images.drop(op)
            return True
        if groups == [[0], [1, 2, 3]] and list(shape.shape)[2:] == [1, 1]:
            images.replace(op, [collapse(images.last(op.operands[0]), groups)])
            return True
    return False


def _transpose(images: Images, op: ir.Operation) -> bool:
    """A transposition of what is there in another order already may be nothing at all."""
    permutation: Any = op.attributes["permutation"]
    order = tuple(permutation)
    found = images.version(op.operands[0])
    if found is not None and found.computed and found.order == order:
        op.results[0].replace_all_uses_with(found.value)
        return True
    if found is None and order == FIRST:
        images.define(op.results[0], op.operands[0])
        return True
    return False


def _made_empty(_images: Images, op: ir.Operation) -> ir.Value:
    kind: Any = op.results[0].type
    dynamic = iter(op.operands)
    sizes = [next(dynamic) if kind.is_dynamic_dim(axis) else kind.shape[axis] for axis in range(4)]
    return empty([sizes[axis] for axis in LAST], kind.element_type)


def _made_fill(images: Images, op: ir.Operation) -> ir.Value:
    return fill(op.operands[0], images.last(op.operands[1]))


def _made_constant(_images: Images, op: ir.Operation) -> ir.Value | None:
    made = transpose(op.results[0], LAST)
    return made if defining_op(made) is not None and _is_constant(made) else None


def _made_broadcast(images: Images, op: ir.Operation) -> ir.Value | None:
    """A vector of channels spread over an image."""
    dimensions: Any = op.attributes["dimensions"]
    if list(dimensions) != [0, 2, 3]:
        return None
    return broadcast(op.operands[0], images.last(op.operands[1]), [0, 1, 2])


def _made_expanded(_images: Images, op: ir.Operation) -> ir.Value | None:
    """A list of channels as an image of one pixel."""
    kind: Any = op.results[0].type
    if _groups(op) != [[0], [1, 2, 3]] or list(kind.shape)[2:] != [1, 1]:
        return None
    batch, channels = sizes_of(op.operands[0])
    return expand(op.operands[0], [[0], [1, 2, 3]], [batch, 1, 1, channels])


SEEDS: dict[str, Rule] = dict.fromkeys(_WINDOWED, _windowed)

FOLLOWERS: dict[str, Rule] = {
    "linalg.generic": rewrite_generic,
    "tensor.pad": _pad,
    "tensor.extract_slice": _extract_slice,
    "tensor.insert_slice": _insert_slice,
    "tensor.concat": _concat,
    "tensor.collapse_shape": _collapse,
}

TRANSPOSE = "linalg.transpose"


def _source_of(rule: Callable[[Images, ir.Operation], ir.Value | None]) -> Source:
    return lambda images, op: rule(images, op) if rank_of(op.results[0]) == 4 else None


def _pulled_pad(images: Images, op: ir.Operation) -> ir.Value | None:
    """Padding of what is transposed anyway; the original goes."""
    return images.last(op.results[0]) if _pad(images, op) else None


def _pulled_insert(images: Images, op: ir.Operation) -> ir.Value | None:
    """An image with room between its pixels: these are fewer to transpose, and a convolution is to see them."""
    steps: Any = op.attributes["static_strides"]
    return images.last(op.results[0]) if max(steps) > 1 and _insert_slice(images, op) else None


SOURCES: dict[str, Source] = {
    "tensor.empty": _source_of(_made_empty),
    "linalg.fill": _source_of(_made_fill),
    "arith.constant": _source_of(_made_constant),
    "linalg.broadcast": _source_of(_made_broadcast),
    "tensor.expand_shape": _source_of(_made_expanded),
    "tensor.pad": _source_of(_pulled_pad),
    "tensor.insert_slice": _source_of(_pulled_insert),
}


def assign(images: Images, op: ir.Operation) -> bool:
    """Rewrite ``op`` if it is a seed, or follows one."""
    if op.name in SEEDS:
        return SEEDS[op.name](images, op)
    if op.name == TRANSPOSE:
        return _transpose(images, op)
    rule = FOLLOWERS.get(op.name)
    if rule is None or images.is_replaced(op):
        return False
    values = [*op.operands, *(captured_values(op) if op.name == "linalg.generic" else ())]
    return any(images.is_computed(value) for value in values) and rule(images, op)


def _moved(images: Images, op: ir.Operation, made: ir.Operation) -> bool:
    op.regions[0].blocks[0].append_to(made.regions[0])
    images.replace(op, made.results)
    return True


def _create(
    name: str, operands: Sequence[ir.Value], result: ir.Type, attributes: dict[str, ir.Attribute], regions: int = 0
) -> ir.Operation:
    regions = 1 if name.startswith("linalg.") else regions
    return ir.Operation.create(name, results=[result], operands=operands, attributes=attributes, regions=regions)


def _attributes(op: ir.Operation) -> dict[str, ir.Attribute]:
    # Named operations keep their indexing maps where these were asked for.
    return {name: op.attributes[name] for name in op.attributes if name != "linalg.memoized_indexing_maps"}


def _last_type(value: ir.Value) -> ir.Type:
    kind: Any = value.type
    sizes = [None if kind.is_dynamic_dim(axis) else kind.shape[axis] for axis in LAST]
    return tensor_type(sizes, kind.element_type)


def _mixed(op: ir.Operation, first: int, *names: str) -> list[Mixed]:
    """Lists of numbers and values: an attribute with those that are static, the others among the operands."""
    dynamic = iter(list(op.operands)[first:])
    lists: list[Mixed] = []
    for name in names:
        static: Any = op.attributes[name]
        lists.append([next(dynamic) if each == _DYNAMIC else each for each in static])
    return lists


def _mixed_op(op: ir.Operation, operands: list[ir.Value], lists: dict[str, Mixed]) -> ir.Operation:
    """``op`` with other operands and lists, its result with channels last."""
    attributes = _attributes(op)
    segments = [1] * len(operands)
    for name, each in lists.items():
        dynamic = [value for value in each if not isinstance(value, int)]
        operands += dynamic
        segments.append(len(dynamic))
        attributes[name] = ir.DenseI64ArrayAttr.get([value if isinstance(value, int) else _DYNAMIC for value in each])
    attributes["operandSegmentSizes"] = ir.DenseI32ArrayAttr.get(segments)
    return _create(op.name, operands, _last_type(op.results[0]), attributes, regions=len(op.regions))


def _window_of(op: ir.Operation, first: int) -> dict[str, Mixed]:
    names = ("static_offsets", "static_sizes", "static_strides")
    return {name: _permuted(each, LAST) for name, each in zip(names, _mixed(op, first, *names), strict=True)}


def _permuted(mixed: Mixed, order: Sequence[int]) -> Mixed:
    return [mixed[axis] for axis in order]


def _groups(op: ir.Operation) -> list[list[int]]:
    held: Any = op.attributes["reassociation"]
    return [[ir.IntegerAttr(axis).value for axis in ir.ArrayAttr(group)] for group in held]


def _is_constant(value: ir.Value) -> bool:
    maker = defining_op(value)
    return maker is not None and maker.name == "arith.constant"
