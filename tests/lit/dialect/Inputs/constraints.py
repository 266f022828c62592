"""One operation for each constraint: ``t.NAME`` has an operand ``x`` of it, ``a.NAME`` an attribute ``x``."""

from ireekit.dialect import AttrDef, Dialect, EnumAttr, Op, Operand, TypeDef, attribute, operand, parameter
from ireekit.dialect import constraints as c


class Box(TypeDef):
    """A type with parameters."""

    name = "t.box"
    element: object = parameter(c.AnyOf(c.F32, c.F16))
    size: int = parameter(c.IntegerAttr(min=1))


class Even(TypeDef):
    """A type with a verifier."""

    name = "t.even"
    size: int = parameter(c.IntegerAttr())

    def verify(self) -> None:
        if self.size % 2:
            self.error("the size is odd")


class Plain(TypeDef):
    """A type without parameters."""

    name = "t.plain"


class Span(AttrDef):
    """An attribute with parameters."""

    name = "a.span"
    first: int = parameter(c.IntegerAttr(c.I64))
    last: int = parameter(c.IntegerAttr(c.I64))

    def verify(self) -> None:
        if self.first > self.last:
            self.error(f"first {self.first} is behind last {self.last}")


class Mode(EnumAttr):
    name = "a.mode"
    fast = 0
    exact = 7


class Side(EnumAttr):
    name = "a.side"
    left = "left"
    right = "right"


TYPES = {
    "any": c.AnyType,
    "i32": c.I32,
    "i8_or_i16": c.Integer(8, 16),
    "si8": c.SI8,
    "ui16": c.UI16,
    "any_integer": c.AnyInteger,
    "signless": c.AnySignlessInteger,
    "any_float": c.AnyFloat,
    "f32": c.F32,
    "bf16": c.BF16,
    "f8": c.F8E4M3FN,
    "index": c.Index,
    "none": c.NoneType,
    "function": c.FunctionType,
    "tuple": c.Tuple,
    "complex": c.Complex(),
    "complex_f64": c.Complex(c.F64),
    "any_tensor": c.AnyTensor,
    "tensor_f32": c.Tensor(element=c.F32),
    "tensor_rank2": c.Tensor(rank=2),
    "tensor_shape": c.Tensor(shape="4x?x:"),
    "tensor_square": c.Tensor(shape="nxn"),
    "tensor_static": c.Tensor(static=True),
    "tensor_scalar": c.Tensor(rank=0),
    "vector": c.Vector(element=c.AnyFloat, rank=1),
    "memref": c.MemRef(element=c.I8, rank=1),
    "memref_space": c.MemRef(space=c.Is("3 : i64")),
    "unranked_tensor": c.UnrankedTensor(c.F32),
    "unranked_memref": c.UnrankedMemRef(),
    "is": c.Is("tensor<4xf32>"),
    "any_of": c.AnyOf(c.F32, c.Index, c.Tensor(rank=1)),
    "all_of": c.AllOf(c.Tensor(rank=2), c.Tensor(element=c.F16)),
    "union": c.F32 | c.F64,
    "any_box": Box,
    "box_f32": c.Parametric(Box, element=c.F32),
    "any_even": Even,
    "any_plain": Plain,
    "named": c.Named("!hal.buffer_view"),
    "predicate": c.AnySignlessInteger & c.Predicate(lambda x: x.width % 8 == 0, "a whole number of bytes"),
}

ATTRIBUTES = {
    "any": c.AnyAttr,
    "i64": c.I64,
    "index": c.Index,
    "f32": c.F32,
    "float": c.FloatAttr(),
    "integer": c.IntegerAttr(),
    "positive": c.IntegerAttr(c.I32, min=1),
    "percent": c.IntegerAttr(c.I32, min=0, max=100),
    "bool": c.BoolAttr(),
    "string": c.StringAttr(),
    "choice": c.StringAttr("row", "column"),
    "unit": c.UnitAttr(),
    "type": c.TypeAttr(),
    "float_type": c.TypeAttr(c.AnyFloat),
    "symbol": c.SymbolRef(),
    "flat_symbol": c.FlatSymbolRef(),
    "map": c.AffineMapAttr,
    "set": c.IntegerSetAttr,
    "array": c.ArrayAttr(),
    "integers": c.ArrayAttr(c.I32),
    "pair": c.ArrayAttr(c.StringAttr(), length=2),
    "dense": c.DenseArray(c.I64),
    "dense3": c.DenseArray(c.I32, length=3),
    "dictionary": c.DictAttr(),
    "elements": c.ElementsAttr(),
    "weights": c.ElementsAttr(c.Tensor(element=c.F32)),
    "any_mode": Mode,
    "any_side": Side,
    "any_span": Span,
    "is": c.Is("42 : i32"),
    "either": c.AnyOf(c.StringAttr(), c.IntegerAttr(c.I32)),
    "named": c.Named("#hal.device.promise"),
}


def with_operand(full: str, constraint: object) -> type[Op]:
    class WithOperand(Op):
        name = full
        x: Operand = operand(constraint)

    return WithOperand


def with_attribute(full: str, constraint: object) -> type[Op]:
    class WithAttribute(Op):
        name = full
        x: object = attribute(constraint)

    return WithAttribute


types = Dialect("t", ops=[with_operand(f"t.{name}", each) for name, each in TYPES.items()], types=(Box, Even, Plain))
attributes = Dialect(
    "a",
    ops=[with_attribute(f"a.{name}", each) for name, each in ATTRIBUTES.items()],
    attributes=(Span,),
    enums=(Mode, Side),
)
