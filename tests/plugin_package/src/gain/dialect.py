"""The dialect ``gain``."""

from iree.compiler import ir

from ireekit.dialect import Dialect, Op, Operand, Result, attribute, operand, result
from ireekit.dialect.constraints import F32, FloatAttr, Tensor
from ireekit.dialect.traits import Pure, SameOperandsAndResultType


class Scale(Op):
    """Multiply every element by a constant."""

    name = "gain.scale"
    input: Operand = operand(Tensor(element=F32), "what is scaled")
    factor: float = attribute(FloatAttr(F32), "by how much")
    output: Result = result(Tensor(element=F32))
    traits = (Pure, SameOperandsAndResultType)
    assembly_format = "$input `by` $factor attr-dict `:` type($input)"

    def verify(self) -> None:
        if not ir.RankedTensorType(self.input.type).has_static_shape:
            self.error("a tensor of known shape is needed")


gain = Dialect("gain", ops=(Scale,))
