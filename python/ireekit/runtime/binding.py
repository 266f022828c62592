"""From a Python call to an entry point's flat arguments, and from flat results to a Python value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ireekit.errors import InputError
from ireekit.runtime.record import Record
from ireekit.signature import EntryPoint, Parameter, Tree


class Binder:
    """Binds the arguments of one entry point.

    Attributes:
      is_flat: every parameter is one array and can be given by position in input order.
    """

    def __init__(self, entry: EntryPoint) -> None:
        self._entry = entry
        self._positional = [p for p in entry.parameters if not p.keyword_only]
        self._by_name = {p.name: p for p in entry.parameters}
        self.is_flat = len(entry.parameters) == len(entry.inputs) and all(
            p.tree.kind == "leaf" and p.tree.value == i and not p.keyword_only for i, p in enumerate(entry.parameters)
        )

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """One value per flat input.

        Raises:
          InputError: an argument is missing, unknown, given twice, or of another structure.
        """
        if self.is_flat and not kwargs and len(args) == len(self._positional):
            return list(args)
        values = self._assign(args, kwargs)
        flat: list[Any] = [None] * len(self._entry.inputs)
        for parameter in self._entry.parameters:
            if parameter.name in values:
                self._flatten(parameter.tree, values[parameter.name], parameter.name, flat)
            elif any(True for _ in parameter.tree.leaf_indices()):
                raise self._error(f"argument {parameter.name!r} is missing")
        return flat

    def _assign(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        if len(args) > len(self._positional):
            raise self._error(f"{len(args)} positional arguments given, at most {len(self._positional)} taken")
        values = {p.name: value for p, value in zip(self._positional, args, strict=False)}
        for name, value in kwargs.items():
            if name in values:
                raise self._error(f"argument {name!r} is given twice, by position and by keyword")
            if name not in self._by_name:
                raise self._error(f"there is no argument {name!r}")
            values[name] = value
        return values

    def _flatten(self, tree: Tree, value: Any, path: str, flat: list[Any]) -> None:
        if tree.kind == "leaf":
            flat[tree.value] = value
            return
        if tree.kind == "constant":
            if not _is_constant(value, tree.value):
                raise self._error(
                    f"argument {path!r} is {_brief(value)}, but the program was compiled for {tree.value!r}"
                )
            return
        for key, child, part in zip(
            _child_paths(tree, path), tree.children, self._parts(tree, value, path), strict=True
        ):
            self._flatten(child, part, key, flat)

    def _parts(self, tree: Tree, value: Any, path: str) -> list[Any]:
        count = len(tree.children)
        if tree.kind in ("tuple", "list"):
            if not isinstance(value, Sequence) or isinstance(value, str | bytes):
                raise self._error(f"argument {path!r} must be a {tree.kind} of {count}, got {_brief(value)}")
            if len(value) != count:
                raise self._error(f"argument {path!r} must have {count} elements, got {len(value)}")
            return list(value)
        if isinstance(value, Mapping | Record):
            keys = list(value.keys())
            missing = [key for key in tree.keys if key not in keys]
            unknown = [str(key) for key in keys if key not in tree.keys]
            if missing or (unknown and tree.kind == "dict"):
                given = ", ".join(map(str, keys))
                raise self._error(f"argument {path!r} must have the keys {', '.join(tree.keys)}; got {given}")
            return [value[key] for key in tree.keys]
        if tree.kind == "record" and all(hasattr(value, key) for key in tree.keys):
            return [getattr(value, key) for key in tree.keys]
        raise self._error(f"argument {path!r} must have {', '.join(tree.keys)}, got {_brief(value)}")

    def _error(self, cause: str) -> InputError:
        return InputError(cause, op=self._entry.name, remedy=f"call {signature_text(self._entry)}")


def signature_text(entry: EntryPoint) -> str:
    """``name(a, b, *, c)`` as a person would call it."""
    parts: list[str] = []
    for index, parameter in enumerate(entry.parameters):
        if parameter.keyword_only and not (index and entry.parameters[index - 1].keyword_only):
            parts.append("*")
        parts.append(_parameter_text(entry, parameter))
    return f"{entry.name}({', '.join(parts)})"


def folder(tree: Tree) -> Callable[[list[Any]], Any]:
    """A function that builds the Python result from the flat list."""
    if tree.kind == "leaf":
        index: int = tree.value
        return lambda flat: flat[index]
    if tree.kind == "constant":
        return lambda flat: tree.value
    children = [folder(child) for child in tree.children]
    if tree.kind in ("tuple", "list"):
        build: Any = tuple if tree.kind == "tuple" else list
        if [c.value if c.kind == "leaf" else None for c in tree.children] == list(range(len(children))):
            count = len(children)
            return lambda flat: build(flat[:count])
        return lambda flat: build([child(flat) for child in children])
    keys, type_name = tree.keys, tree.type_name

    def fields(flat: list[Any]) -> dict[str, Any]:
        return {key: child(flat) for key, child in zip(keys, children, strict=True)}

    return fields if tree.kind == "dict" else lambda flat: Record(fields(flat), type_name)


def _child_paths(tree: Tree, path: str) -> list[str]:
    if tree.kind in ("tuple", "list"):
        return [f"{path}[{i}]" for i in range(len(tree.children))]
    return [f"{path}.{key}" if tree.kind == "record" else f"{path}[{key!r}]" for key in tree.keys]


def _is_constant(value: Any, expected: Any) -> bool:
    return value is expected or (type(value) is type(expected) and value == expected)


def _brief(value: Any) -> str:
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    return f"{kind} of shape {tuple(shape)}" if shape is not None else kind


def _parameter_text(entry: EntryPoint, parameter: Parameter) -> str:
    tree = parameter.tree
    if tree.kind == "leaf":
        leaf = entry.inputs[tree.value]
        shape = "" if leaf.shape is None else f"[{', '.join(map(str, leaf.shape))}]"
        return f"{parameter.name}: {leaf.dtype}{shape}"
    return f"{parameter.name}={tree.value!r}" if tree.kind == "constant" else f"{parameter.name}: {tree.kind}"
