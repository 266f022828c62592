"""Stating constraints in IRDL."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ireekit.dialect.constraints.base import Constraint


@dataclass(frozen=True)
class _Bases:
    """What a constraint is based on, as IRDL sees it.

    Attributes:
      names: of types and attributes.
      everything: it may be anything.
      enough: the named bases alone, without their parameters, are a weaker form of it.
    """

    names: frozenset[str]
    everything: bool = False
    enough: bool = True


@dataclass
class IrdlEmitter:
    """Collects the statements of one ``irdl.operation``, ``irdl.type`` or ``irdl.attribute``.

    Every use of a constraint gets a statement of its own, since one SSA value used twice means "equal".

    Attributes:
      dialect: the name of the dialect it is for; its own types can be named. ``None``: as if all were its own.
      inexact: what IRDL could not say, one phrase each.
      variables: the SSA name of each ``Var``.
      alternatives: how many unions the statement at hand is nested in.
      types_only: only types can stand where the statement at hand is used, as the types of values.
    """

    dialect: str | None
    lines: list[str] = field(default_factory=list[str])
    inexact: list[str] = field(default_factory=list[str])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    alternatives: int = 0
    types_only: bool = True
    _bases: dict[str, _Bases] = field(default_factory=dict[str, "_Bases"])

    def emit(self, statement: str) -> str:
        """Add ``%n = statement``; ``%n``."""
        name = f"%{len(self.lines)}"
        self.lines.append(f"{name} = {statement}")
        self._bases[name] = self._bases_of(statement)
        return name

    def any_of(self, constraint: Constraint, options: Sequence[Constraint]) -> str:
        """State a union; weaker where IRDL allows it not: its options must differ in what they are based on."""
        start = len(self.lines)
        names = [option.irdl(self) for option in options]
        if len(names) == 1:
            return names[0]
        bases = [self._bases[name] for name in names]
        if any(base.everything for base in bases):
            del self.lines[start:]
            return self.less(constraint)
        seen: set[str] = set()
        shared = {base for each in bases for base in each.names if base in seen or seen.add(base)}
        if not shared:
            return self.emit(f"irdl.any_of({', '.join(names)})")
        clashing = [base for base in bases if base.names & shared]
        if not all(base.enough for base in clashing):
            del self.lines[start:]
            return self.less(constraint)
        rest = [name for name, base in zip(names, bases, strict=True) if not base.names & shared]
        wider = {base for each in clashing for base in each.names}
        rest += [self.emit(f"irdl.base {base}") for base in sorted(wider)]
        if len(rest) == 1:
            self.inexact.append(constraint.describe())
            return rest[0]
        return self.less(constraint, f"irdl.any_of({', '.join(rest)})")

    def all_of(self, options: Sequence[Constraint]) -> str:
        """State an intersection, what says most first: IRDL takes the first for what the whole is based on."""
        names = sorted((option.irdl(self) for option in options), key=lambda name: self._bases[name].everything)
        return self.emit(f"irdl.all_of({', '.join(names)})") if len(names) > 1 else names[0]

    def less(self, constraint: Constraint, statement: str = "irdl.any") -> str:
        """Add a statement that is weaker than ``constraint``, and say so."""
        self.inexact.append(constraint.describe())
        return self.emit(statement)

    @contextmanager
    def among_attributes(self) -> Generator[None]:
        """While statements for attributes and parameters are emitted."""
        before, self.types_only = self.types_only, False
        yield
        self.types_only = before

    def owns(self, name: str) -> bool:
        """Whether the type or attribute of that full name is defined in the text being emitted."""
        return self.dialect is None or name.partition(".")[0] == self.dialect

    def _bases_of(self, statement: str) -> _Bases:
        word, _, rest = statement.partition(" ")
        word, _, arguments = word.partition("(")
        operands = [self._bases[name] for name in re.findall(r"%[0-9]+", f"{arguments} {rest}")]
        match word:
            case "irdl.base" | "irdl.parametric":
                return _Bases(frozenset({rest.partition("<")[0]}))
            case "irdl.is":
                return _Bases(frozenset(), enough=False)
            case "irdl.any_of":
                names = frozenset(name for each in operands for name in each.names)
                return _Bases(names, enough=all(each.enough for each in operands))
            case "irdl.all_of":
                return operands[0]
            case _:
                return _Bases(frozenset(), everything=True, enough=False)
