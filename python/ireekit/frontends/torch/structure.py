"""Python values as trees: from example values, model results and torch's pytree specs."""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import dataclasses
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard, cast

import torch
import torch.utils._pytree as pytree

from ireekit.errors import ModelImportError
from ireekit.signature import Tree

_CONSTANTS = (type(None), bool, int, float, str)


def flatten_result(value: Any) -> tuple[Tree, list[Any]]:
    """The tree of what a model returned, and its tensors and symbolic scalars in order.

    Understands tuples, lists, mappings, named tuples, dataclasses (registered with torch or not), HuggingFace
    ``ModelOutput`` and ``Cache`` objects, ``None`` and Python scalars.

    Raises:
      ModelImportError: some part is none of these.
    """
    leaves: list[Any] = []
    return _Flattener(leaves).visit(value, ""), leaves


@dataclasses.dataclass
class _Flattener:
    leaves: list[Any]

    def visit(self, value: Any, path: str) -> Tree:
        if isinstance(value, (torch.Tensor, torch.SymInt, torch.SymFloat)):
            self.leaves.append(value)
            return Tree.leaf(len(self.leaves) - 1)
        if isinstance(value, torch.SymBool):
            return Tree.constant(bool(value))
        if isinstance(value, _CONSTANTS):
            return Tree.constant(value)
        fields = fields_of(value)
        if fields is not None:
            return self._node("record", fields, path, type(value).__qualname__)
        if isinstance(value, Mapping):
            return self._node("dict", {str(k): v for k, v in cast("Mapping[Any, Any]", value).items()}, path)
        if isinstance(value, (list, tuple)):
            items = cast("Sequence[Any]", value)
            children = tuple(self.visit(item, f"{path}.{i}") for i, item in enumerate(items))
            return Tree("list" if isinstance(value, list) else "tuple", children)
        if type(value) in pytree.SUPPORTED_NODES:
            children, context = pytree.SUPPORTED_NODES[type(value)].flatten_fn(value)
            keys = _context_keys(context, len(children))
            return self._node("record", dict(zip(keys, children, strict=True)), path, type(value).__qualname__)
        where = f"result{path}" if path else "the result"
        raise ModelImportError(
            f"the model returns an object of type {type(value).__module__}.{type(value).__qualname__}",
            location=where,
            remedy="return tensors in tuples, lists, dicts or dataclasses",
        )

    def _node(self, kind: Any, items: Mapping[str, Any], path: str, type_name: str | None = None) -> Tree:
        children = tuple(self.visit(item, f"{path}.{key}") for key, item in items.items())
        return Tree(kind, children, tuple(items), type_name=type_name)


def fields_of(value: Any) -> dict[str, Any] | None:
    """Named fields of a dataclass instance, named tuple or HuggingFace cache; ``None`` for anything else."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: getattr(value, name) for name in cast("Any", value)._fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if any(cls.__module__ == "transformers.cache_utils" and cls.__name__ == "Cache" for cls in type(value).__mro__):
        return {str(i): {"key": layer.keys, "value": layer.values} for i, layer in enumerate(cast("Any", value).layers)}
    return None


def tree_of_spec(spec: Any, leaf: Callable[[int], Tree]) -> Tree:
    """The tree of a pytree ``TreeSpec``; ``leaf`` gives the node for each flat position."""
    return _tree_of_spec(spec, leaf, iter(range(spec.num_leaves)))


def _tree_of_spec(spec: Any, leaf: Callable[[int], Tree], positions: Iterator[int]) -> Tree:
    if spec.is_leaf():
        return leaf(next(positions))
    if spec.type is type(None):
        return Tree.constant(None)
    children = tuple(_tree_of_spec(child, leaf, positions) for child in spec.children())
    if spec.type is tuple or spec.type is list:
        return Tree("tuple" if spec.type is tuple else "list", children)
    if spec.type is namedtuple:
        return Tree("record", children, spec.context._fields, type_name=spec.context.__qualname__)
    keys = _context_keys(spec.context, len(children))
    if issubclass(spec.type, dict) and not dataclasses.is_dataclass(spec.type):
        return Tree("dict", children, keys)
    return Tree("record", children, keys, type_name=spec.type.__qualname__)


def _context_keys(context: Any, count: int) -> tuple[str, ...]:
    """Names of children, as the usual flatten functions leave them in the context; else their indices."""
    # torch keeps the names of a dataclass's fields beside those that were None.
    nested = context[0] if isinstance(context, (list, tuple)) and context else None
    for names in (context, nested):
        if _are_names(names) and len(names) == count:
            return tuple(names)
    return tuple(map(str, range(count)))


def _are_names(value: Any) -> TypeGuard[Sequence[str]]:
    return isinstance(value, (list, tuple)) and all(isinstance(n, str) for n in cast("Sequence[Any]", value))


def leaf_names(tree: Tree, root: str) -> dict[int, str]:
    """Dotted names by flat index; every name starts with ``root``, unless that is empty."""
    return dict(_leaf_names(tree, root))


def _leaf_names(tree: Tree, path: str) -> Iterator[tuple[int, str]]:
    if tree.kind == "leaf":
        yield tree.value, path
    keys = tree.keys or tuple(map(str, range(len(tree.children))))
    for key, child in zip(keys, tree.children, strict=True):
        yield from _leaf_names(child, f"{path}.{key}" if path else key)


def register_inputs(values: Any) -> None:
    """Make classes found in example inputs known to torch's pytree: dataclasses and HuggingFace caches."""
    for value in _objects(values):
        cls = type(value)
        if cls in pytree.SUPPORTED_NODES:
            continue
        if dataclasses.is_dataclass(value):
            torch.export.register_dataclass(cls)
        elif cls.__module__ == "transformers.cache_utils" and cls.__name__ == "DynamicCache":
            from transformers.integrations.executorch import register_dynamic_cache_export_support

            register_dynamic_cache_export_support()


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in cast("Mapping[Any, Any]", value).values():
            yield from _objects(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("Sequence[Any]", value):
            yield from _objects(item)
    elif not isinstance(value, (torch.Tensor, *_CONSTANTS)):
        yield value
        for item in (fields_of(value) or {}).values():
            yield from _objects(item)
