"""Bring exported graphs into the form the importer takes: no assertions, arithmetic on sizes as aten operators."""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.fx import GraphModule, Node

_aten, _prim = torch.ops.aten, torch.ops.prim

# What a graph asserts about its inputs is checked by the compiled function's own signature.
_ASSERTIONS = frozenset(
    {
        _aten._assert_async.default,
        _aten._assert_async.msg,
        _aten._assert_scalar.default,
        _aten._assert_tensor_metadata.default,
        _aten.sym_constrain_range.default,
        _aten.sym_constrain_range_for_size.default,
    }
)

# Python functions on sizes, and the operator on integers that each is.
_ON_INTEGERS: dict[Callable[..., Any], Any] = {
    operator.add: _aten.add.int,
    operator.sub: _aten.sub.int,
    operator.mul: _aten.mul.int,
    operator.floordiv: _aten.floordiv.int,
    operator.mod: _aten.remainder.int,
    operator.neg: _aten.neg.int,
    operator.truediv: _aten.div.int,
    operator.eq: _aten.eq.int,
    operator.ne: _aten.ne.int,
    operator.lt: _aten.lt.int,
    operator.le: _aten.le.int,
    operator.gt: _aten.gt.int,
    operator.ge: _aten.ge.int,
    torch.sym_max: _prim.max.int,
    torch.sym_min: _prim.min.int,
    torch.sym_float: _aten.Float.Scalar,
}

_ON_FLOATS: dict[Callable[..., Any], Any] = {
    operator.neg: _aten.neg.float,
    math.ceil: _aten.ceil.float,
    math.trunc: _aten.Int.float,
    # A size is never negative: rounding towards zero is rounding down.
    math.floor: _aten.Int.float,
    torch.sym_int: _aten.Int.float,
}

_ON_TRUTH_VALUES: dict[Callable[..., Any], Any] = {
    operator.and_: _aten.__and__.bool,
    operator.or_: _aten.__or__.bool,
    torch.sym_not: _aten.__not__.default,
}

_TABLES: dict[type, dict[Callable[..., Any], Any]] = {
    int: _ON_INTEGERS,
    float: _ON_FLOATS,
    bool: _ON_TRUTH_VALUES,
}


def canonicalize(program: ExportedProgram) -> None:
    """Rewrite the graph of ``program`` and of its branches and loop bodies in place."""
    for module in graph_modules(program):
        for node in list(module.graph.nodes):
            _canonicalize_node(node)
        module.graph.eliminate_dead_code()


def graph_modules(program: ExportedProgram) -> Iterator[GraphModule]:
    """The program's graph, and those nested in it."""
    yield from (module for module in program.graph_module.modules() if isinstance(module, GraphModule))


def _canonicalize_node(node: Node) -> None:
    if node.op != "call_function":
        return
    if node.target in _ASSERTIONS:
        node.graph.erase_node(node)
    elif node.target is torch.sym_sum:
        _expand_sum(node)
    elif not isinstance(node.target, torch._ops.OpOverload):
        kinds = {_python_type(argument) for argument in node.args}
        kind = kinds.pop() if len(kinds) == 1 else None
        target: Any = node.target
        if kind is not None:
            node.target = _TABLES.get(kind, {}).get(target, target)


def _expand_sum(node: Node) -> None:
    terms: Any = node.args[0]
    total, *rest = terms
    with node.graph.inserting_before(node):
        for term in rest:
            total = node.graph.call_function(_aten.add.int, (total, term))
            total.meta = dict(node.meta)
    node.replace_all_uses_with(total)
    node.graph.erase_node(node)


def _python_type(argument: Any) -> type | None:
    value = argument.meta.get("val") if isinstance(argument, Node) else argument
    for symbolic, plain in ((torch.SymInt, int), (torch.SymFloat, float), (torch.SymBool, bool)):
        if isinstance(value, symbolic):
            return plain
    return type(value) if type(value) in _TABLES else None
