"""One local name for an operation, and for a type."""

from ireekit.dialect import Dialect, Op, Operand, Result, TypeDef, operand, parameter, result
from ireekit.dialect import constraints as c


class Tile(TypeDef):
    name = "n.tile"
    size: int = parameter(c.IntegerAttr(min=1))


class MakeTile(Op):
    """Has the name of its result's type."""

    name = "n.tile"
    value: Operand = operand(c.F32)
    out: Result = result(Tile)


names = Dialect("n", ops=(MakeTile,), types=(Tile,))
