"""Attaching traits to operations defined at run time, so that the compiler's own passes act on them.

Everything attached here is native code: no pass, on whichever thread it runs, calls into Python for it.
"""

from __future__ import annotations

import ctypes
import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from ctypes import c_int32, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ireekit.bindings.capabilities import problem
from ireekit.bindings.capsules import context_address
from ireekit.bindings.fold_layout import fold_layout
from ireekit.bindings.library import library
from ireekit.bindings.native import native_library, native_problem, require_native, string_ref
from ireekit.bindings.symbol_interface import attach_symbol
from ireekit.bindings.symbols import addresses, function_address
from ireekit.bindings.trait_table import (
    NATIVE_TRAITS,
    Fold,
    NativeTrait,
    Speculation,
    compiler_symbols,
    type_id_symbol,
    verifier_symbol,
)
from ireekit.errors import DialectError

if TYPE_CHECKING:
    from iree.compiler import ir

__all__ = [
    "NATIVE_TRAITS",
    "Attachment",
    "Effect",
    "NativeTrait",
    "TraitSpec",
    "attach_dialect_traits",
    "attach_traits",
    "native_traits_problem",
]

_KINDS = ("read", "write", "allocate", "free")
_TARGETS = (None, "operand", "result")
_LONGEST_NAME = 256


@dataclass(frozen=True)
class Effect:
    """One memory effect of an operation.

    Attributes:
      kind: what is done to the memory.
      on: to the memory that an operand or a result refers to; ``None`` for memory as a whole.
      index: of that operand or result among all of the operation's; ``None`` for each of them.
    """

    kind: Literal["read", "write", "allocate", "free"]
    on: Literal["operand", "result"] | None = None
    index: int | None = None


@dataclass(frozen=True)
class TraitSpec:
    """A trait of one operation.

    Attributes:
      name: a key of :data:`NATIVE_TRAITS`; any other name is left to Python.
      effects: of ``MemoryEffects``.
      attribute: of ``ConstantLike``, the one that holds the value.
    """

    name: str
    effects: tuple[Effect, ...] = ()
    attribute: str = "value"


@dataclass(frozen=True)
class Attachment:
    """What became of a trait.

    Attributes:
      acts: the compiler's passes see it.
      verifies: the compiler's verifier checks its rule, or it has none; otherwise Python has to.
      reason: why one of them is not so, or what part is missing, in one sentence.
    """

    acts: bool
    verifies: bool
    reason: str | None = None


class _NativeEffect(ctypes.Structure):
    """``ireekit_effect`` of ``plugin/native/effects.cc``."""

    _fields_ = (("kind", c_int32), ("target", c_int32), ("index", c_int32))


def native_traits_problem() -> str | None:
    """Why traits are not attached natively, in one sentence; ``None`` where they are."""
    return native_problem() or problem("native-traits")


def attach_traits(context: ir.Context, op_name: str, traits: Sequence[TraitSpec]) -> Mapping[str, Attachment]:
    """Attach the traits of one operation. See :func:`attach_dialect_traits`, to be preferred for a whole dialect."""
    return attach_dialect_traits(context, {op_name: traits})[op_name]


def attach_dialect_traits(
    context: ir.Context, ops: Mapping[str, Sequence[TraitSpec]]
) -> Mapping[str, Mapping[str, Attachment]]:
    """Attach the traits of a dialect's operations, once in a context, before there is IR of the dialect.

    Without the native library only what the public bindings attach is attached; the result says what is left to Python.

    Args:
      context: where the dialect was loaded by :func:`ireekit.bindings.irdl.load_irdl`.
      ops: traits by the operation's full name.

    Returns:
      For each operation, what became of each trait.

    Raises:
      DialectError: two traits of an operation contradict each other, or an operation has its traits already.
    """
    constant_dialects: set[str] = set()
    attached: dict[str, Mapping[str, Attachment]] = {}
    for op_name, specs in ops.items():
        traits = {spec.name: spec for spec in specs}
        dialect = op_name.partition(".")[0]
        qualified = dialect in constant_dialects
        if "ConstantLike" in traits:
            constant_dialects.add(dialect)
        attached[op_name] = _Op(context, op_name, traits).attach(qualified)
    return attached


