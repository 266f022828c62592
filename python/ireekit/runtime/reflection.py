"""Entry points of a compiled module, from what the compiler recorded in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from iree.runtime import VmModule

from ireekit.runtime.dtypes import ABI_DTYPES, VM_SCALARS
from ireekit.signature import Dim, EntryPoint, Leaf, Tree

_ASYNC_SUFFIX = "$async"
_DECLARATION = re.compile(r"^\s*(?:sync|async)?\s*func @[^(]*\((.*)\)\s*->\s*\((.*)\)\s*(?:\{.*\})?\s*$", re.DOTALL)
_TENSOR = re.compile(r"tensor<((?:[\d?]+x)*)(\w+(?:<[^>]*>)?)")


def exported_names(module: VmModule) -> tuple[str, ...]:
    """Public functions people call: neither initializers nor the fence-taking twins of async modules."""
    names = [n for n in module.function_names if not n.startswith("__") and not n.endswith(_ASYNC_SUFFIX)]
    return tuple(dict.fromkeys(names))


def reflect(module: VmModule) -> tuple[EntryPoint, ...]:
    """One flat entry point per public function that carries a description of its arguments."""
    found = ((name, describe(module, name)) for name in exported_names(module))
    return tuple(_entry(name, *leaves) for name, leaves in found if leaves is not None)


def describe(module: VmModule, name: str) -> tuple[tuple[Leaf, ...], tuple[Leaf, ...]] | None:
    """Flat inputs and results of a function as compiled; None if the module does not say.

    Signedness is lost in compilation: integers read as signed unless declared otherwise.
    """
    function = module.lookup_function(name)
    if function is None:
        return None
    reflection = function.reflection
    declaration = reflection.get("iree.abi.declaration")
    if declaration is not None and (match := _DECLARATION.match(declaration)):
        return _declared(match[1], "input"), _declared(match[2], "output")
    if "iree.abi" in reflection:
        abi: dict[str, Any] = json.loads(reflection["iree.abi"])
        return _described(abi["a"], "input"), _described(abi["r"], "output")
    return None


def _entry(name: str, inputs: tuple[Leaf, ...], results: tuple[Leaf, ...]) -> EntryPoint:
    entry = EntryPoint.flat(name, inputs, results)
    return entry if results else replace(entry, result=Tree.constant(None))


def _declared(text: str, prefix: str) -> tuple[Leaf, ...]:
    leaves: list[Leaf] = []
    for index, item in enumerate(_split(text)):
        name, colon, kind = item.partition(":")
        name = name.strip().removeprefix("%") if colon else f"{prefix}{index}"
        leaves.append(_leaf(name, (kind if colon else item).strip()))
    return tuple(leaves)


def _leaf(name: str, kind: str) -> Leaf:
    tensor = _TENSOR.match(kind)
    if tensor is None:
        scalar = kind.partition(" ")[0]
        return Leaf(name, VM_SCALARS.get(scalar, scalar), None)
    element = str(tensor[2])
    shape: tuple[Dim, ...] = tuple(d if d == "?" else int(d) for d in tensor[1].split("x")[:-1])
    return Leaf(name, ABI_DTYPES.get(element, element), shape)


def _described(items: list[Any], prefix: str) -> tuple[Leaf, ...]:
    return tuple(_described_leaf(item, f"{prefix}{i}") for i, item in enumerate(items))


def _described_leaf(item: Any, name: str) -> Leaf:
    while isinstance(item, list) and item[0] == "named":
        name, item = item[1], item[2]
    if isinstance(item, list) and item[0] == "ndarray":
        dtype = str(item[1])
        return Leaf(name, ABI_DTYPES.get(dtype, dtype), tuple("?" if d is None else d for d in item[3:]))
    kind = item if isinstance(item, str) else str(item[0])
    return Leaf(name, VM_SCALARS.get(kind, kind), None)


def _split(text: str) -> list[str]:
    """Splits at top-level commas."""
    items: list[str] = []
    depth = start = 0
    for position, character in enumerate(text):
        if character in "(<[{":
            depth += 1
        elif character in ")>]}" and text[position - 1] != "-":
            depth -= 1
        elif character == "," and depth == 0:
            items.append(text[start:position])
            start = position + 1
    tail = text[start:].strip()
    return [*items, tail] if tail else items
