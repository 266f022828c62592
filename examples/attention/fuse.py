"""Raise the operations that torch writes attention with to one, by declarative rules that run natively."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes.rewrite import (
    Attr,
    Rule,
    Value,
    apply_greedily,
    attr,
    compute,
    constraint,
    op,
    replace,
    rewrite_rule,
)
from ireekit.passes.rewrite.dag import OpNode, Rewrite

from .dialect import Fused, Shape, attention, mismatch


@constraint
def same_type(copy: Any, x: Any) -> bool:
    return copy.result.type == x.type


@constraint
def swaps_last(tensor: Any, one: Any, other: Any) -> bool:
    rank = len(Shape.of(tensor.type).extents)
    return {one.value % rank, other.value % rank} == {rank - 2, rank - 1}


@constraint
def is_last(tensor: Any, axis: Any) -> bool:
    return axis.value in (-1, len(Shape.of(tensor.type).extents) - 1)


@constraint
def is_not_zero(scale: Any) -> bool:
    return scale.value != 0.0


@constraint
def fit(query: Any, key: Any, value: Any) -> bool:
    return mismatch(query.type, key.type, value.type, None) is None


@constraint
def fit_masked(query: Any, key: Any, value: Any, mask: Any) -> bool:
    return mismatch(query.type, key.type, value.type, mask.type) is None


@compute("attribute")
def reciprocal(divisor: Any) -> ir.Attribute:
    return ir.FloatAttr.get(divisor.type, 1 / divisor.value, loc=ir.Location.unknown(divisor.context))


@rewrite_rule()
def drop_clone(x: Value) -> Rewrite:
    """A copy of a value is the value; dropout leaves one in evaluation."""
    copy = op("torch.aten.clone", x, op("torch.constant.none"))
    return replace(copy, x, where=[same_type(copy, x)])


def _scores(query: Value, key: Value, one: Attr, other: Attr) -> OpNode:
    axes = (op("torch.constant.int", value=one), op("torch.constant.int", value=other))
    return op("torch.aten.matmul", query, op("torch.aten.transpose.int", key, *axes))


def _softmax(logits: OpNode, axis: Attr) -> OpNode:
    return op("torch.aten.softmax.int", logits, op("torch.constant.int", value=axis), op("torch.constant.none"))


def _rules(scaling: str, as_factor: Callable[[Attr], Any]) -> tuple[Rule, Rule]:
    """The rules for scores that are scaled by the operation ``scaling``, without a mask and with one."""

    @rewrite_rule(name=f"fuse-{scaling}")
    def plain(query: Value, key: Value, value: Value, scale: Attr, one: Attr, other: Attr, axis: Attr) -> Rewrite:
        scores = _scores(query, key, one, other)
        scaled = op(scaling, scores, op("torch.constant.float", value=scale))
        weights = _softmax(scaled, axis)
        output = op("torch.aten.matmul", weights, value)
        fused = op(Fused, query=query, key=key, value=value, scale=as_factor(scale))
        where = [swaps_last(key, one, other), is_last(query, axis), is_not_zero(scale), fit(query, key, value)]
        return replace(output, fused, where=where, erase=[weights, scaled, scores])

    @rewrite_rule(name=f"fuse-masked-{scaling}")
    def masked(
        query: Value, key: Value, value: Value, mask: Value, scale: Attr, one: Attr, other: Attr, axis: Attr
    ) -> Rewrite:
        scores = _scores(query, key, one, other)
        scaled = op(scaling, scores, op("torch.constant.float", value=scale))
        biased = op("torch.aten.add.Tensor", scaled, mask, op("torch.constant.int", value=attr("1 : i64")))
        weights = _softmax(biased, axis)
        output = op("torch.aten.matmul", weights, value)
        fused = op(Fused, query=query, key=key, value=value, mask=mask, scale=as_factor(scale))
        fitting = fit_masked(query, key, value, mask)
        where = [swaps_last(key, one, other), is_last(query, axis), is_not_zero(scale), fitting]
        return replace(output, fused, where=where, erase=[weights, biased, scaled, scores])

    return plain, masked


RULES = (
    drop_clone,
    *_rules("torch.aten.mul.Scalar", lambda scale: scale),
    *_rules("torch.aten.div.Scalar", reciprocal),
)


class Fuse(ireekit.Pass):
    """Find attention in torch IR. Weights that something else uses as well keep it apart."""

    name = "attention-fuse"
    dependent_dialects = (attention,)

    def run(self, op: ir.Operation) -> None:
        apply_greedily(op, RULES)
