"""How a conversion changes types: one to one, one to several, or one to none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.errors import PassError

if TYPE_CHECKING:
    from iree.compiler import ir

Conversion: TypeAlias = "Callable[[Any], ir.Type | Sequence[ir.Type] | None]"
Materialization: TypeAlias = "Callable[[Sequence[ir.Value], Sequence[ir.Type]], ir.Value | Sequence[ir.Value] | None]"

_UNKNOWN: Any = object()


class TypeConverter:
    """Rules by which types are converted; a type that no rule speaks of is legal as it is.

    Example::

        converter = TypeConverter()

        @converter.convert(ir.F64Type)
        def narrow(type):
            return ir.F32Type.get()

        @converter.convert(Pair)                  # a type of a dialect of ours: one value becomes two
        def split(pair):
            return [pair.first, pair.second]
    """

    def __init__(self) -> None:
        self._rules: list[tuple[Any, Conversion]] = []
        self._known: dict[Any, list[Any] | None] = {}
        self.source_materializations: list[Materialization] = []
        self.target_materializations: list[Materialization] = []

    def convert(self, *kinds: Any) -> Callable[[Conversion], Conversion]:
        """A rule for types of the classes ``kinds``, all types if there are none. Later rules are asked first.

        The function returns the converted type, several of them, an empty list (values of the type vanish), or
        ``None`` where it does not apply. A rule that returns the type itself declares it legal.
        """

        def decorate(rule: Conversion) -> Conversion:
            for kind in kinds or (None,):
                self._rules.insert(0, (kind, rule))
            self._known.clear()
            return rule

        return decorate

    def replace(self, old: Any, new: Any) -> TypeConverter:
        """Convert exactly the type ``old`` to ``new``, a type or several; returns the converter."""
        self._rules.insert(0, (None, lambda given: new if given == old else None))
        self._known.clear()
        return self

    def source(self, function: Materialization) -> Materialization:
        """How ``function(values, types)`` makes a value of an old type of converted ones, for users left unconverted.

        It creates operations at the insertion point, and returns ``None`` where it does not apply.
        """
        self.source_materializations.insert(0, function)
        return function

    def target(self, function: Materialization) -> Materialization:
        """How ``function(values, types)`` makes values of converted types of one of an old type."""
        self.target_materializations.insert(0, function)
        return function

    def converted(self, type: ir.Type) -> list[ir.Type]:  # noqa: A002 (the field's own term)
        """What ``type`` becomes.

        Raises:
          PassError: a rule returns something that is no type.
        """
        found = self._known.get(type, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._known[type] = self._located(type)
        return [type] if found is None else found

    def converted_types(self, types: Iterable[ir.Type]) -> list[ir.Type]:
        """What ``types`` become, one after the other."""
        return [made for each in types for made in self.converted(each)]

    def forget(self) -> None:
        """Drop what is remembered about types, which keeps their contexts alive. Conversions do so when they end."""
        self._known.clear()

    def is_legal(self, type: ir.Type) -> bool:  # noqa: A002
        found = self.converted(type)
        return len(found) == 1 and found[0] == type

    def are_legal(self, op: Any) -> bool:
        """Whether the types of all operands, results and block arguments of ``op`` are legal."""
        operation = op.operation
        return (
            all(self.is_legal(each.type) for each in operation.operands)
            and all(self.is_legal(each.type) for each in operation.results)
            and all(
                self.is_legal(argument.type)
                for region in operation.regions
                for block in region
                for argument in block.arguments
            )
        )

    def _located(self, type: ir.Type) -> list[Any] | None:  # noqa: A002
        from iree.compiler import ir

        # Some types are only made where there is a location to complain at.
        with type.context, ir.Location.unknown(type.context):
            return self._apply(type)

    def _apply(self, type: ir.Type) -> list[Any] | None:  # noqa: A002
        from iree.compiler import ir

        for kind, rule in self._rules:
            given: Any = type if kind is None else _as_kind(type, kind)
            if given is None:
                continue
            made: Any = rule(given)
            if made is None:
                continue
            types = [made] if isinstance(made, ir.Type) else list(made)
            for each in types:
                if not isinstance(each, ir.Type):
                    raise PassError(f"a rule of the type converter makes {each!r} of {type}, which is no type")
            return types
        return None


def _as_kind(type: Any, kind: Any) -> Any:  # noqa: A002
    """``type`` as one of class ``kind``, of the bindings or of ours; ``None`` where it is none."""
    view = getattr(kind, "view", None) if hasattr(kind, "model") else None
    if view is not None:
        try:
            return view(type)
        except Exception:  # not of that class
            return None
    if isinstance(type, kind):
        return type
    isinstance_of = getattr(kind, "isinstance", None)
    return kind(type) if isinstance_of is not None and isinstance_of(type) else None
