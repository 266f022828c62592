"""What an entry point takes and returns: plain data, stored as JSON inside every artifact.

A program's arguments and results are flat lists of :class:`Leaf`. A :class:`Tree` says how Python
values (tuples, dicts, records) are folded into and out of such a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Dim = int | str
"""A static extent, or the name of a dynamic one (``"batch"``; ``"?"`` where it has no name)."""

TreeKind = Literal["leaf", "constant", "tuple", "list", "dict", "record"]


@dataclass(frozen=True)
class Leaf:
    """One flat argument or result.

    Attributes:
      name: unique within its entry point, e.g. ``"input_ids"`` or ``"past_key_values.0.key"``.
      dtype: numpy or ml_dtypes name (``"float32"``, ``"bfloat16"``, ``"bool"``), or for a scalar
        passed by value the VM type: ``"i32"``, ``"i64"``, ``"f32"``, ``"f64"``.
      shape: one :data:`Dim` per dimension; ``None`` for a scalar passed by value.
    """

    name: str
    dtype: str
    shape: tuple[Dim, ...] | None

    @property
    def is_scalar(self) -> bool:
        return self.shape is None

    def __str__(self) -> str:
        if self.shape is None:
            return f"{self.name}: {self.dtype}"
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": self.dtype,
            "shape": None if self.shape is None else list(self.shape),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Leaf:
        shape = data["shape"]
        return Leaf(data["name"], data["dtype"], None if shape is None else tuple(shape))


@dataclass(frozen=True)
class Tree:
    """How a Python value is built from leaves.

    Attributes:
      kind: ``leaf`` (``value`` is the index into the flat list), ``constant`` (``value`` is a JSON
        scalar or ``None``), or a container of ``children``.
      keys: of a ``dict`` or a ``record`` (field names), one per child.
      value: see ``kind``.
      type_name: of a ``record``: the class it was in the model (dataclass, NamedTuple, ModelOutput).
    """

    kind: TreeKind
    children: tuple[Tree, ...] = ()
    keys: tuple[str, ...] = ()
    value: Any = None
    type_name: str | None = None

    @staticmethod
    def leaf(index: int) -> Tree:
        return Tree("leaf", value=index)

    @staticmethod
    def constant(value: object) -> Tree:
        return Tree("constant", value=value)

    @staticmethod
    def tuple_of(*children: Tree) -> Tree:
        return Tree("tuple", children)

    def leaf_indices(self) -> Iterator[int]:
        """Flat indices in order of appearance."""
        if self.kind == "leaf":
            yield self.value
        for child in self.children:
            yield from child.leaf_indices()

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": self.kind}
        if self.kind in ("leaf", "constant"):
            data["value"] = self.value
        if self.children:
            data["children"] = [child.to_json() for child in self.children]
        if self.keys:
            data["keys"] = list(self.keys)
        if self.type_name is not None:
            data["type_name"] = self.type_name
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Tree:
        return Tree(
            data["kind"],
            tuple(Tree.from_json(child) for child in data.get("children", ())),
            tuple(data.get("keys", ())),
            data.get("value"),
            data.get("type_name"),
        )


@dataclass(frozen=True)
class Parameter:
    """One Python-level parameter of a call.

    Attributes:
      name: as in the model's own signature.
      tree: how its value maps onto the entry point's flat ``inputs``.
      keyword_only: cannot be given by position.
    """

    name: str
    tree: Tree
    keyword_only: bool = False


@dataclass(frozen=True)
class EntryPoint:
    """A callable of a program.

    Attributes:
      name: of the exported function.
      inputs: flat arguments in call order.
      results: flat results in order.
      parameters: how a Python call binds to ``inputs``.
      result: how the returned Python value is built from ``results``.
      stateful: whether a call changes state kept between calls (mutable buffers, KV caches).
    """

    name: str
    inputs: tuple[Leaf, ...]
    results: tuple[Leaf, ...]
    parameters: tuple[Parameter, ...]
    result: Tree
    stateful: bool = False

    @staticmethod
    def flat(name: str, inputs: Sequence[Leaf], results: Sequence[Leaf], *, stateful: bool = False) -> EntryPoint:
        """An entry point whose parameters are its inputs; one result is returned bare, several as a tuple."""
        folded = {0: Tree.constant(None), 1: Tree.leaf(0)}.get(
            len(results), Tree.tuple_of(*(Tree.leaf(i) for i in range(len(results))))
        )
        return EntryPoint(
            name,
            tuple(inputs),
            tuple(results),
            tuple(Parameter(leaf.name, Tree.leaf(i)) for i, leaf in enumerate(inputs)),
            folded,
            stateful,
        )

    def __str__(self) -> str:
        arguments = ", ".join(map(str, self.inputs))
        results = ", ".join(map(str, self.results))
        return f"{self.name}({arguments}) -> ({results})"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inputs": [leaf.to_json() for leaf in self.inputs],
            "results": [leaf.to_json() for leaf in self.results],
            "parameters": [
                {"name": p.name, "tree": p.tree.to_json(), "keyword_only": p.keyword_only} for p in self.parameters
            ],
            "result": self.result.to_json(),
            "stateful": self.stateful,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> EntryPoint:
        return EntryPoint(
            data["name"],
            tuple(Leaf.from_json(leaf) for leaf in data["inputs"]),
            tuple(Leaf.from_json(leaf) for leaf in data["results"]),
            tuple(Parameter(p["name"], Tree.from_json(p["tree"]), p["keyword_only"]) for p in data["parameters"]),
            Tree.from_json(data["result"]),
            data["stateful"],
        )
