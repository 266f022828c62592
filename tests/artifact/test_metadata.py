"""Metadata and signatures survive the trip through JSON, whatever is in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ireekit.artifact import Metadata, ParameterReference
from ireekit.errors import ArtifactError
from ireekit.signature import EntryPoint, Leaf, Parameter, Tree

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
dims = st.integers(0, 2**40) | st.sampled_from(["?", "batch", "längd"])
leaves = st.builds(
    Leaf,
    names,
    st.sampled_from(["float32", "bfloat16", "bool", "i64", "complex64"]),
    st.none() | st.lists(dims, max_size=5).map(tuple),
)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | names


def containers(children: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(children, max_size=4).map(tuple)
    keyed = several.flatmap(
        lambda trees: st.tuples(
            st.sampled_from(["dict", "record"]),
            st.just(trees),
            st.lists(names, min_size=len(trees), max_size=len(trees)).map(tuple),
            st.none(),
            st.none() | names,
        )
    ).map(lambda parts: Tree(*parts))
    return st.builds(Tree, st.sampled_from(["tuple", "list"]), several) | keyed


trees = st.recursive(
    st.integers(0, 99).map(Tree.leaf) | scalars.map(Tree.constant),
    containers,
    max_leaves=12,
)
entry_points = st.builds(
    EntryPoint,
    names,
    st.lists(leaves, max_size=3).map(tuple),
    st.lists(leaves, max_size=3).map(tuple),
    st.lists(st.builds(Parameter, names, trees, st.booleans()), max_size=3).map(tuple),
    trees,
    st.booleans(),
)
texts = st.lists(names, max_size=3).map(tuple)
metadata = st.builds(
    Metadata,
    st.lists(entry_points, max_size=3).map(tuple),
    texts,
    names,
    texts,
    names,
    names,
    names,
    texts,
    st.dictionaries(names, scalars, max_size=3),
    st.dictionaries(names, st.integers(0, 10**9).map(lambda micro: round(micro / 1e6, 6)), max_size=3),
    names,
    st.lists(st.builds(ParameterReference, names, names, names, st.integers(0, 2**60)), max_size=2).map(tuple),
)


@given(metadata)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_metadata_round_trip(value: Metadata) -> None:
    assert Metadata.from_json(value.to_json()) == value


@given(trees)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_tree_round_trip(tree: Tree) -> None:
    assert Tree.from_json(json.loads(json.dumps(tree.to_json()))) == tree
    assert len(list(tree.leaf_indices())) <= 12


@given(
    st.binary(max_size=80)
    | st.recursive(scalars, lambda c: st.lists(c) | st.dictionaries(names, c)).map(
        lambda value: json.dumps(value).encode()
    )
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_anything_else_is_an_artifact_error(text: bytes) -> None:
    with pytest.raises(ArtifactError, match="damaged"):
        Metadata.from_json(text)


SMALL = Metadata((), ("cpu:host",), "p", (), "mlir", "3.13.0 abc", "0.1", (), {}, {}, "0" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"entry_points": 5},
        {"entry_points": [5]},
        {"entry_points": [{}]},
        {"targets": None},
        {"parameters": [{"scope": "model"}]},
        {"parameters": [{"scope": "m", "file": "f", "path": "p", "byte_size": 1, "more": 2}]},
        {"entry_points": [{"name": "main", "inputs": [{"name": "x", "dtype": "f32"}]}]},
    ],
    ids=str,
)
def test_a_damaged_field_is_an_artifact_error(change: dict) -> None:
    data = json.loads(SMALL.to_json()) | change
    with pytest.raises(ArtifactError, match="damaged"):
        Metadata.from_json(json.dumps(data).encode())


# Artifacts made before there were remarks have none.
@pytest.mark.parametrize("field", sorted(json.loads(SMALL.to_json()).keys() - {"remarks"}))
def test_every_field_is_needed(field: str) -> None:
    data = json.loads(SMALL.to_json())
    del data[field]
    with pytest.raises(ArtifactError, match=f"damaged: '{field}'"):
        Metadata.from_json(json.dumps(data).encode())


def test_a_later_format_is_named() -> None:
    data = json.loads(SMALL.to_json()) | {"format": 2, "ireekit": "9.9"}
    with pytest.raises(ArtifactError, match="has format 2, this ireekit reads 1") as caught:
        Metadata.from_json(json.dumps(data).encode())
    assert caught.value.remedy == "use ireekit 9.9"


class TestSignature:
    def test_texts(self) -> None:
        entry = EntryPoint.flat(
            "main", [Leaf("x", "float32", ("batch", 3)), Leaf("n", "i64", None)], [Leaf("y", "bool", ())]
        )
        assert str(entry) == "main(x: float32[batch, 3], n: i64) -> (y: bool[])"
        assert [leaf.is_scalar for leaf in entry.inputs] == [False, True]

    def test_one_result_is_bare_and_several_are_a_tuple(self) -> None:
        y = Leaf("y", "float32", (2,))
        assert EntryPoint.flat("f", [], [y]).result == Tree.leaf(0)
        assert EntryPoint.flat("f", [], [y, y]).result == Tree.tuple_of(Tree.leaf(0), Tree.leaf(1))
        assert EntryPoint.flat("f", [], []).result == Tree.constant(None)

    def test_leaf_indices_in_order_of_appearance(self) -> None:
        tree = Tree("dict", (Tree.leaf(2), Tree("list", (Tree.leaf(0), Tree.constant(7), Tree.leaf(1)))), ("a", "b"))
        assert list(tree.leaf_indices()) == [2, 0, 1]
