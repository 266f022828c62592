"""Example inputs and ``dynamic_shapes`` as JAX's abstract inputs with symbolic dimensions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ireekit.errors import ModelImportError
from ireekit.frontends.jax.trees import children_of


def symbolic_inputs(
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    keyword_inputs: Mapping[str, Any],
    dynamic_shapes: Any,
    constraints: Sequence[str] = (),
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Replace the dimensions ``dynamic_shapes`` names by symbolic ones.

    Args:
      function: whose parameter names ``dynamic_shapes`` may use.
      inputs: positional example inputs.
      keyword_inputs: keyword example inputs.
      dynamic_shapes: a mapping from parameter names, or a sequence per positional argument; within, the structure
        of the argument; for an array ``{dimension: name}``, a sequence with one name or ``None`` per dimension, or
        ``None``. A name may be a string or an object with ``__name__`` (``torch.export.Dim``).
      constraints: on the names, as ``jax.export.symbolic_shape`` takes them.

    Returns:
      the inputs, arrays with dynamic dimensions replaced by ``jax.ShapeDtypeStruct``.

    Raises:
      ModelImportError: ``dynamic_shapes`` does not fit the inputs.
    """
    if dynamic_shapes is None:
        return inputs, dict(keyword_inputs)
    specs = _by_argument(function, inputs, keyword_inputs, dynamic_shapes)
    arguments: dict[int | str, Any] = {**dict(enumerate(inputs)), **keyword_inputs}
    names = sorted({name for key, value in arguments.items() for name in _names(value, specs.get(key), str(key))})
    if not names:
        return inputs, dict(keyword_inputs)
    dims = _symbols(names, constraints)
    replaced = {key: _replace(value, specs.get(key), dims) for key, value in arguments.items()}
    return tuple(replaced[i] for i in range(len(inputs))), {key: replaced[key] for key in keyword_inputs}


def _symbols(names: Sequence[str], constraints: Sequence[str]) -> dict[str, Any]:
    from jax import export

    try:
        return dict(zip(names, export.symbolic_shape(",".join(names), constraints=constraints), strict=True))
    except ValueError as error:
        raise ModelImportError(
            f"the symbolic dimensions {', '.join(names)} are refused: {str(error).splitlines()[0]}",
            remedy="use plain identifiers as names, and constraints like 'batch >= 2'",
        ) from None


def _by_argument(
    function: Callable[..., Any], inputs: Sequence[Any], keyword_inputs: Mapping[str, Any], spec: Any
) -> dict[int | str, Any]:
    if isinstance(spec, Mapping):
        table = cast("Mapping[str, Any]", spec)
        positions = {name: i for i, name in enumerate(_parameter_names(function, len(inputs)))}
        unknown = [str(name) for name in table if name not in positions and name not in keyword_inputs]
        if unknown:
            raise ModelImportError(
                f"dynamic_shapes names {', '.join(unknown)}, which is no argument given",
                remedy=f"arguments given: {', '.join([*positions, *keyword_inputs])}",
            )
        return {name if name in keyword_inputs else positions[name]: item for name, item in table.items()}
    if not isinstance(spec, Sequence) or isinstance(spec, str) or len(cast("Sequence[Any]", spec)) > len(inputs):
        raise ModelImportError(
            f"dynamic_shapes must map argument names, or have one entry per argument ({len(inputs)}): {spec!r}",
            remedy='e.g. dynamic_shapes={"x": {0: "batch"}}',
        )
    return dict(enumerate(cast("Sequence[Any]", spec)))


def _parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return [f"arg{i}" for i in range(count)]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "arg")
    return [*names, *(f"{rest}_{i}" for i in range(max(0, count - len(names))))][:count]


def _dim_names(value: Any, spec: Any, path: str) -> dict[int, str]:
    """``{dimension: name}`` of one array."""
    rank = len(value.shape)
    items = spec.items() if isinstance(spec, Mapping) else enumerate(cast("Sequence[Any]", spec))
    table: dict[int, str] = {}
    for dim, given in items:
        if given is None or isinstance(given, int):
            continue
        if not isinstance(dim, int) or not -rank <= dim < rank:
            raise ModelImportError(f"dynamic_shapes of {path} names dimension {dim!r}; the array has {rank} dimensions")
        name = given if isinstance(given, str) else getattr(given, "__name__", None)
        if name is None or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ModelImportError(
                f"dynamic_shapes of {path} gives dimension {dim} the name {given!r}",
                remedy="use identifiers such as 'batch'; equal names are equal sizes",
            )
        table[dim % rank] = name
    return table


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _children(value: Any, spec: Any, path: str) -> list[tuple[str, Any, Any]]:
    """``(key, child, spec of child)``."""
    children = children_of(value) or []
    if spec is None or not children:
        return [(key, child, None) for key, child in children]
    if isinstance(spec, Mapping):
        table = {str(key): item for key, item in cast("Mapping[Any, Any]", spec).items()}
    elif isinstance(spec, Sequence) and not isinstance(spec, str):
        table = {key: item for (key, _), item in zip(children, cast("Sequence[Any]", spec), strict=False)}
    else:
        raise ModelImportError(f"dynamic_shapes of {path} does not fit its structure: {spec!r}")
    unknown = set(table) - {key for key, _ in children}
    if unknown:
        raise ModelImportError(f"dynamic_shapes of {path} names {', '.join(sorted(unknown))}, which it has not")
    return [(key, child, table.get(key)) for key, child in children]


def _names(value: Any, spec: Any, path: str) -> set[str]:
    if spec is None:
        return set()
    if _is_array(value):
        return set(_dim_names(value, spec, path).values())
    found: set[str] = set()
    for key, child, child_spec in _children(value, spec, path):
        found |= _names(child, child_spec, f"{path}.{key}")
    return found


def _replace(value: Any, spec: Any, dims: Mapping[str, Any]) -> Any:
    import jax

    if spec is None:
        return value
    if _is_array(value):
        named = _dim_names(value, spec, "")
        shape = tuple(dims[named[i]] if i in named else dim for i, dim in enumerate(value.shape))
        return jax.ShapeDtypeStruct(shape, value.dtype)
    children = _children(value, spec, "")
    treedef = jax.tree_util.tree_structure(value, is_leaf=lambda node: node is not value)
    return jax.tree_util.tree_unflatten(treedef, [_replace(child, item, dims) for _, child, item in children])
