"""Traits: what is known of an operation beyond its fields.

Each is a row of data. Where the compiler lets it, a trait is attached natively to the registered operation, so that
canonicalize, CSE, DCE and every other stock pass act on it; what the compiler does not check is checked by
:func:`ireekit.dialect.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from ireekit.dialect.errors import DefinitionError

Enforcement: TypeAlias = Literal["native", "python"]
EFFECTS = ("read", "write", "allocate", "free")


@dataclass(frozen=True)
class Trait:
    """One trait.

    Attributes:
      name: as MLIR calls it.
      parameters: e.g. the names of the parents that ``HasParent`` allows.
      enforcement: ``"native"``: attached to the registered operation where the build can; ``"python"``: by us only.
      effect: what it says or demands, in one sentence.
    """

    name: str
    parameters: tuple[str, ...] = ()
    enforcement: Enforcement = field(default="native", compare=False)
    effect: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name


Pure = Trait("Pure", effect="no side effects, and may be executed speculatively")
NoMemoryEffect = Trait("NoMemoryEffect", effect="reads and writes no memory")
RecursiveMemoryEffects = Trait(
    "RecursiveMemoryEffects", effect="its effects are those of the operations in its regions"
)
AlwaysSpeculatable = Trait("AlwaysSpeculatable", effect="may be executed where it was not")
RecursivelySpeculatable = Trait(
    "RecursivelySpeculatable",
    effect="may be executed where it was not if the operations in its regions may",
)
Commutative = Trait("Commutative", effect="operands may be exchanged; constants move right")
Idempotent = Trait("Idempotent", effect="f(f(x)) = f(x), f(x, x) = x")
Involution = Trait("Involution", effect="f(f(x)) = x")
ConstantLike = Trait(
    "ConstantLike",
    ("value",),
    effect="no operands, one result: the constant in its attribute",
)
Terminator = Trait("Terminator", effect="ends a block; only terminators have successors")
ReturnLike = Trait("ReturnLike", effect="a terminator that passes its operands on")
NoTerminator = Trait("NoTerminator", effect="its blocks need no terminator")
IsolatedFromAbove = Trait(
    "IsolatedFromAbove",
    effect="its regions use no value defined outside; pass managers may anchor on it and run it in parallel",
)
SingleBlock = Trait("SingleBlock", effect="each region has at most one block")
NoRegionArguments = Trait("NoRegionArguments", effect="entry blocks take no arguments")
Symbol = Trait("Symbol", effect="defines the symbol named by `sym_name`")
SymbolTable = Trait("SymbolTable", effect="its region holds symbols, each name once")
AffineScope = Trait("AffineScope", effect="its region is a scope of affine symbols")
AutomaticAllocationScope = Trait("AutomaticAllocationScope", effect="stack memory of its region is freed at its end")
Elementwise = Trait("Elementwise", effect="maps scalars to scalars, and tensors or vectors element by element")
ElementwiseMappable = Trait(
    "ElementwiseMappable", effect="elementwise, and means the same on scalars, vectors and tensors"
)
SameTypeOperands = Trait("SameTypeOperands", effect="all operands have one type")
SameOperandsElementType = Trait("SameOperandsElementType", effect="all operands have one element type")
SameOperandsShape = Trait("SameOperandsShape", effect="all operands have one shape")
SameOperandsAndResultType = Trait("SameOperandsAndResultType", effect="operands and results have one type")
SameOperandsAndResultElementType = Trait(
    "SameOperandsAndResultElementType", effect="operands and results have one element type"
)
SameOperandsAndResultShape = Trait("SameOperandsAndResultShape", effect="operands and results have one shape")
SameOperandsAndResultRank = Trait("SameOperandsAndResultRank", effect="operands and results have one rank")

TRAITS: dict[str, Trait] = {value.name: value for value in tuple(globals().values()) if isinstance(value, Trait)}
"""Every trait without parameters (and ``ConstantLike``) by its name."""


def MemoryEffects(*effects: str) -> Trait:  # noqa: N802 - reads as the other traits do
    """The memory effects of an operation.

    Args:
      effects: ``"read"``, ``"write"``, ``"allocate"`` (or ``"alloc"``), ``"free"``, of memory as a whole; or, with the
        operand or result that is accessed, ``"read:source"``.

    Raises:
      DefinitionError: an unknown effect.
    """
    rows: list[str] = []
    for effect in effects:
        kind, _, value = effect.partition(":")
        kind = {"alloc": "allocate"}.get(kind, kind)
        if kind not in EFFECTS:
            raise DefinitionError(f"unknown memory effect {effect!r}", remedy=f"one of {', '.join(EFFECTS)}")
        rows.append(f"{kind}:{value}" if value else kind)
    return Trait(
        "MemoryEffects",
        tuple(rows),
        effect="reads, writes, allocates or frees memory as listed",
    )


def HasParent(*parents: str) -> Trait:  # noqa: N802
    """The operation stands directly in a region of one of ``parents`` (full names)."""
    if not parents:
        raise DefinitionError("HasParent needs the name of at least one operation")
    for parent in parents:
        if "." not in parent:
            raise DefinitionError(f"HasParent: {parent!r} is no full name of an operation", remedy="e.g. 'acme.loop'")
    return Trait(
        "HasParent", parents, enforcement="python", effect="stands directly in a region of one of the listed operations"
    )


def constant_like(attribute: str) -> Trait:
    """``ConstantLike`` whose constant is in another attribute than ``value``."""
    return replace(ConstantLike, parameters=(attribute,))
