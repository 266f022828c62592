"""The :class:`EntryPoint` of an exported program."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import (
    ConstantArgument,
    InputKind,
    OutputKind,
    SymIntArgument,
    TensorArgument,
)

from ireekit.errors import ModelImportError
from ireekit.frontends.torch.structure import leaf_names, tree_of_spec
from ireekit.signature import Dim, EntryPoint, Leaf, Parameter, Tree

# Numbers passed by value: those torch.export keeps symbolic.
_SCALARS: Mapping[type, str] = {SymIntArgument: "i64"}


def entry_point(
    name: str,
    program: ExportedProgram,
    call_spec: Any,
    forward: inspect.Signature | None,
    dynamic_shapes: Any,
    result_tree: Tree | None,
) -> EntryPoint:
    """Describe ``program``.

    Args:
      name: of the exported function.
      program: functional; its user inputs are in the order of ``call_spec.in_spec``.
      call_spec: of the program as it was exported.
      forward: the model's own signature, where known.
      dynamic_shapes: as given to ``torch.export.export``: names dynamic dimensions.
      result_tree: over the program's user outputs; ``None`` takes it from ``call_spec``.
    """
    _refuse_input_mutation(program)
    metas = {node.name: node.meta.get("val") for node in program.graph.nodes}
    arguments = [s.arg for s in program.graph_signature.input_specs if s.kind == InputKind.USER_INPUT]
    input_of, dynamic = _positions(arguments, "argument")
    parameters = _parameters(call_spec.in_spec, forward, arguments, input_of)
    names = {i: leaf for p in parameters for i, leaf in leaf_names(p.tree, p.name).items()}
    symbols = _symbol_names(parameters, dynamic_shapes, [metas[arg.name] for arg in dynamic])
    inputs = [_leaf(names[i], arg, metas, symbols) for i, arg in enumerate(dynamic)]

    outputs = [s.arg for s in program.graph_signature.output_specs if s.kind == OutputKind.USER_OUTPUT]
    result_of, produced = _positions(outputs, "result")
    tree = result_tree or tree_of_spec(call_spec.out_spec, Tree.leaf)
    tree = _relabel(tree, result_of)
    result_names = leaf_names(tree, "" if tree.kind in ("dict", "record") else "output")
    results = [_leaf(result_names[i], arg, metas, symbols) for i, arg in enumerate(produced)]
    return EntryPoint(
        name,
        tuple(inputs),
        tuple(results),
        parameters,
        tree,
        stateful=bool(program.graph_signature.buffers_to_mutate),
    )


def _refuse_input_mutation(program: ExportedProgram) -> None:
    mutated = sorted(set(program.graph_signature.user_inputs_to_mutate.values()))
    if not mutated:
        return
    raise ModelImportError(
        f"the model changes its input {mutated[0]!r} in place: a compiled program leaves its arguments alone",
        remedy=f"work on a copy ({mutated[0]} = {mutated[0]}.clone()), or keep the state in a buffer",
        notes=tuple(f"also changed in place: {name!r}" for name in mutated[1:]),
    )


def _positions(arguments: Sequence[Any], role: str) -> tuple[list[Tree], list[Any]]:
    """What stands for each flat value, and those that are passed at run time."""
    trees: list[Tree] = []
    dynamic: list[Any] = []
    for argument in arguments:
        if isinstance(argument, ConstantArgument):
            trees.append(Tree.constant(_constant(argument.value)))
            continue
        if not isinstance(argument, (TensorArgument, SymIntArgument)):
            raise ModelImportError(
                f"a {role} of kind {type(argument).__name__} cannot be passed",
                op=getattr(argument, "name", None),
                remedy="use a tensor, or an integer",
            )
        trees.append(Tree.leaf(len(dynamic)))
        dynamic.append(argument)
    return trees, dynamic


def _constant(value: Any) -> Any:
    return value if isinstance(value, (type(None), bool, int, float, str)) else str(value)


def _parameters(
    in_spec: Any, forward: inspect.Signature | None, arguments: Sequence[Any], input_of: Sequence[Tree]
) -> tuple[Parameter, ...]:
    whole = tree_of_spec(in_spec, lambda position: input_of[position])
    flat = tree_of_spec(in_spec, Tree.leaf)
    (positional, keywords), (positions, _) = whole.children, flat.children
    given = _positional_names(forward, len(positional.children))
    parameters: list[Parameter] = []
    for i, tree in enumerate(positional.children):
        own = next(positions.children[i].leaf_indices(), None)
        fallback = arguments[own].name if own is not None and positions.children[i].kind == "leaf" else f"arg{i}"
        parameters.append(Parameter(given[i] or fallback, tree))
    # A keyword that continues the positional parameters without a gap may be given by position as well.
    order = _positional_names(forward, 10_000)[len(parameters) :]
    for i, (key, tree) in enumerate(zip(keywords.keys, keywords.children, strict=True)):
        parameters.append(Parameter(key, tree, keyword_only=order[i] != key))
    return tuple(parameters)


def _positional_names(forward: inspect.Signature | None, count: int) -> list[str | None]:
    names: list[str | None] = []
    for parameter in forward.parameters.values() if forward else ():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            start = len(names)
            names.extend(f"{parameter.name}_{i}" for i in range(max(0, min(count, 64) - start)))
    return (names + [None] * count)[:count] if count > len(names) else names[:count]


def _leaf(name: str, argument: Any, metas: Mapping[str, Any], symbols: Mapping[str, str]) -> Leaf:
    scalar = _SCALARS.get(type(argument))
    if scalar is not None:
        return Leaf(name, scalar, None)
    value = cast("torch.Tensor", metas[argument.name])
    return Leaf(name, dtype_name(value.dtype), tuple(_dim(extent, symbols) for extent in value.shape))


def dtype_name(dtype: torch.dtype) -> str:
    """The numpy or ml_dtypes name of a torch dtype."""
    return str(dtype).removeprefix("torch.")


def _dim(extent: Any, symbols: Mapping[str, str]) -> Dim:
    if isinstance(extent, int):
        return extent
    expression = extent.node.expr
    if expression.is_number:
        return int(expression)
    renaming = {s: type(s)(symbols.get(str(s), str(s)), integer=True) for s in expression.free_symbols}
    return str(expression.subs(renaming))


def _relabel(tree: Tree, leaves: Sequence[Tree]) -> Tree:
    if tree.kind == "leaf":
        return leaves[tree.value]
    children = tuple(_relabel(child, leaves) for child in tree.children)
    return Tree(tree.kind, children, tree.keys, tree.value, tree.type_name)


def _symbol_names(parameters: Sequence[Parameter], dynamic_shapes: Any, values: Sequence[Any]) -> dict[str, str]:
    """Names people gave to symbols with ``torch.export.Dim``."""
    names: dict[str, str] = {}

    def visit(shapes: Any, tree: Tree) -> None:
        if shapes is None or tree.kind == "constant":
            return
        if tree.kind == "leaf":
            name_dims(shapes, values[tree.value])
            return
        for shape, child in _children(shapes, tree):
            visit(shape, child)

    def name_dims(shapes: Any, value: Any) -> None:
        if not isinstance(value, torch.Tensor):
            _name(names, shapes, value)
            return
        pairs = (
            cast("Mapping[int, Any]", shapes).items()
            if isinstance(shapes, Mapping)
            else enumerate(cast("Sequence[Any]", shapes))
        )
        for axis, dim in pairs:
            _name(names, dim, value.shape[axis])

    for parameter in parameters:
        if parameter.tree.kind == "leaf" and isinstance(values[parameter.tree.value], torch.SymInt):
            names.setdefault(str(values[parameter.tree.value].node.expr), parameter.name)
    root = Tree("dict", tuple(p.tree for p in parameters), tuple(p.name for p in parameters))
    visit(dynamic_shapes, root)
    return names


def _name(names: dict[str, str], dim: Any, extent: Any) -> None:
    label = getattr(dim, "__name__", None)
    if isinstance(label, str) and isinstance(extent, torch.SymInt) and extent.node.expr.is_Symbol:
        names.setdefault(str(extent.node.expr), label)


def _children(shapes: Any, tree: Tree) -> list[tuple[Any, Tree]]:
    if isinstance(shapes, Mapping):
        table = cast("Mapping[str, Any]", shapes)
        return [(table.get(key), child) for key, child in zip(tree.keys, tree.children, strict=False)]
    if isinstance(shapes, (tuple, list)):
        return list(zip(cast("Sequence[Any]", shapes), tree.children, strict=False))
    return []