class _Op:
    """One operation while its traits are attached."""

    def __init__(self, context: ir.Context, name: str, traits: Mapping[str, TraitSpec]) -> None:
        self._context = context
        self._name = name
        self._traits = traits
        self._rows = {trait: NATIVE_TRAITS[trait] for trait in traits if trait in NATIVE_TRAITS}
        self._where: Any = (context_address(context), string_ref(name))

    def attach(self, qualified: bool) -> Mapping[str, Attachment]:
        self._check()
        outcome = {
            name: Attachment(False, False, f"{name} is checked in Python: the compiler knows no such trait")
            for name in self._traits
            if name not in self._rows
        }
        if not self._context.is_registered_operation(self._name):
            reason = f"{self._name} is not registered in this context"
            return outcome | {name: Attachment(False, not row.has_rule, reason) for name, row in self._rows.items()}
        self._check_dynamic()
        public = {name: row for name, row in self._rows.items() if row.public}
        native = {name: row for name, row in self._rows.items() if not row.public}
        for row in public.values():
            self._attach_public(row)
        outcome |= dict.fromkeys(public, Attachment(True, True))
        if reason := native_traits_problem():
            return outcome | {name: Attachment(False, not row.has_rule, reason) for name, row in native.items()}
        self._attach_effects(native.values())
        self._attach_speculation(native.values())
        missing = self._attach_folds(native, qualified) | self._attach_symbol(native)
        self._refuse_assembly()
        for name, row in native.items():
            self._attach_rule(name, row, named=not (name in missing and row.fold is Fold.CONSTANT))
        return outcome | {
            name: Attachment(name not in missing or row.fold is Fold.COMMUTATIVE, True, missing.get(name))
            for name, row in native.items()
        }

    def _check(self) -> None:
        silent = {"Pure", "NoMemoryEffect"} & set(self._traits)
        effects = self._traits.get("MemoryEffects")
        if silent and effects and effects.effects:
            raise DialectError(f"{min(silent)} and MemoryEffects contradict each other", op=self._name)
        constant = self._traits.get("ConstantLike")
        if constant and len(constant.attribute.encode()) > _LONGEST_NAME:
            raise DialectError(f"the name of the attribute is too long: {constant.attribute}", op=self._name)

    def _check_dynamic(self) -> None:
        """Refuse what is not defined at run time: the compiler would take it for that, and write where it must not."""
        if native_traits_problem():
            namespace = string_ref(self._name.partition(".")[0])
            dialect = library().mlirContextGetOrLoadDialect(self._where[0], namespace)
            dynamic = library().mlirDialectIsAExtensibleDialect(dialect)
        else:
            dynamic = require_native().ireekit_is_dynamic(*self._where)
        if not dynamic:
            raise DialectError("traits cannot be attached to an operation of the compiler's own", op=self._name)

    def _attach_public(self, row: NativeTrait) -> None:
        from iree.compiler import ir

        if not getattr(ir, row.public).attach(self._name, context=self._context):
            raise self._repeated()

    def _attach_effects(self, rows: Iterable[NativeTrait]) -> None:
        if not any(row.effects for row in rows):
            return
        spec = self._traits.get("MemoryEffects")
        effects = spec.effects if spec else ()
        array = (_NativeEffect * len(effects))(
            *(
                (_KINDS.index(effect.kind), _TARGETS.index(effect.on), -1 if effect.index is None else effect.index)
                for effect in effects
            )
        )
        self._require(require_native().ireekit_attach_effects(*self._where, array, len(effects)))

    def _attach_speculation(self, rows: Iterable[NativeTrait]) -> None:
        wanted = {row.speculation for row in rows if row.speculation}
        if not wanted:
            return
        if len(wanted) > 1:
            raise DialectError("speculatable always and recursively contradict each other", op=self._name)
        self._require(require_native().ireekit_attach_speculatable(*self._where, wanted == {Speculation.RECURSIVE}))

    def _attach_rule(self, name: str, row: NativeTrait, *, named: bool) -> None:
        """Attach what is verified, under the name that passes know it by only if ``named``.

        Passes take it for granted that a constant folds: one that does not may not be known as a constant.
        """
        if not (row.type_id or row.before or row.after):
            return
        ids = [_type_id(of) for of in (row.type_id, *row.more_ids) if of and named] or [_own_type_id(name)]
        text = self._traits[name].attribute if row.fold is Fold.CONSTANT else ""
        before, after = _verifier(row.before), _verifier(row.after)
        for index, type_id in enumerate(ids):
            rules = (before, after) if index == 0 else (None, None)
            self._require(require_native().ireekit_attach_trait(*self._where, type_id, *rules, string_ref(text)))

    def _attach_folds(self, rows: Mapping[str, NativeTrait], qualified: bool) -> dict[str, str]:
        """Attach the fold rules; for each trait why its could not be, in one sentence."""
        folding = {name: row.fold for name, row in rows.items() if row.fold}
        if not folding:
            return {}
        if (layout := fold_layout()) is None:
            return dict.fromkeys(folding, "operations defined at run time do not fold in this build of the compiler")
        native = require_native()
        native.ireekit_set_fold_layout(layout.storage, layout.call, layout.manage, layout.value_tag)
        folds = functools.reduce(operator.or_, folding.values())
        attribute = self._traits["ConstantLike"].attribute if folds & Fold.CONSTANT else ""
        self._require(native.ireekit_attach_fold(*self._where, folds, string_ref(attribute), qualified))
        return {}

    def _refuse_assembly(self) -> None:
        """Let the compiler's own parser say that it cannot read custom assembly, which it does not by itself."""
        if (layout := fold_layout()) is not None:
            place = (layout.storage, layout.call, layout.manage)
            require_native().ireekit_refuse_assembly(*self._where, *place)

    def _attach_symbol(self, rows: Mapping[str, NativeTrait]) -> dict[str, str]:
        """Attach the interface of symbols; for each trait why it could not be, in one sentence."""
        reason = attach_symbol(self._context, self._name) if any(row.symbol for row in rows.values()) else None
        return {name: reason for name, row in rows.items() if row.symbol} if reason else {}

    def _require(self, attached: bool) -> None:
        if not attached:
            raise self._repeated()

    def _repeated(self) -> DialectError:
        return DialectError("traits are attached once to an operation of a context", op=self._name)


@functools.cache
def _hidden() -> Mapping[str, int]:
    return addresses(compiler_symbols())


@functools.cache
def _type_id(name: str) -> int:
    return ctypes.CFUNCTYPE(c_void_p)(_hidden()[type_id_symbol(name)])()


# What a type ID points to only has to be at an address of its own.
_own_ids = (ctypes.c_uint64 * len(NATIVE_TRAITS))()


def _own_type_id(trait: str) -> int:
    """A type ID for a trait that no pass asks for by one."""
    return ctypes.addressof(_own_ids) + 8 * list(NATIVE_TRAITS).index(trait)


def _verifier(name: str) -> int | None:
    if not name:
        return None
    if name.startswith("ireekit_"):
        return function_address(getattr(native_library(), name))
    return _hidden()[verifier_symbol(name)]
