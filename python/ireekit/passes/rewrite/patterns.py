"""Rewrite patterns: a class with ``match_and_rewrite``, or a decorated function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from ireekit.errors import PassError
from ireekit.passes.rewrite.roots import Root, root_name

if TYPE_CHECKING:
    from ireekit.passes.rewrite.rewriter import NoMatch, Rewriter

MAX_BENEFIT = 65534
"""The compiler keeps benefits in 16 bits, the largest of which means that a pattern is impossible."""

Outcome: TypeAlias = "NoMatch | bool | None"
Function: TypeAlias = "Callable[[Any, Rewriter], Outcome]"


class RewritePattern(ABC):
    """Rewrites one operation, and what hangs on it, wherever it matches.

    Class attributes:
      op: what it matches on: an op class, a name such as ``"linalg.matmul"``, or a tuple of these.
      benefit: from 1 to 65534; of the patterns for one operation those of higher benefit are tried first.
      name: in errors and reports; the class's name unless given.

    Example::

        class DropZero(RewritePattern):
            op = "arith.addi"
            benefit = 2

            def match_and_rewrite(self, op, rewriter):
                if not is_zero(op.rhs):
                    return rewriter.no_match("the right operand is not zero")
                rewriter.replace(op, op.lhs)
    """

    op: ClassVar[Root | tuple[Root, ...]]
    benefit: ClassVar[int] = 1
    name: str = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if getattr(cls, "op", None) is not None:
            check_pattern(cls.name, cls.op, cls.benefit)

    @abstractmethod
    def match_and_rewrite(self, op: Any, rewriter: Rewriter) -> Outcome:
        """Rewrite ``op``, or return before anything is changed where it does not match.

        Args:
          op: the matched operation as a typed view. After ``rewriter.replace(op, ...)`` it may be read until the
            pattern returns, and never later.
          rewriter: through which the IR is changed.

        Returns:
          Nothing: whether it matched follows from whether the rewriter was used. ``rewriter.no_match(reason)`` says
          why not. ``True`` tells that the IR was changed by other means, ``False`` that it was not.
        """

    @property
    def roots(self) -> tuple[Root, ...]:
        return self.op if isinstance(self.op, tuple) else (self.op,)


class FunctionPattern(RewritePattern):
    """What :func:`pattern` makes of a function; still callable as that function."""

    def __init__(self, function: Function, roots: tuple[Root, ...], benefit: int, name: str) -> None:
        self._roots = roots
        self._benefit = benefit
        self.name = name
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        # Bound to the instance: one call less for each operation.
        self.match_and_rewrite = function  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def benefit(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._benefit

    @property
    def roots(self) -> tuple[Root, ...]:
        return self._roots

    def match_and_rewrite(self, op: Any, rewriter: Rewriter) -> Outcome:  # pragma: no cover (shadowed in __init__)
        return self.__wrapped__(op, rewriter)

    def __call__(self, op: Any, rewriter: Rewriter) -> Outcome:
        return self.__wrapped__(op, rewriter)

    def __repr__(self) -> str:
        return f"<pattern {self.name} on {', '.join(map(root_name, self._roots))}>"


def pattern(*roots: Root, benefit: int = 1, name: str | None = None) -> Callable[[Function], FunctionPattern]:
    """A function as a rewrite pattern.

    Args:
      roots: what it matches on: op classes or operation names.
      benefit: see :class:`RewritePattern`.
      name: in errors and reports; the function's name unless given.

    Raises:
      PassError: a root is no operation, or the benefit is out of range.

    Example::

        @pattern("arith.addi", benefit=2)
        def drop_zero(op, rewriter):
            if is_zero(op.rhs):
                rewriter.replace(op, op.lhs)
    """

    if any(isinstance(root, FunctionType) for root in cast("tuple[object, ...]", roots)):
        raise PassError("the pattern matches on no operation", remedy='name one: @pattern("linalg.matmul")')

    def decorate(function: Function) -> FunctionPattern:
        label = name or getattr(function, "__name__", type(function).__name__)
        check_pattern(label, roots, benefit)
        return FunctionPattern(function, roots, benefit, label)

    return decorate


def check_pattern(name: str, op: Root | tuple[Root, ...], benefit: int) -> None:
    """Refuse a pattern's roots or benefit.

    Raises:
      PassError: a root is no operation, or the benefit is out of range.
    """
    roots = op if isinstance(op, tuple) else (op,)
    if not roots:
        raise PassError(f"pattern {name} matches on no operation", remedy='name one: @pattern("linalg.matmul")')
    for root in roots:
        if callable(root) and not isinstance(root, type):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PassError(f"pattern {name} matches on no operation", remedy='call the decorator: @pattern("a.b")')
        root_name(root)
    if not isinstance(benefit, int) or isinstance(benefit, bool) or not 1 <= benefit <= MAX_BENEFIT:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PassError(f"pattern {name}: benefit={benefit!r} is not an integer from 1 to {MAX_BENEFIT}")
