"""Named operations are those that the bindings' own module builds."""

from iree.compiler import ir

from ireekit.bindings import CompilerSession
from ireekit.passes import named_ops
from ireekit.passes.builders import empty


def test_the_same_as_of_the_bindings() -> None:
    from iree.compiler.dialects import linalg

    context = CompilerSession().context
    context.load_all_available_dialects()
    with context, ir.Location.unknown():
        ours, theirs = ir.Module.create(), ir.Module.create()
        with ir.InsertionPoint(ours.body):
            x = empty([2, 3], "f32")
            y = named_ops.transpose(x, empty([3, 2], "f32"), [1, 0])
            named_ops.matmul(x, y, empty([2, 2], "f32"))
            named_ops.broadcast(x, empty([5, 2, 3], "f32"), [0])
            image, filters, into = (empty(size, "f32") for size in ([1, 4, 4, 2], [3, 3, 2, 8], [1, 2, 2, 8]))
            named_ops.convolution("conv_2d_nhwc_hwcf", image, filters, into, [1, 1], [1, 1])
        with ir.InsertionPoint(theirs.body):
            x = empty([2, 3], "f32")
            y = linalg.transpose(x, outs=[empty([3, 2], "f32")], permutation=[1, 0]).results[0]
            linalg.matmul(x, y, outs=[empty([2, 2], "f32")])
            linalg.broadcast(x, outs=[empty([5, 2, 3], "f32")], dimensions=[0])
            image, filters, into = (empty(size, "f32") for size in ([1, 4, 4, 2], [3, 3, 2, 8], [1, 2, 2, 8]))
            linalg.conv_2d_nhwc_hwcf(image, filters, outs=[into], strides=[1, 1], dilations=[1, 1])
        assert ours.operation.verify()
        assert str(ours) == str(theirs)
