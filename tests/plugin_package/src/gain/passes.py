"""The passes of the package."""

from iree.compiler import ir
from iree.compiler.dialects import arith

from gain.dialect import Scale
from ireekit.passes import Pass, Statistic, find, option


class LowerGain(Pass):
    """Lower ``gain.scale`` to a multiplication; by 1 it is left out."""

    name = "gain-lower"
    keep_units: bool = option(False, "multiply by 1, too")
    lowered = Statistic("operations lowered")

    def run(self, op: ir.Operation) -> None:
        for each in find(op, Scale.name):
            self._lower(Scale.view(each))
            self.lowered.increment()

    def _lower(self, scale: Scale) -> None:
        op = scale.operation
        if scale.factor == 1.0 and not self.keep_units:
            op.results[0].replace_all_uses_with(scale.input)
            op.erase()
            return
        type_ = ir.RankedTensorType(scale.input.type)
        with ir.InsertionPoint(op), op.location:
            factor = ir.FloatAttr.get(type_.element_type, scale.factor)
            constant = arith.constant(type_, ir.DenseElementsAttr.get_splat(type_, factor))
            op.results[0].replace_all_uses_with(arith.mulf(scale.input, constant))
        op.erase()
