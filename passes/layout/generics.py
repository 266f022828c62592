"""``linalg.generic`` on images with channels last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iree.compiler import ir

from ireekit.passes.builders import before

from .values import LAST, Images, rank_of


def rewrite_generic(images: Images, op: ir.Operation) -> bool:
    """Give a generic its images with channels last, by other indexing maps.

    Where its loops are those over an image, they change their order as well: the channels' becomes the innermost.
    """
    maps = [ir.AffineMapAttr(each).value for each in _elements(op.attributes["indexing_maps"])]
    if any(len(each.results) != rank_of(operand) for each, operand in zip(maps, op.operands, strict=True)):
        return False
    iterators = _elements(op.attributes["iterator_types"])
    is_image = [rank_of(operand) == 4 for operand in op.operands]
    loops = LAST if _loops_over_image(iterators, maps, is_image) else tuple(range(len(iterators)))
    with before(op):
        operands = [
            images.last(operand) if image else operand for operand, image in zip(op.operands, is_image, strict=True)
        ]
        changed = [_remapped(each, image, loops) for each, image in zip(maps, is_image, strict=True)]
        attributes = {name: op.attributes[name] for name in op.attributes}
        attributes["indexing_maps"] = ir.ArrayAttr.get([ir.AffineMapAttr.get(each) for each in changed])
        attributes["iterator_types"] = ir.ArrayAttr.get([iterators[loop] for loop in loops])
        outputs = operands[len(operands) - len(op.results) :]
        made = ir.Operation.create(
            "linalg.generic",
            results=[each.type for each in outputs],
            operands=operands,
            attributes=attributes,
            regions=1,
        )
    _rewrite_body(images, op.regions[0].blocks[0], loops)
    op.regions[0].blocks[0].append_to(made.regions[0])
    images.replace(op, made.results)
    return True


def _loops_over_image(iterators: Sequence[Any], maps: Sequence[ir.AffineMap], is_image: Sequence[bool]) -> bool:
    return (
        len(iterators) == 4
        and all("parallel" in str(each) for each in iterators)
        and is_image[-1]
        and maps[-1] == ir.AffineMap.get_identity(4)
    )


def _remapped(indexing: ir.AffineMap, image: bool, loops: Sequence[int]) -> ir.AffineMap:
    """The map of an operand for loops in another order, with the operand's channels last where it is an image."""
    renamed = [ir.AffineDimExpr.get(loops.index(loop)) for loop in range(len(loops))]
    results = [each.compose(ir.AffineMap.get(len(loops), 0, renamed)) for each in indexing.results]
    return ir.AffineMap.get(len(loops), 0, [results[axis] for axis in LAST] if image else results)


def _rewrite_body(images: Images, block: Any, loops: Sequence[int]) -> None:
    for child in block.operations:
        op: ir.Operation = child.operation
        if op.name == "linalg.index":
            loop = ir.IntegerAttr(op.attributes["dim"]).value
            op.attributes["dim"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), loops.index(loop))
        if op.name == "tensor.extract" and images.is_computed(op.operands[0]):
            source, *indices = op.operands
            op.operands[0] = images.last(source)
            for number, axis in enumerate(LAST):
                op.operands[number + 1] = indices[axis]


def _elements(attribute: Any) -> list[Any]:
    return list(attribute)
