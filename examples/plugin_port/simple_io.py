"""The dialect ``simple_io``, its lowering, and the pipeline that makes both a plugin of the stock compiler."""

from iree.compiler import ir
from iree.compiler.dialects import func

from ireekit import Pass, Pipeline
from ireekit.dialect import Dialect, Op
from ireekit.passes import find

HOST_FUNCTION = "simple_io.print"


class Print(Op):
    """Have the host print."""

    name = "simple_io.print"
    assembly_format = "attr-dict"


class LegalizeSimpleIO(Pass):
    """Lower the operations of simple_io to calls of functions that the host provides."""

    name = "iree-simpleio-legalize"

    def run(self, op: ir.Operation) -> None:
        with ir.InsertionPoint.at_block_begin(op.regions[0].blocks[0]), op.location:
            func.FuncOp(HOST_FUNCTION, ([], []), visibility="private")
        for each in find(op, Print.name):
            with ir.InsertionPoint(each), each.location:
                func.CallOp([], HOST_FUNCTION, [])
            each.erase()


simple_io = Dialect("simple_io", ops=(Print,))
pipeline = Pipeline("simple_io", dialects=(simple_io,)).input("simple_io", LegalizeSimpleIO())
