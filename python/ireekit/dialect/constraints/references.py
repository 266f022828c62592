"""Attributes that refer to something or describe an access: symbols, affine maps, integer sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints.base import Constraint, Scope, bare, ir_of
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.errors import ConstraintError

if TYPE_CHECKING:
    from iree.compiler import ir


class SymbolRef(Constraint):
    """A reference to a symbol, ``@a`` or nested ``@a::@b``; ``flat``: not nested. A string in Python, ``"a::b"``."""

    converts = True

    def __init__(self, *, flat: bool = False) -> None:
        self.flat = flat

    def check(self, value: Any, scope: Scope) -> str | None:
        module = ir_of(value)
        kinds = (module.FlatSymbolRefAttr,) if self.flat else (module.SymbolRefAttr, module.FlatSymbolRefAttr)
        return None if isinstance(value, kinds) else self.mismatch(value)

    def describe(self) -> str:
        return "flat symbol reference" if self.flat else "symbol reference"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = 'irdl.base "#builtin.symbol_ref"'
        return emitter.less(self, statement) if self.flat else emitter.emit(statement)

    @property
    def python(self) -> str:
        return "str"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if not isinstance(value, str):
            return super().to_attribute(value, context)
        names = [name.removeprefix("@") for name in value.split("::")]
        if not all(names) or (self.flat and len(names) > 1):
            raise ConstraintError(f"expected {self.describe()}, found {value!r}")
        with context:
            return ir_of(context).SymbolRefAttr.get(names)

    def to_python(self, attribute: ir.Attribute) -> Any:
        value: Any = bare(attribute)
        parts = value.value
        return parts if isinstance(parts, str) else "::".join(parts)


class FlatSymbolRef(SymbolRef):
    """A reference to a symbol of the nearest table: ``@a``. A string in Python."""

    def __init__(self) -> None:
        super().__init__(flat=True)


class BuiltinAttr(Constraint):
    """Any attribute of one of the builtin dialect's kinds; Python values are the bindings' own objects."""

    def __init__(self, name: str, cls: str, noun: str) -> None:
        self.name = name
        self.cls = cls
        self.noun = noun

    def check(self, value: Any, scope: Scope) -> str | None:
        return None if isinstance(value, getattr(ir_of(value), self.cls)) else self.mismatch(value)

    def describe(self) -> str:
        return self.noun

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.emit(f'irdl.base "#builtin.{self.name}"')

    @property
    def python(self) -> str:
        return f"ir.{self.cls}"


class _AffineMap(BuiltinAttr):
    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        module = ir_of(context)
        return (
            module.AffineMapAttr.get(value)
            if isinstance(value, module.AffineMap)
            else super().to_attribute(value, context)
        )

    def to_python(self, attribute: ir.Attribute) -> Any:
        return bare(attribute).value

    @property
    def python(self) -> str:
        return "ir.AffineMap"


AffineMapAttr = _AffineMap("affine_map", "AffineMapAttr", "affine map")
IntegerSetAttr = BuiltinAttr("integer_set", "IntegerSetAttr", "integer set")
