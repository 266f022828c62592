"""JAX as a frontend: jitted functions, plain callables, ``functools.partial`` objects and ``jax.export`` artifacts.

Settings of :class:`~ireekit.frontends.ImportOptions`:

- ``constraints`` (sequence of str): on symbolic dimensions, as ``jax.export.symbolic_shape`` takes them,
  e.g. ``("batch >= 2", "mod(sequence, 8) == 0")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.ir_types import flags_for
from ireekit.frontends.jax.artifacts import exported_of, lower_exported
from ireekit.frontends.jax.constants import move_constants
from ireekit.frontends.jax.lowering import Lowered, lower_function
from ireekit.frontends.linking import link_modules, rename_entry

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.frontends.registry import ImportOptions

__all__ = ["import_"]

CONST_EVAL_FLAG = "--iree-opt-const-expr-hoisting=false"
"""IREE 3.13 fails to evaluate JAX's random number loops at compile time; at run time they are right."""


def import_(requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions) -> ImportedModule:
    """Import JAX functions, one entry point each.

    Args:
      requests: entry point name to a callable with example inputs (arrays, ``jax.ShapeDtypeStruct``, pytrees of
        them), or to a ``jax.export.Exported``, its serialized bytes or a file of them. ``dynamic_shapes`` has
        the form ``{"x": {0: "batch"}}`` or one entry per argument.
      context: the context the module is made in.
      options: with ``weights``, arrays captured by the functions are written there.

    Raises:
      ModelImportError: tracing failed, or the arguments do not fit.
      UnsupportedOpsError: the function needs library calls (LAPACK, host callbacks) that IREE has not.
    """
    import jax

    lowered = {name: _lower(name, request, context, options) for name, request in requests.items()}
    if len(lowered) == 1:
        name, only = next(iter(lowered.items()))
        module = only.module
        rename_entry(module, name)
    else:
        module = link_modules({name: item.module for name, item in lowered.items()})
    archives = () if options.weights is None else move_constants(module, options.weights, options.externalize_above)
    entry_points = tuple(item.entry_point for item in lowered.values())
    flags = flags_for(module, entry_points)
    if any(item.uses_random for item in lowered.values()):
        flags = (*flags, CONST_EVAL_FLAG)
    return ImportedModule(
        module, entry_points, "stablehlo", f"jax {jax.__version__}", parameters=archives, compiler_flags=flags
    )


def _lower(name: str, request: EntryPointRequest, context: ir.Context, options: ImportOptions) -> Lowered:
    exported = exported_of(request.function)
    if exported is not None:
        return lower_exported(name, exported, context)
    return lower_function(name, request, context, tuple(options.settings.get("constraints", ())))
