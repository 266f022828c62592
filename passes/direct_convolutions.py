"""Convolutions that sum little, without padding images or laying them anew first.

The compiler pads by filling a larger image with zeros, in one piece, and having its producer write into the middle of
it: for a depthwise convolution that costs about as much as itself. So does laying an image of a few channels anew for
the first convolution of a network. Here a kernel of vector code leaves out what lies beyond the edges, reads such
images as they are, and computes what is elementwise behind the convolution (bias, activation) before it stores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic, option
from ireekit.passes.builders import before
from ireekit.passes.uses import defining_op, users

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import CustomKernels
    from ireekit.targets.machines import Machine

    from .direct.kernels import Direct

_DEPTHWISE, _OTHER = "linalg.depthwise_conv_2d_nhwc_hwc", "linalg.conv_2d_nhwc_hwcf"
_BARRIER = "iree_tensor_ext.compute_barrier.start"
_CHANNELS_LAST = [0, 2, 3, 1]


class DirectConvolutions(ireekit.Pass):
    """Compute depthwise convolutions, and those of images of a few channels, by kernels that need no padding.

    Those of static shape in f32 whose channels fill vectors. Others keep the compiler's own kernels; so do first
    convolutions whose results are padded for what follows.
    """

    name = "mypipeline-direct-convolutions"
    anchor = "builtin.module"
    acts_on = (_DEPTHWISE, _OTHER)
    for_speed = True
    rewritten = Statistic("convolutions without padding")
    inputs: int = option(
        4, "channels of an image at most; 0: depthwise convolutions only", minimum=0, maximum=8, trials=(4, 0)
    )

    def run(self, op: ir.Operation) -> None:
        convolutions = ireekit.find(op, _DEPTHWISE)
        convolutions += [each for each in ireekit.find(op, _OTHER) if _inputs(each) <= self.inputs]
        if not convolutions:
            return
        from ireekit.codegen import program_machine

        machine = program_machine(op)
        if machine is None:
            return
        from ireekit.codegen.custom_kernels import CustomKernels

        kernels = CustomKernels(op)
        for each in convolutions:
            if _rewrite(each, kernels, machine):
                self.rewritten.increment()


def _inputs(op: ir.Operation) -> int:
    return ir.RankedTensorType(op.operands[0].type).shape[3]


def _rewrite(op: ir.Operation, kernels: CustomKernels, machine: Machine) -> bool:
    from .convolution_operands import initial_operands, shapes_of, unpadded, with_initial
    from .direct.kernels import kernel_of
    from .vector_epilogues import epilogue_of

    types = [ir.RankedTensorType(value.type) for value in op.operands]
    if not all(each.has_static_shape and str(each.element_type) == "f32" for each in types):
        return False
    image, padding = unpadded(op.operands[0])
    source = _channels_first(image) if op.name == _OTHER else None
    shape = _shape(op, image, (padding.top, padding.left), channels_first=source is not None)
    epilogue = epilogue_of(op.results[0])
    if op.name == _OTHER and _is_padded(epilogue.result):
        return False
    with before(op):
        initial = initial_operands(op.operands[2])
    others = epilogue.shapes() + shapes_of(initial)
    kernel = kernel_of(shape, machine, others, with_initial(epilogue, len(initial)))
    if kernel is None:
        return False
    with before(epilogue.generics[-1] if epilogue.generics else op, op.location):
        made, *_ = kernels.dispatch(kernel, [source or image, op.operands[1], *epilogue.operands, *initial])
    epilogue.result.replace_all_uses_with(made)
    for each in [*reversed(epilogue.generics), op]:
        each.erase()
    return True


def _is_padded(value: ir.Value) -> bool:
    """Whether an image is padded: the compiler's own kernels write where that is wanted, ours would be copied."""
    return any(each.name == "tensor.pad" and users(each.results[0]) for each in users(value))


def _channels_first(image: ir.Value) -> ir.Value | None:
    """The image that is transposed to this one; ``None`` where it lies so already."""
    maker = defining_op(image)
    while maker is not None and maker.name == _BARRIER:
        image = maker.operands[0]
        maker = defining_op(image)
    if maker is None or maker.name != "linalg.transpose":
        return None
    order: Any = maker.attributes["permutation"]
    return maker.operands[0] if [int(each) for each in order] == _CHANNELS_LAST else None


def _shape(op: ir.Operation, image: ir.Value, padding: tuple[int, int], *, channels_first: bool) -> Direct:
    from .convolution_operands import numbers
    from .direct.kernels import Direct

    batch, height, width, inputs = ir.RankedTensorType(image.type).shape
    window = ir.RankedTensorType(op.operands[1].type).shape
    result = ir.RankedTensorType(op.results[0].type).shape
    strides, dilations = numbers(op, "strides") or [1, 1], numbers(op, "dilations") or [1, 1]
    return Direct(
        batch,
        result[3],
        image=(height, width),
        result=(result[1], result[2]),
        window=(window[0], window[1]),
        strides=(strides[0], strides[1]),
        dilations=(dilations[0], dilations[1]),
        padding=padding,
        inputs=inputs if op.name == _OTHER else 0,
        channels_first=channels_first,
    )
