"""A pass that builds operations of the structure dialect, types inferred, and rewrites what it finds."""

from iree.compiler import ir
from structure import Concat, Groups, MatMul, ResultGroups, Same, Two, structure

from ireekit.passes import Pass, find


class Build(Pass):
    """Build one operation after each marker ``test.build`` in a function, with the function's arguments."""

    name = "test-build"
    anchor = "func.func"
    dependent_dialects = (structure,)

    def run(self, op: ir.Operation) -> None:
        for marker in find(op, "test.build"):
            arguments = list(marker.operands)
            getattr(self, ir.StringAttr(marker.attributes["what"]).value)(marker, *arguments)
            marker.erase()

    def two(self, marker: ir.Operation, a: ir.Value, b: ir.Value) -> None:
        # An element type in common, but the shape of the result does not follow.
        Two(lhs=a, rhs=b, out=a.type, at=marker)

    def groups(self, marker: ir.Operation, i: ir.Value, f: ir.Value) -> None:
        Groups(maybe=i, some=[f, f], at=marker)
        Groups(more=[], at=marker)

    def results(self, marker: ir.Operation) -> None:
        with marker.context:
            i1, f32 = ir.IntegerType.get_signless(1), ir.F32Type.get()
        made = ResultGroups(one=i1, some=[f32, f32], at=marker)
        assert len(made.some) == 2
        assert made.maybe is None

    def wrong_type(self, marker: ir.Operation, a: ir.Value) -> None:
        MatMul(lhs=a, rhs=a, out=a.type, at=marker)

    def missing(self, marker: ir.Operation, a: ir.Value) -> None:
        MatMul(lhs=a, at=marker)  # pyright: ignore[reportCallIssue]

    def unknown(self, marker: ir.Operation, a: ir.Value) -> None:
        Same(a=a, b=a, x=a, z=a, at=marker)  # pyright: ignore[reportCallIssue]

    def default(self, marker: ir.Operation, a: ir.Value) -> None:
        Concat(parts=[a, a], out=a.type, at=marker)
        Concat(parts=[a], axis=1, out=a.type, at=marker)

    def refused(self, marker: ir.Operation, a: ir.Value) -> None:
        Concat(parts=[a], axis=-1, out=a.type, at=marker)


class Count(Pass):
    """Say what views see."""

    name = "test-view"
    anchor = "func.func"
    dependent_dialects = (structure,)

    def run(self, op: ir.Operation) -> None:
        for each in find(op, Groups.name):
            view = Groups.view(each)
            text = f"maybe={view.maybe is not None} some={len(view.some)} more={len(view.more)}"
            each.attributes["seen"] = ir.StringAttr.get(text, context=op.context)
        for each in find(op, Concat.name):
            each.attributes["axis_seen"] = ir.StringAttr.get(str(Concat.view(each).axis), context=op.context)
