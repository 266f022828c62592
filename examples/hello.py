"""A dialect of one operation and a pass that lowers it, compiled and run: python examples/hello.py."""

import numpy as np
from iree.compiler import ir
from iree.compiler.dialects import arith, math

import ireekit
from ireekit.dialect import Dialect, Op, Operand, Result, operand, result
from ireekit.dialect.constraints import F32, Tensor, Var
from ireekit.dialect.traits import Pure
from ireekit.passes.rewrite import Rewriter, apply_greedily, pattern


class Softsign(Op):
    """x / (1 + |x|), element by element."""

    name = "hello.softsign"
    x: Operand = operand(Var("T", Tensor(F32, static=True)))
    y: Result = result(Var("T"))
    traits = (Pure,)
    assembly_format = "$x attr-dict `:` type($x)"


@pattern(Softsign)
def expand(op: Softsign, rewriter: Rewriter) -> None:
    ones = ir.DenseElementsAttr.get_splat(op.x.type, ir.FloatAttr.get_f32(1.0))
    rewriter.replace(op, arith.divf(op.x, arith.addf(math.absf(op.x), arith.constant(op.x.type, ones))))


class Lower(ireekit.Pass):
    name = "hello-lower"

    def run(self, op: ir.Operation) -> None:
        apply_greedily(op, expand)


hello = Dialect("hello", ops=(Softsign,))
pipeline = ireekit.Pipeline("hello", dialects=(hello,)).at("start", Lower())

if __name__ == "__main__":
    x = np.linspace(-4, 4, 32, dtype=np.float32).reshape(4, 8)
    kind = "tensor<4x8xf32>"
    model = f"func.func @main(%x: {kind}) -> {kind} {{ %y = hello.softsign %x : {kind} return %y : {kind} }}"
    vulkan = any(device.driver == "vulkan" for device in ireekit.devices())
    for target in ("cpu", "vulkan") if vulkan else ("cpu",):
        y = pipeline.compile(model, target=target)(x)
        print(f"{target}: largest error {np.abs(y - x / (1 + np.abs(x))).max():.1e}")
