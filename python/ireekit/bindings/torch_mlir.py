"""The same dialects in the contexts of the ``torch-mlir`` package, another build of MLIR with bindings of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ireekit.bindings.trait_table import NATIVE_TRAITS
from ireekit.bindings.traits import Attachment, TraitSpec
from ireekit.errors import DialectError, MissingDependencyError

# Trait -> class of torch_mlir.ir that attaches it. Its other interfaces call Python from the compiler's threads, which
# wait for ever where a pass manager holds the interpreter.
_PUBLIC = {
    "Terminator": "IsTerminatorTrait",
    "NoTerminator": "NoTerminatorTrait",
    "IsolatedFromAbove": "IsIsolatedFromAboveTrait",
    "RecursiveMemoryEffects": "RecursiveMemoryEffectsTrait",
}
_ELSEWHERE = "torch-mlir's bindings cannot attach it without calling Python from its passes"


def load_irdl_torch_mlir(text: str, context: Any) -> None:
    """Register every dialect that ``text`` defines in a ``torch_mlir.ir.Context``.

    A dialect can be loaded once into a context; keeping count is the caller's.

    Raises:
      MissingDependencyError: torch-mlir is not installed.
      DialectError: the text does not parse or verify, or a dialect of that name is loaded already.
    """
    ir, irdl = _bindings()
    messages: list[str] = []

    def keep(diagnostic: Any) -> bool:
        messages.append(f"{diagnostic.location}: {diagnostic.message}")
        return True

    with context:
        handler = context.attach_diagnostic_handler(keep)
        try:
            module = ir.Module.parse(text)
            for operation in module.body.operations:
                if operation.operation.name != "irdl.dialect":
                    raise DialectError(f"the IRDL text holds no dialect but {operation.operation.name}")
                name = ir.StringAttr(operation.attributes["sym_name"]).value
                if _is_loaded(ir, context, name):
                    raise DialectError(f"the dialect {name!r} is loaded already in this context", op=name)
            irdl.load_dialects(module)
        except ir.MLIRError as error:
            notes = tuple(f"{row.location}: {row.message}" for row in error.error_diagnostics)
            raise DialectError("the IRDL text of the dialect does not parse", notes=notes) from None
        except RuntimeError:
            raise DialectError("torch-mlir refused the dialect", notes=tuple(messages)) from None
        finally:
            handler.detach()


def attach_traits_torch_mlir(context: Any, op_name: str, traits: Sequence[TraitSpec]) -> Mapping[str, Attachment]:
    """Attach those traits of an operation that torch-mlir's bindings can attach; the result says which.

    Args:
      context: where the operation's dialect was loaded by :func:`load_irdl_torch_mlir`.
      op_name: the operation's full name.
      traits: each at most once.

    Raises:
      MissingDependencyError: torch-mlir is not installed.
      DialectError: the operation is not registered in the context, or has one of the traits already.
    """
    ir, _ = _bindings()
    if not context.is_registered_operation(op_name):
        raise DialectError(f"{op_name} is not registered in this context", op=op_name)
    outcome: dict[str, Attachment] = {}
    for trait in traits:
        attach = getattr(ir, _PUBLIC.get(trait.name, ""), None)
        if attach is None:
            row = NATIVE_TRAITS.get(trait.name)
            outcome[trait.name] = Attachment(False, row is not None and not row.has_rule, _ELSEWHERE)
            continue
        if not attach.attach(op_name, context=context):
            raise DialectError("traits are attached once to an operation of a context", op=op_name)
        outcome[trait.name] = Attachment(acts=True, verifies=True)
    return outcome


def _is_loaded(ir: Any, context: Any, dialect: str) -> bool:
    try:
        context.get_dialect_descriptor(dialect)
    except ValueError:
        return False
    return True


def _bindings() -> tuple[Any, Any]:
    try:
        from torch_mlir import ir
        from torch_mlir.dialects import irdl
    except ImportError:
        raise MissingDependencyError("torch_mlir", "torch-mlir") from None
    return ir, irdl
