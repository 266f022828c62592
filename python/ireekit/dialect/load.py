"""Making a dialect known to a context: natively through IRDL, once, from any thread.

What is loaded where is kept in the contexts themselves, as an attribute whose name is derived from the definition;
nothing here refers to a context.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ireekit.bindings.dialect_modules import announce_dialects
from ireekit.dialect import irdl as irdl_text
from ireekit.dialect.constraints.base import ir_of
from ireekit.dialect.model import OpModel
from ireekit.errors import CapabilityError, DialectError

if TYPE_CHECKING:
    from ireekit.bindings.traits import Attachment, TraitSpec
    from ireekit.dialect.dialect import Dialect

_lock = threading.RLock()
# What was attached natively, per definition and bindings: the same in every context of a process.
_reports: dict[tuple[str, str], LoadReport] = {}


@dataclass(frozen=True)
class LoadReport:
    """What became of a dialect in a context.

    Attributes:
      registered: its operations and types are registered; otherwise they are unregistered and verified by us.
      reason: why they are not, in one sentence.
      attachments: for each operation, what became of each of its traits.
    """

    registered: bool
    reason: str | None = None
    attachments: Mapping[str, Mapping[str, Attachment]] = field(default_factory=dict[str, Any])

    def verified_natively(self, op_name: str, trait: str) -> bool:
        """Whether the compiler's verifier checks that trait of that operation."""
        attachment = self.attachments.get(op_name, {}).get(trait)
        return self.registered and attachment is not None and attachment.verifies


class _Host(Protocol):
    """The bindings of one MLIR package."""

    def problem(self, lenient: bool) -> str | None: ...
    def load(self, text: str, context: Any, lenient: Sequence[str]) -> None: ...
    def attach(
        self, context: Any, traits: Mapping[str, Sequence[TraitSpec]]
    ) -> Mapping[str, Mapping[str, Attachment]]: ...


def load(dialect: Dialect, context: Any) -> LoadReport:
    """See :meth:`Dialect.load`."""
    with _lock:
        state = loaded_state(dialect, context)
        key = (dialect.fingerprint, ir_of(context).__name__)
        if state and key in _reports:
            return _reports[key]
        if state:
            # By someone else's hand, e.g. `--irdl-file`: registered, without traits of ours.
            return LoadReport(True, "it was loaded from its IRDL text")
        host = _host(context)
        announce_dialects((dialect.name,), ir_of(context).__name__.removesuffix(".ir"))
        text = irdl_text.emit(dialect.models, dialect.marker, omit_lenient=True)
        reason = host.problem(bool(text.lenient))
        if reason is not None:
            context.allow_unregistered_dialects = True
            return LoadReport(False, reason)
        host.load(text.text, context, tuple(text.lenient))
        specs = {name: trait_specs(op) for name, op in dialect.models.ops.items()}
        report = LoadReport(True, None, host.attach(context, specs))
        _reports[key] = report
        return report


def report_of(dialect: Dialect, context: Any) -> LoadReport:
    """What became of a dialect in a context; it is not loaded."""
    if loaded_state(dialect, context):
        known = _reports.get((dialect.fingerprint, ir_of(context).__name__))
        return known or LoadReport(True, "it was loaded from its IRDL text")
    return LoadReport(False, "it is not loaded in this context")


def loaded_state(dialect: Dialect, context: Any) -> bool:
    """Whether exactly this definition is registered in ``context``.

    Raises:
      DialectError: another dialect of its name is.
    """
    if not _is_loaded(context, dialect.name):
        return False
    try:
        ir_of(context).DynamicAttr.lookup_typeid(f"{dialect.name}.{dialect.marker}", context=context)
    except (IndexError, ValueError) as error:
        raise DialectError(
            f"another definition of the dialect {dialect.name!r} is loaded in this context already",
            remedy="use one definition for a context, or a new context",
        ) from error
    return True


def trait_specs(op: OpModel) -> list[TraitSpec]:
    """The traits of an operation as the bindings attach them."""
    from ireekit.bindings.traits import TraitSpec

    specs: list[TraitSpec] = []
    for trait in op.traits:
        if trait.enforcement == "python":
            continue
        if trait.name == "MemoryEffects":
            specs.append(TraitSpec(trait.name, effects=tuple(_effect(op, text) for text in trait.parameters)))
        elif trait.name == "ConstantLike":
            specs.append(TraitSpec(trait.name, attribute=trait.parameters[0]))
        else:
            specs.append(TraitSpec(trait.name))
    return specs


def _effect(op: OpModel, text: str) -> Any:
    from ireekit.bindings.traits import Effect

    kind, _, name = text.partition(":")
    for on, fields in (("operand", op.operands), ("result", op.results)):
        names = [row.name for row in fields]
        if name not in names:
            continue
        index = names.index(name)
        # Behind an optional or variadic group, and for a group itself, the place is not fixed: each of them, then.
        fixed = all(row.arity == "single" for row in fields[: index + 1])
        return Effect(kind, on, index if fixed else None)  # pyright: ignore[reportArgumentType]
    return Effect(kind)  # pyright: ignore[reportArgumentType]


def _is_loaded(context: Any, name: str) -> bool:
    ask = getattr(context, "is_dialect_loaded", None)
    if ask is not None:
        return bool(ask(name))
    try:
        context.get_dialect_descriptor(name)
    except (IndexError, ValueError):
        return False
    return True


class _Iree:
    def problem(self, lenient: bool) -> str | None:
        from ireekit.bindings.capabilities import require
        from ireekit.bindings.native import require_native

        try:
            require("irdl")
            if lenient:
                require("dynamic-ops")
                require_native()
        except CapabilityError as error:
            return error.cause
        return None

    def load(self, text: str, context: Any, lenient: Sequence[str]) -> None:
        from ireekit.bindings.irdl import load_irdl, register_op

        load_irdl(text, context)
        for name in lenient:
            register_op(context, name)

    def attach(self, context: Any, traits: Mapping[str, Sequence[TraitSpec]]) -> Mapping[str, Mapping[str, Attachment]]:
        from ireekit.bindings.traits import attach_dialect_traits

        return attach_dialect_traits(context, traits)


class _TorchMlir:
    def problem(self, lenient: bool) -> str | None:
        return "torch-mlir cannot register operations that IRDL cannot state" if lenient else None

    def load(self, text: str, context: Any, lenient: Sequence[str]) -> None:
        from ireekit.bindings.torch_mlir import load_irdl_torch_mlir

        load_irdl_torch_mlir(text, context)

    def attach(self, context: Any, traits: Mapping[str, Sequence[TraitSpec]]) -> Mapping[str, Mapping[str, Attachment]]:
        from ireekit.bindings.torch_mlir import attach_traits_torch_mlir

        return {name: attach_traits_torch_mlir(context, name, rows) for name, rows in traits.items()}


class _Unknown:
    def problem(self, lenient: bool) -> str | None:
        return "dialects are registered in contexts of iree.compiler and torch_mlir only"

    def load(self, text: str, context: Any, lenient: Sequence[str]) -> None:
        raise NotImplementedError

    def attach(self, context: Any, traits: Mapping[str, Sequence[TraitSpec]]) -> Mapping[str, Mapping[str, Attachment]]:
        raise NotImplementedError


_HOSTS: dict[str, type[_Host]] = {"iree.compiler.ir": _Iree, "torch_mlir.ir": _TorchMlir}


def _host(context: Any) -> _Host:
    return _HOSTS.get(ir_of(context).__name__, _Unknown)()
