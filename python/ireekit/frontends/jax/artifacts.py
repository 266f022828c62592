"""``jax.export.Exported`` objects and their serialized form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.errors import ModelImportError
from ireekit.frontends.ir_types import ELEMENT_DTYPES
from ireekit.frontends.jax.calls import check_calls, drop_assertions, drop_partitioning, uses_random_bits
from ireekit.frontends.jax.dynamic import legalize_dynamic_shapes
from ireekit.frontends.jax.lowering import PLATFORM, Lowered, entry_point_of
from ireekit.frontends.jax.trees import leaf_names, tree_of
from ireekit.frontends.linking import keep_all_arguments
from ireekit.frontends.mlir.source import read_module
from ireekit.locations import location_name
from ireekit.signature import Parameter

if TYPE_CHECKING:
    from iree.compiler import ir

_ELEMENTS = {dtype: element for element, dtype in reversed(ELEMENT_DTYPES.items())}


def exported_of(model: Any) -> Any | None:
    """``model`` as ``jax.export.Exported`` where it is one, serialized or not; else ``None``.

    Raises:
      ModelImportError: bytes or a file that hold none.
    """
    from jax import export

    if isinstance(model, export.Exported):
        return model
    if isinstance(model, str | Path):
        try:
            data = Path(model).read_bytes()
        except OSError as error:
            raise ModelImportError(f"cannot read {model}: {error.strerror}") from None
        return _deserialize(data, str(model))
    if isinstance(model, bytes | bytearray | memoryview):
        return _deserialize(bytes(model), "<bytes>")
    return None


def _deserialize(data: bytes, name: str) -> Any:
    from jax import export

    try:
        return export.deserialize(bytearray(data))
    except Exception as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelImportError(
            f"the serialized JAX export cannot be read: {first}",
            location=name,
            remedy="write it with jax.export.export(f)(...).serialize(), by a version JAX can still read",
        ) from None


def lower_exported(name: str, exported: Any, context: ir.Context) -> Lowered:
    """The module of an export, with all arguments of the exported function.

    Raises:
      ModelImportError: it is for several devices, or not for the CPU platform.
      UnsupportedOpsError: it needs calls IREE has not.
    """
    if exported.nr_devices != 1:
        raise ModelImportError(
            f"the JAX export {exported.fun_name!r} is for {exported.nr_devices} devices",
            remedy="export the function without sharding",
        )
    if PLATFORM not in exported.platforms:
        raise ModelImportError(
            f"the JAX export {exported.fun_name!r} is for {', '.join(exported.platforms)}",
            remedy=f'export it with platforms=["{PLATFORM}"], for whatever device it will run on',
        )
    stablehlo = _stablehlo(exported)
    check_calls(stablehlo.operation)
    drop_partitioning(stablehlo.operation)
    module = read_module(stablehlo, context)
    drop_assertions(module)
    legalize_dynamic_shapes(module)
    kept = tuple(exported.module_kept_var_idx)
    debug = _debug_names(module, len(kept))
    keep_all_arguments(module, kept, [_type_text(aval) for aval in exported.in_avals])
    parameters, names = _parameters(exported.in_tree, dict(zip(kept, debug, strict=True)))
    entry_point = entry_point_of(
        name, module, parameters, names, exported.out_tree, exported.in_avals, exported.out_avals
    )
    return Lowered(module, entry_point, uses_random_bits(module))


def _stablehlo(exported: Any) -> Any:
    from jax.extend.mlir import deserialize_portable_artifact
    from jax.interpreters.mlir import make_ir_context

    with make_ir_context():
        return deserialize_portable_artifact(exported.mlir_module_serialized)


def _type_text(aval: Any) -> str:
    dims = "".join(f"{dim}x" if isinstance(dim, int) else "?x" for dim in aval.shape)
    return f"tensor<{dims}{_ELEMENTS.get(str(aval.dtype), 'i32')}>"


def _debug_names(module: ir.Module, count: int) -> list[str | None]:
    """JAX's names of the arguments (``params['w']``), of the inner function where shapes are symbolic."""
    functions = [op.operation for op in module.body.operations if op.operation.name == "func.func"]
    for function in functions:
        names = [location_name(argument.location) for argument in function.regions[0].blocks[0].arguments]
        if len(names) >= count and any(names[-count:] if count else []):
            return names[-count:]
    return [None] * count


def _parameters(in_tree: Any, debug: dict[int, str | None]) -> tuple[tuple[Parameter, ...], list[str]]:
    args_tree, kwargs_tree = in_tree.children()
    parameters: list[Parameter] = []
    names: list[str] = []
    keywords = kwargs_tree.node_data()[1] if kwargs_tree.num_leaves else []
    trees = [
        *((None, tree) for tree in args_tree.children()),
        *zip(keywords, kwargs_tree.children(), strict=True),
    ]
    for position, (keyword, tree) in enumerate(trees):
        known = next((n for n in map(debug.get, range(len(names), len(names) + tree.num_leaves)) if n), "")
        root = re.match(r"[A-Za-z_]\w*", known)
        name = keyword or (root[0] if root else f"arg{position}")
        name = name if name not in {p.name for p in parameters} else f"arg{position}"
        parameters.append(Parameter(name, tree_of(tree, len(names)), keyword_only=keyword is not None))
        names += leaf_names(tree, name)
    return tuple(parameters), names
