"""Passes that the tests of pipelines and instrumentation run."""

from iree.compiler import ir

from ireekit.passes import Pass, Statistic, find, option


class Label(Pass):
    """Label functions, in the order they are visited."""

    name = "test-label"
    anchor = "func.func"
    labelled = Statistic("functions labelled")
    text: str = "seen"

    def run(self, op: ir.Operation) -> None:
        self.labelled.increment()
        with op.context:
            op.attributes[f"test.{self.text}"] = ir.IntegerAttr.get(
                ir.IntegerType.get_signless(64), self.labelled.value
            )


class DropUnused(Pass):
    """Erase additions nobody uses, wherever the pipeline is at."""

    name = "test-drop-unused"
    anchor = "any"
    dropped = Statistic("additions erased")
    at_most: int = option(1000, "how many", minimum=0)

    def run(self, op: ir.Operation) -> None:
        for each in find(op, "arith.addi"):
            if self.dropped.value < self.at_most and not list(each.result.uses):
                each.erase()
                self.dropped.increment()


class Clone(Pass):
    """Copy private functions."""

    name = "test-clone"

    def run(self, op: ir.Operation) -> None:
        for each in find(op, "func.func"):
            copy = each.clone(ip=ir.InsertionPoint(each))
            copy.attributes["sym_name"] = ir.StringAttr.get(f"{each.attributes['sym_name'].value}_copy", op.context)


class Refuse(Pass):
    """Refuse functions with an attribute."""

    name = "test-refuse"
    anchor = "func.func"

    def run(self, op: ir.Operation) -> None:
        if "refuse" in op.attributes:
            raise ValueError("this function is refused")
