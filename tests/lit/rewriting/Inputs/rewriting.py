"""Passes of the lit cases: a pattern, a rule, a conversion."""

from iree.compiler import ir

from ireekit import Pass
from ireekit.passes.conversion import (
    ConversionTarget,
    TypeConverter,
    apply_full_conversion,
    control_flow_conversion,
    conversion,
    function_conversion,
)
from ireekit.passes.rewrite import Attr, apply_greedily, constraint, one_use, op, pattern, replace, rewrite_rule


@pattern("t.twice")
def expand(root, rewriter):
    rewriter.replace_with(root, "t.add", operands=[root.operands[0]] * 2, results=[root.results[0].type])


@constraint
def is_even(k):
    return k.value % 2 == 0


@rewrite_rule(benefit=2)
def fuse(x, y, z, k: Attr):
    product = op("t.mul", x, y, k=k)
    return replace(op("t.add", product, z), op("t.fma", x, y, z, k=k), where=[one_use(product), is_even(k)])


class Patterns(Pass):
    """Expands and fuses."""

    name = "t-patterns"
    anchor = "func.func"

    def run(self, op: ir.Operation) -> None:
        apply_greedily(op, [expand, fuse])


class Split(Pass):
    """Converts each f64 to two f32."""

    name = "t-split"

    def run(self, op: ir.Operation) -> None:
        wide, narrow = ir.F64Type.get(op.context), ir.F32Type.get(op.context)
        converter = TypeConverter().replace(wide, [narrow, narrow])
        target = ConversionTarget().legal("builtin", "arith", "t").illegal("t.neg")

        @conversion("t.neg")
        def split(neg, adaptor, rewriter):
            made = rewriter.create("t.neg2", operands=adaptor.flat, results=[value.type for value in adaptor.flat])
            rewriter.replace(neg, [list(made.results)])

        patterns = [*function_conversion(target, converter), *control_flow_conversion(target, converter), split]
        apply_full_conversion(op, target, patterns, converter)
