"""Conversion patterns, and the operands they are given: those of the operation, converted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.errors import PassError
from ireekit.passes.rewrite.patterns import Outcome, RewritePattern, check_pattern
from ireekit.passes.rewrite.roots import Root

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.passes.conversion.rewriter import ConversionRewriter

Function: TypeAlias = "Callable[[Any, Adaptor, ConversionRewriter], Outcome]"


class Adaptor:
    """The converted operands of an operation.

    ``adaptor.lhs`` is what the operation's field ``lhs`` has become: a value where one value stays one, a tuple of
    values where it becomes several, and a list of these for a variadic field.

    Attributes:
      groups: for each operand in order, the values it has become.
    """

    def __init__(self, op: Any, groups: Sequence[tuple[ir.Value, ...]]) -> None:
        self._op = op
        self.groups = tuple(groups)

    @property
    def operands(self) -> list[ir.Value]:
        """One value for each operand.

        Raises:
          PassError: an operand became several values or none.
        """
        for index, group in enumerate(self.groups):
            if len(group) != 1:
                raise PassError(
                    f"operand {index} of {self._op.operation.name} became {len(group)} values",
                    remedy="use adaptor.groups, or adaptor.flat",
                )
        return [group[0] for group in self.groups]

    @property
    def flat(self) -> list[ir.Value]:
        """All values, one after the other."""
        return [value for group in self.groups for value in group]

    def __getitem__(self, index: int) -> Any:
        """What operand ``index`` became: a value, or a tuple of values."""
        return _single(self.groups[index])

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[Any]:
        return iter([_single(group) for group in self.groups])

    def __getattr__(self, field: str) -> Any:
        if field.startswith("_"):
            raise AttributeError(field)
        return self._converted(getattr(self._op, field), field)

    def _converted(self, value: Any, field: str) -> Any:
        if value is None:
            return None
        if hasattr(value, "uses"):
            for operand, group in zip(self._op.operation.operands, self.groups, strict=True):
                if operand == value:
                    return _single(group)
            raise AttributeError(f"{field} of {self._op.operation.name} is no operand")
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise AttributeError(f"{field} of {self._op.operation.name} is no operand")
        return [self._converted(each, field) for each in value]


class ConversionPattern(RewritePattern):
    """Converts one operation to legal ones.

    Class attributes are those of :class:`~ireekit.passes.rewrite.RewritePattern`.

    Example::

        class LowerAdd(ConversionPattern):
            op = Add

            def match_and_rewrite(self, op, adaptor, rewriter):
                rewriter.replace(op, arith.addf(adaptor.lhs, adaptor.rhs))
    """

    @abstractmethod
    def match_and_rewrite(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, op: Any, adaptor: Adaptor, rewriter: ConversionRewriter
    ) -> Outcome:
        """Convert ``op``, or return before anything is changed where it does not match.

        Args:
          op: as a typed view, with its operands as they were.
          adaptor: its operands converted.
          rewriter: through which the IR is changed; ``rewriter.replace`` takes values of the converted types.
        """


class FunctionConversion(ConversionPattern):
    """What :func:`conversion` makes of a function."""

    def __init__(self, function: Function, roots: tuple[Root, ...], benefit: int, name: str) -> None:
        self._roots = roots
        self._benefit = benefit
        self._function = function
        self.name = name
        self.__wrapped__ = function
        self.__doc__ = function.__doc__

    @property
    def benefit(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._benefit

    @property
    def roots(self) -> tuple[Root, ...]:
        return self._roots

    def match_and_rewrite(self, op: Any, adaptor: Adaptor, rewriter: ConversionRewriter) -> Outcome:
        return self._function(op, adaptor, rewriter)

    def __call__(self, op: Any, adaptor: Adaptor, rewriter: ConversionRewriter) -> Outcome:
        return self._function(op, adaptor, rewriter)


def conversion(*roots: Root, benefit: int = 1, name: str | None = None) -> Callable[[Function], FunctionConversion]:
    """A function as a conversion pattern; see :class:`ConversionPattern`.

    Raises:
      PassError: a root is no operation, or the benefit is out of range.

    Example::

        @conversion(Add)
        def lower_add(op, adaptor, rewriter):
            rewriter.replace(op, arith.addf(adaptor.lhs, adaptor.rhs))
    """

    def decorate(function: Function) -> FunctionConversion:
        label = name or getattr(function, "__name__", type(function).__name__)
        check_pattern(label, roots, benefit)
        return FunctionConversion(function, roots, benefit, label)

    return decorate


def _single(group: tuple[ir.Value, ...]) -> Any:
    return group[0] if len(group) == 1 else group
