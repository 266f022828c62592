"""MLIR as a frontend: text, bytecode, files, StableHLO portable artifacts and live modules.

Settings of :class:`~ireekit.frontends.ImportOptions`:

- ``allow_unregistered`` (bool): accept ops of dialects that are not loaded; something must lower them
  before the compiler does.
- ``dialects`` (collection of names): dialects that the pipeline owns and lowers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ireekit.errors import ModelImportError
from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.ir_types import flags_for
from ireekit.frontends.linking import link_modules
from ireekit.frontends.mlir.contents import check_registered, detect_input_type
from ireekit.frontends.mlir.recursion import check_recursion
from ireekit.frontends.mlir.signatures import entry_points_of
from ireekit.frontends.mlir.source import read_module

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.frontends.registry import ImportOptions

__all__ = ["import_"]


def import_(requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions) -> ImportedModule:
    """Import one MLIR module with all its public functions, or link several of one public function each.

    Args:
      requests: entry point name to MLIR text, bytes, path, or live module or operation.
      context: the context the result lives in. A live module of this context is taken as it is.
      options: see the module's documentation for the settings.

    Raises:
      ModelImportError: the input does not parse or verify, uses unknown dialects, or has no public function.
    """
    if options.weights is not None:
        raise ModelImportError(
            "the weights of an MLIR module cannot be moved to an archive by its importer",
            remedy="leave out weights=, or refer to parameters in the module itself (#flow.parameter.named)",
        )

    def read(model: Any) -> ir.Module:
        return read_module(model, context, options.dialects)

    if len(requests) == 1:
        module = read(next(iter(requests.values())).function)
    else:
        module = link_modules({name: read(item.function) for name, item in requests.items()})
    check_registered(
        module,
        allowed=frozenset([*options.settings.get("dialects", ()), *(each.name for each in options.dialects)]),
        allow_all=bool(options.settings.get("allow_unregistered", False)),
    )
    check_recursion(module)
    entry_points = entry_points_of(module)
    return ImportedModule(
        module,
        entry_points,
        detect_input_type(module),
        "mlir",
        compiler_flags=flags_for(module, entry_points),
    )
