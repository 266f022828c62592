"""Numbers as types: integers by width and sign, floats, index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ireekit.dialect.constraints.base import Constraint, Domain, Scope, as_constraint, ir_of, is_type
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.errors import DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir

Sign: TypeAlias = Literal["signless", "signed", "unsigned"]

_PREFIX: dict[str, str] = {"signless": "i", "signed": "si", "unsigned": "ui"}

FLOATS = [
    "f16",
    "bf16",
    "f32",
    "f64",
    "tf32",
    "f80",
    "f128",
    "f8E5M2",
    "f8E4M3",
    "f8E4M3FN",
    "f8E5M2FNUZ",
    "f8E4M3FNUZ",
    "f8E4M3B11FNUZ",
    "f8E3M4",
    "f8E8M0FNU",
    "f6E2M3FN",
    "f6E3M2FN",
    "f4E2M1FN",
]


class ScalarType(Constraint):
    """Base of the number types. In an attribute's place it means a number of that type."""

    domain: Domain = "type"
    scalar: bool = True


class Integer(ScalarType):
    """Integer types.

    Args:
      widths: the widths allowed, in bits; none: any.
      sign: the signedness demanded; ``None``: any.
    """

    def __init__(self, *widths: int, sign: Sign | None = "signless") -> None:
        if any(width < 1 for width in widths):
            raise DefinitionError(f"Integer: widths are positive, not {widths}")
        if sign is not None and sign not in _PREFIX:
            raise DefinitionError(f"Integer: unknown sign {sign!r}", remedy=f"one of {', '.join(_PREFIX)}, or None")
        self.widths = widths
        self.sign: Sign | None = sign

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, ir_of(value).IntegerType):
            return self.mismatch(value)
        if self.widths and value.width not in self.widths:
            return self.mismatch(value)
        return None if self.sign in {None, _sign(value)} else self.mismatch(value)

    def describe(self) -> str:
        if not self.widths:
            return f"{self.sign} integer type" if self.sign else "integer type"
        return " or ".join(self._names())

    def irdl(self, emitter: IrdlEmitter) -> str:
        if not self.widths:
            statement = 'irdl.base "!builtin.integer"'
            return emitter.emit(statement) if self.sign is None else emitter.less(self, statement)
        names = [emitter.emit(f"irdl.is {name}") for name in self._names()]
        return emitter.emit(f"irdl.any_of({', '.join(names)})") if len(names) > 1 else names[0]

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | None:
        if not self.unique:
            return None
        return getattr(ir_of(context).IntegerType, f"get_{self.sign}")(self.widths[0], context=context)

    @property
    def unique(self) -> bool:
        return len(self.widths) == 1 and self.sign is not None

    def holds(self, number: int) -> bool:
        """Whether some type allowed can hold ``number``. A signless one is read either way: i8 takes -128 to 255."""
        width = max(self.widths, default=None)
        if width is None:
            return number >= 0 or self.sign != "unsigned"
        low = 0 if self.sign == "unsigned" else -(2 ** (width - 1))
        return low <= number < (2 ** (width - 1) if self.sign == "signed" else 2**width)

    def _names(self) -> list[str]:
        prefixes = _PREFIX.values() if self.sign is None else (_PREFIX[self.sign],)
        return [f"{prefix}{width}" for width in self.widths for prefix in prefixes]


class Float(ScalarType):
    """Floating-point types by their names in MLIR; none: any."""

    def __init__(self, *names: str) -> None:
        unknown = [name for name in names if name not in FLOATS]
        if unknown:
            raise DefinitionError(
                f"Float: unknown floating-point type {unknown[0]!r}", remedy=f"one of {', '.join(FLOATS)}"
            )
        self.names = names

    def check(self, value: Any, scope: Scope) -> str | None:
        # By name: the bindings have no classes for some of them.
        return None if is_type(value) and str(value) in (self.names or FLOATS) else self.mismatch(value)

    def describe(self) -> str:
        return " or ".join(self.names) or "floating-point type"

    def irdl(self, emitter: IrdlEmitter) -> str:
        names = [emitter.emit(f"irdl.is {name}") for name in self.names or FLOATS]
        return emitter.emit(f"irdl.any_of({', '.join(names)})") if len(names) > 1 else names[0]

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | None:
        return ir_of(context).Type.parse(self.names[0], context=context) if self.unique else None

    @property
    def unique(self) -> bool:
        return len(self.names) == 1


class _Index(ScalarType):
    def check(self, value: Any, scope: Scope) -> str | None:
        return None if isinstance(value, ir_of(value).IndexType) else self.mismatch(value)

    def describe(self) -> str:
        return "index"

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.emit("irdl.is index")

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | None:
        return ir_of(context).IndexType.get(context=context)

    @property
    def unique(self) -> bool:
        return True


class Builtin(Constraint):
    """Any type of one of the builtin dialect's kinds, e.g. ``Builtin("tuple", "TupleType")``."""

    domain: Domain = "type"

    def __init__(self, name: str, cls: str) -> None:
        self.name = name
        self.cls = cls

    def check(self, value: Any, scope: Scope) -> str | None:
        return None if isinstance(value, getattr(ir_of(value), self.cls)) else self.mismatch(value)

    def describe(self) -> str:
        return f"{self.name} type"

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.emit(f'irdl.base "!builtin.{self.name}"')


class Complex(Constraint):
    """Complex numbers of ``element``."""

    domain: Domain = "type"

    def __init__(self, element: object = None) -> None:
        self.element = Float() if element is None else as_constraint(element, "Complex")

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, ir_of(value).ComplexType):
            return self.mismatch(value)
        problem = self.element.check(value.element_type, scope)
        return None if problem is None else f"element type of {value}: {problem}"

    def describe(self) -> str:
        return f"complex of {self.element.describe()}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.less(self, 'irdl.base "!builtin.complex"')

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | None:
        element = self.element.infer(scope, context)
        return None if element is None else ir_of(context).ComplexType.get(element)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.element,)

    @property
    def unique(self) -> bool:
        return self.element.unique


def _sign(value: Any) -> str:
    if value.is_signless:
        return "signless"
    return "signed" if value.is_signed else "unsigned"


AnyInteger = Integer(sign=None)
"""Integers of any width and sign."""
AnySignlessInteger = Integer()
AnyFloat = Float()
"""Any floating-point type."""
Index = _Index()
I1, I4, I8, I16, I32, I64 = (Integer(width) for width in (1, 4, 8, 16, 32, 64))
SI8, SI16, SI32, SI64 = (Integer(width, sign="signed") for width in (8, 16, 32, 64))
UI8, UI16, UI32, UI64 = (Integer(width, sign="unsigned") for width in (8, 16, 32, 64))
F16, BF16, F32, F64, TF32 = (Float(name) for name in ("f16", "bf16", "f32", "f64", "tf32"))
F8E5M2, F8E4M3FN, F8E5M2FNUZ, F8E4M3FNUZ = (Float(name) for name in ("f8E5M2", "f8E4M3FN", "f8E5M2FNUZ", "f8E4M3FNUZ"))
F4E2M1FN = Float("f4E2M1FN")
NoneType = Builtin("none", "NoneType")
FunctionType = Builtin("function", "FunctionType")
Tuple = Builtin("tuple", "TupleType")
