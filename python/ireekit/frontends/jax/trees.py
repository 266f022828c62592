"""JAX pytrees as :class:`ireekit.signature.Tree`, with names for their leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ireekit.signature import Tree


@dataclasses.dataclass(frozen=True)
class _Index:
    """A leaf of a pytree: its position in the flat list."""

    value: int


def tree_of(treedef: Any, first: int = 0) -> Tree:
    """The structure of a ``PyTreeDef``; leaves are numbered from ``first``."""
    import jax

    indices = [_Index(first + i) for i in range(treedef.num_leaves)]
    return _build(jax.tree_util.tree_unflatten(treedef, indices))


def leaf_names(treedef: Any, prefix: str) -> list[str]:
    """Dotted paths of all leaves, e.g. ``params.layers.0.w``; ``prefix`` itself for a bare leaf."""
    import jax

    tree = jax.tree_util.tree_unflatten(treedef, list(range(treedef.num_leaves)))
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    return [".".join(part for part in (prefix, *map(key_text, path)) if part) for path, _ in paths]


def key_text(key: Any) -> str:
    """One step of a key path as text: a dict key, an index or an attribute name."""
    for attribute in ("name", "key", "idx"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return str(key)


def children_of(value: Any) -> list[tuple[str, Any]] | None:
    """``(key, child)`` of one level of a pytree; ``None`` for a leaf."""
    import jax

    def is_child(node: Any) -> bool:
        return node is not value

    items = jax.tree_util.tree_flatten_with_path(value, is_leaf=is_child)[0]
    if len(items) == 1 and not items[0][0]:
        return None
    return [(key_text(path[0]), child) for path, child in items]


def _build(value: Any) -> Tree:
    if isinstance(value, _Index):
        return Tree.leaf(value.value)
    if value is None:
        return Tree.constant(None)
    children = children_of(value) or []
    trees = tuple(_build(child) for _, child in children)
    keys = tuple(key for key, _ in children)
    if isinstance(value, dict):
        return Tree("dict", trees, keys)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return Tree("tuple", trees)
    if isinstance(value, list):
        return Tree("list", trees)
    cls = type(value)
    return Tree("record", trees, _field_names(value, keys), type_name=f"{cls.__module__}.{cls.__qualname__}")


def _field_names(value: Any, keys: Sequence[str]) -> tuple[str, ...]:
    """Names of a record's children; NamedTuples and old-style nodes give only positions."""
    fields = getattr(value, "_fields", None)
    if fields is not None and len(fields) == len(keys):
        return tuple(fields)
    if dataclasses.is_dataclass(value) and all(key.isdigit() for key in keys):
        names = tuple(field.name for field in dataclasses.fields(value))
        if len(names) == len(keys):
            return names
    return tuple(keys)
