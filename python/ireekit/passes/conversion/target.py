"""Which operations a conversion may leave behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ireekit.errors import PassError
from ireekit.passes.rewrite.roots import root_name, root_view

if TYPE_CHECKING:
    from iree.compiler import ir

Legality: TypeAlias = Literal["legal", "illegal", "unknown"]
Test: TypeAlias = "Callable[[Any], bool | None]"


class ConversionTarget:
    """What is legal after a conversion, what must not remain, and what is decided for each operation.

    Operations are given by class or name, dialects by object or name (a name without a dot). What is said of an
    operation goes before what is said of its dialect; what is said later goes before what was said earlier. All methods
    return the target, so that calls can be chained.

    Example::

        target = ConversionTarget().legal("arith", "func", acme).illegal("linalg")
        target.dynamic("func.func", lambda op: converter.is_legal(op.type))
    """

    def __init__(self) -> None:
        self._rules: dict[str, tuple[Legality | Test, Any]] = {}
        self._recursive: set[str] = set()
        self._unknown: Test | None = None

    def legal(self, *what: Any) -> ConversionTarget:
        return self._set("legal", what)

    def illegal(self, *what: Any) -> ConversionTarget:
        return self._set("illegal", what)

    def dynamic(self, what: Any, test: Test) -> ConversionTarget:
        """Operations that are legal where ``test(op)`` is true, illegal where it is false; ``None``: unknown."""
        if not callable(test):
            raise PassError(
                f"{test!r} is no test of an operation", remedy="give a function: target.dynamic(what, test)"
            )
        self._rules[_key(what)] = (test, None if isinstance(what, str) else root_view(what))
        return self

    def recursively_legal(self, *what: Any) -> ConversionTarget:
        """Operations that are legal with all that is in them, which is then not looked at."""
        self._set("legal", what)
        self._recursive.update(map(_key, what))
        return self

    def unknown(self, test: Test) -> ConversionTarget:
        """Decide with ``test(op)`` about operations of which nothing else is said."""
        self._unknown = test
        return self

    def legality(self, op: ir.Operation) -> Legality:
        """What is said of ``op``. Raises what a test raises."""
        name = op.name
        rule, view = self._rules.get(name) or self._rules.get(name.partition(".")[0]) or (self._unknown, None)
        if rule is None:
            return "unknown"
        if not callable(rule):
            return rule
        answer = rule(view(op) if view is not None else op.opview)
        return "unknown" if answer is None else "legal" if answer else "illegal"

    def is_recursively_legal(self, op: ir.Operation) -> bool:
        return bool(self._recursive) and (op.name in self._recursive or op.name.partition(".")[0] in self._recursive)

    def _set(self, legality: Legality, what: tuple[Any, ...]) -> ConversionTarget:
        for each in what:
            self._rules[_key(each)] = (legality, None)
        return self


def _key(what: Any) -> str:
    """The name of an operation or dialect.

    Raises:
      PassError: it is neither.
    """
    if isinstance(what, str) and "." not in what:
        if not what:
            raise PassError("the name of a dialect or operation is empty")
        return what
    namespace = getattr(what, "DIALECT_NAMESPACE", None)
    if namespace is not None:
        return namespace
    name = getattr(what, "name", None)
    if not isinstance(what, type) and isinstance(name, str) and "." not in name:
        return name
    return root_name(what)
