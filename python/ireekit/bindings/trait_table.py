"""Traits that can be attached to operations defined at run time, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntFlag
from types import MappingProxyType


class Fold(IntFlag):
    """Rules of the native fold hook, as ``plugin/native/folds.cc`` numbers them."""

    CONSTANT = 1
    IDEMPOTENT = 2
    INVOLUTION = 4
    COMMUTATIVE = 8


class Speculation(Enum):
    """Whether an operation may run where it would not have run."""

    ALWAYS = False
    RECURSIVE = True


@dataclass(frozen=True)
class NativeTrait:
    """How the compiler learns of one trait.

    Attributes:
      type_id: class name of the trait in C++ (``mlir::OpTrait::...``), for those that passes ask for.
      more_ids: further such names that the trait stands for.
      public: class of ``iree.compiler.ir`` that attaches it without any native code of ours.
      before: function that verifies its rule before the regions are verified: one of the compiler's, or of the native
        library where it starts with ``ireekit_``.
      after: likewise, after the regions.
      fold: rule of the native fold hook.
      effects: it says what the memory effects are.
      speculation: it says when the operation may be executed speculatively.
      symbol: it implements ``SymbolOpInterface``.
      passes: stock passes that act differently because of it.
      remark: what to know about it, for the documentation.
    """

    type_id: str = ""
    more_ids: tuple[str, ...] = ()
    public: str = ""
    before: str = ""
    after: str = ""
    fold: Fold | None = None
    effects: bool = False
    speculation: Speculation | None = None
    symbol: bool = False
    passes: tuple[str, ...] = ()
    remark: str = ""

    @property
    def has_rule(self) -> bool:
        """Whether there is something to verify."""
        return bool(self.before or self.after or self.public in ("IsTerminatorTrait", "IsIsolatedFromAboveTrait"))


_MOTION = ("canonicalize", "cse", "loop-invariant-code-motion")


def _same(what: str) -> NativeTrait:
    return NativeTrait(type_id=what, before=f"verify{what}", remark="verified; no stock pass asks for it")


NATIVE_TRAITS: Mapping[str, NativeTrait] = MappingProxyType(
    {
        "Pure": NativeTrait(effects=True, speculation=Speculation.ALWAYS, passes=_MOTION),
        "NoMemoryEffect": NativeTrait(effects=True, passes=("canonicalize", "cse")),
        "MemoryEffects": NativeTrait(
            effects=True,
            passes=("canonicalize", "cse"),
            remark="fixed when attached; an effect may name an operand or a result",
        ),
        "RecursiveMemoryEffects": NativeTrait(public="RecursiveMemoryEffectsTrait", passes=_MOTION),
        "AlwaysSpeculatable": NativeTrait(speculation=Speculation.ALWAYS, passes=("loop-invariant-code-motion",)),
        "RecursivelySpeculatable": NativeTrait(
            speculation=Speculation.RECURSIVE, passes=("loop-invariant-code-motion",)
        ),
        "Commutative": NativeTrait(
            type_id="IsCommutative",
            fold=Fold.COMMUTATIVE,
            passes=("canonicalize", "cse"),
            remark="constants move right where all operands have one type",
        ),
        "Idempotent": NativeTrait(
            type_id="IsIdempotent",
            before="ireekit_verify_idempotent",
            fold=Fold.IDEMPOTENT,
            passes=("canonicalize",),
            remark="f(f(x)) folds where both have the same attributes; f(x, x) always",
        ),
        "Involution": NativeTrait(
            before="ireekit_verify_involution",
            fold=Fold.INVOLUTION,
            passes=("canonicalize",),
            remark="f(f(x)) folds where both have the same attributes",
        ),
        "ConstantLike": NativeTrait(
            type_id="ConstantLike",
            before="ireekit_verify_constant_like",
            fold=Fold.CONSTANT,
            passes=("canonicalize", "cse", "every fold of a constant operand"),
            remark="matches as a constant of its attribute's value where that is its only attribute and it is the "
            "first constant of its dialect; equal constants are merged and move to the entry block in any case",
        ),
        "Terminator": NativeTrait(public="IsTerminatorTrait", passes=("canonicalize", "every pass on blocks")),
        "ReturnLike": NativeTrait(type_id="ReturnLike", remark="goes with Terminator; no pass that is registered asks"),
        "NoTerminator": NativeTrait(public="NoTerminatorTrait", passes=("every pass on blocks",)),
        "IsolatedFromAbove": NativeTrait(
            public="IsIsolatedFromAboveTrait", passes=("pass managers (as an anchor)", "canonicalize", "cse")
        ),
        "SingleBlock": NativeTrait(type_id="SingleBlock", before="ireekit_verify_single_block"),
        "NoRegionArguments": NativeTrait(type_id="NoRegionArguments", before="verifyNoRegionArguments"),
        "SymbolTable": NativeTrait(type_id="SymbolTable", after="verifySymbolTable", passes=("symbol-dce", "inline")),
        "Symbol": NativeTrait(
            before="ireekit_verify_symbol",
            symbol=True,
            passes=("symbol-dce",),
            remark="by its attributes `sym_name` and `sym_visibility`; an unused private one is removed",
        ),
        "AffineScope": NativeTrait(type_id="AffineScope", passes=("the affine dialect's verifier and passes",)),
        "AutomaticAllocationScope": NativeTrait(
            type_id="AutomaticAllocationScope", passes=("memref.alloca's verifier", "canonicalize")
        ),
        "Elementwise": NativeTrait(type_id="Elementwise", before="verifyElementwise"),
        "ElementwiseMappable": NativeTrait(
            type_id="Elementwise",
            more_ids=("Scalarizable", "Vectorizable", "Tensorizable"),
            before="verifyElementwise",
            passes=("convert-elementwise-to-linalg",),
        ),
        "SameTypeOperands": _same("SameTypeOperands"),
        "SameOperandsElementType": _same("SameOperandsElementType"),
        "SameOperandsShape": _same("SameOperandsShape"),
        "SameOperandsAndResultType": _same("SameOperandsAndResultType"),
        "SameOperandsAndResultElementType": _same("SameOperandsAndResultElementType"),
        "SameOperandsAndResultShape": _same("SameOperandsAndResultShape"),
        "SameOperandsAndResultRank": _same("SameOperandsAndResultRank"),
    }
)
"""Trait -> how it is attached. A trait that is not here is checked in Python only.

``AttrSizedOperandSegments`` is left out on purpose: what asks for it reads inherent attributes, which operations
defined at run time do not have, and the process ends. IRDL itself checks the segments of its operations.
"""


def type_id_symbol(name: str) -> str:
    """Linker name of ``mlir::TypeID::get<mlir::OpTrait::name>()``."""
    return f"_ZN4mlir6TypeID3getINS_7OpTrait{len(name)}{name}EEES0_v"


def verifier_symbol(name: str) -> str:
    """Linker name of the compiler's verifier ``name``."""
    if name == "verifySymbolTable":
        return f"_ZN4mlir6detail{len(name)}{name}EPNS_9OperationE"
    return f"_ZN4mlir7OpTrait4impl{len(name)}{name}EPNS_9OperationE"


def compiler_symbols() -> tuple[str, ...]:
    """Every hidden symbol the table refers to."""
    ids = [type_id_symbol(name) for row in NATIVE_TRAITS.values() for name in (row.type_id, *row.more_ids) if name]
    rules = [name for row in NATIVE_TRAITS.values() for name in (row.before, row.after)]
    verifiers = [verifier_symbol(name) for name in rules if name and not name.startswith("ireekit_")]
    return tuple(dict.fromkeys((*ids, *verifiers)))
