"""Tensors, memrefs and vectors: element type, rank, shape patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ireekit.dialect.constraints.base import Constraint, Domain, Scope, as_constraint, ir_of
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.constraints.logic import Anything, AnyType
from ireekit.dialect.errors import DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir


class Shaped(Constraint):
    """Base of the shaped types.

    Args:
      element: constraint of the element type.
      rank: the number of dimensions.
      shape: a pattern, e.g. ``"4x?x8"`` or ``(4, "?", "n")``: a number is that static extent; ``?`` any extent,
        static or dynamic; ``:`` a static one of any size; a name any extent, static extents of one name being equal
        (within this type; between fields use :class:`ShapeRelation`).
      static: all extents are static.
    """

    domain: Domain = "type"
    kind: ClassVar[str]
    cls: ClassVar[str]

    def __init__(
        self,
        element: object = None,
        *,
        rank: int | None = None,
        shape: str | Sequence[int | str] | None = None,
        static: bool = False,
    ) -> None:
        self.element = AnyType if element is None else as_constraint(element, type(self).__name__)
        self.pattern = None if shape is None else _pattern(shape)
        self.rank = len(self.pattern) if rank is None and self.pattern is not None else rank
        self.static = static
        if self.rank is not None and self.rank < 0:
            raise DefinitionError(f"{self.kind}: rank {self.rank} is negative")
        if self.pattern is not None and self.rank != len(self.pattern):
            raise DefinitionError(f"{self.kind}: rank {rank} and a shape of {len(self.pattern)} extents")

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, getattr(ir_of(value), self.cls)):
            return self.mismatch(value)
        problem = self.element.check(value.element_type, scope)
        if problem is not None:
            return f"element type of {value}: {problem}"
        shape = extents(value)
        if self.rank is not None and len(shape) != self.rank:
            return f"expected {self.describe()}, found rank {len(shape)}: {value}"
        if self.static and None in shape:
            return f"expected {self.describe()}, found a dynamic extent: {value}"
        return None if self._fits(shape) else self.mismatch(value)

    def describe(self) -> str:
        parts = ["static"] if self.static else []
        if self.pattern is not None:
            parts.append("x".join(str(extent) for extent in self.pattern) or "0-d")
        elif self.rank is not None:
            parts.append(f"rank-{self.rank}")
        parts.append(self.kind)
        if self.element is not AnyType:
            parts.append(f"of {self.element.describe()}")
        return " ".join(parts)

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = f'irdl.base "!builtin.{self.kind}"'
        says_all = self.element in {AnyType, Anything} and self.rank is None and not self.static
        return emitter.emit(statement) if says_all else emitter.less(self, statement)

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | None:
        if not self._static_pattern:
            return None
        element = self.element.infer(scope, context)
        return None if element is None else self._make(list(self.pattern or ()), element)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.element,)

    @property
    def unique(self) -> bool:
        return self._static_pattern and self.element.unique and self.kind != "memref"

    @property
    def _static_pattern(self) -> bool:
        return self.pattern is not None and all(isinstance(extent, int) for extent in self.pattern)

    def _make(self, shape: list[Any], element: Any) -> Any:
        raise NotImplementedError

    def _fits(self, shape: Sequence[int | None]) -> bool:
        if self.pattern is None:
            return True
        named: dict[str, int] = {}
        for wanted, extent in zip(self.pattern, shape, strict=True):
            if wanted == "?":
                continue
            if wanted == ":" or isinstance(wanted, int):
                if extent is None or wanted not in {":", extent}:
                    return False
            elif extent is not None and named.setdefault(wanted, extent) != extent:
                return False
        return True


class Tensor(Shaped):
    """Ranked tensors."""

    kind = "tensor"
    cls = "RankedTensorType"

    def _make(self, shape: list[Any], element: Any) -> Any:
        module = ir_of(element)
        return module.RankedTensorType.get(shape, element, loc=module.Location.unknown(element.context))


class Vector(Shaped):
    """Vectors."""

    kind = "vector"
    cls = "VectorType"

    def _make(self, shape: list[Any], element: Any) -> Any:
        module = ir_of(element)
        return module.VectorType.get(shape, element, loc=module.Location.unknown(element.context))


class MemRef(Shaped):
    """Ranked memrefs of any layout; ``space``: constraint of the memory space attribute, where there is one."""

    kind = "memref"
    cls = "MemRefType"

    def __init__(
        self,
        element: object = None,
        *,
        rank: int | None = None,
        shape: str | Sequence[int | str] | None = None,
        static: bool = False,
        space: object = None,
    ) -> None:
        super().__init__(element, rank=rank, shape=shape, static=static)
        self.space = None if space is None else as_constraint(space, "MemRef space")

    def check(self, value: Any, scope: Scope) -> str | None:
        problem = super().check(value, scope)
        if problem is not None or self.space is None:
            return problem
        if value.memory_space is None:
            return f"expected memory space {self.space.describe()}, found none: {value}"
        problem = self.space.check(value.memory_space, scope)
        return None if problem is None else f"memory space of {value}: {problem}"

    def describe(self) -> str:
        text = super().describe()
        return text if self.space is None else f"{text} in memory space {self.space.describe()}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        if self.space is not None:
            return emitter.less(self, 'irdl.base "!builtin.memref"')
        return super().irdl(emitter)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return super().children if self.space is None else (*super().children, self.space)

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | None:
        return None


class UnrankedTensor(Constraint):
    """Unranked tensors of ``element``."""

    domain: Domain = "type"
    kind: ClassVar[str] = "unranked_tensor"
    cls: ClassVar[str] = "UnrankedTensorType"

    def __init__(self, element: object = None) -> None:
        self.element = AnyType if element is None else as_constraint(element, type(self).__name__)

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, getattr(ir_of(value), self.cls)):
            return self.mismatch(value)
        problem = self.element.check(value.element_type, scope)
        return None if problem is None else f"element type of {value}: {problem}"

    def describe(self) -> str:
        text = self.kind.replace("_", " ")
        return text if self.element is AnyType else f"{text} of {self.element.describe()}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = f'irdl.base "!builtin.{self.kind}"'
        return emitter.emit(statement) if self.element is AnyType else emitter.less(self, statement)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.element,)


class UnrankedMemRef(UnrankedTensor):
    """Unranked memrefs of ``element``."""

    kind: ClassVar[str] = "unranked_memref"
    cls: ClassVar[str] = "UnrankedMemRefType"


def extents(value: Any) -> tuple[int | None, ...]:
    """Extents of a ranked shaped type; ``None`` where dynamic."""
    return tuple(None if value.is_dynamic_dim(index) else value.get_dim_size(index) for index in range(value.rank))


def _pattern(shape: str | Sequence[int | str]) -> tuple[int | str, ...]:
    parts = [part for part in shape.split("x") if part] if isinstance(shape, str) else list(shape)
    extents: list[int | str] = []
    for part in parts:
        extent = int(part) if isinstance(part, str) and part.strip().isdigit() else part
        known = isinstance(extent, int) and extent >= 0
        if not known and not (isinstance(extent, str) and (extent in {"?", ":"} or extent.isidentifier())):
            raise DefinitionError(f"shape {shape!r}: {part!r} is no number, '?', ':' or name")
        extents.append(extent)
    return tuple(extents)
