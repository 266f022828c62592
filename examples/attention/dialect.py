"""The dialect ``attention``: scaled dot product attention as one operation."""

from __future__ import annotations

from dataclasses import dataclass

from iree.compiler import ir

from ireekit.dialect import Dialect, Op, Operand, Result, attribute, operand, optional_operand, result
from ireekit.dialect.constraints import F64, Named
from ireekit.dialect.traits import Pure

_TENSOR = Named("!torch.vtensor")


class Fused(Op):
    """softmax(scale * query @ keyᵀ + mask) @ value, over the last two dimensions; those before are a batch.

    The mask is broadcast: each of its extents is 1 or that of the scores.
    """

    name = "attention.fused"
    query: Operand = operand(_TENSOR, "(batch..., M, K)")
    key: Operand = operand(_TENSOR, "(batch..., N, K)")
    value: Operand = operand(_TENSOR, "(batch..., N, V)")
    mask: Operand | None = optional_operand(_TENSOR, "(batch..., M, N) or broadcast to it")
    scale: float = attribute(F64)
    output: Result = result(_TENSOR, "(batch..., M, V)")
    traits = (Pure,)
    assembly_format = (
        "$query `,` $key `,` $value (`masked` `by` $mask^)? `scaled` `by` $scale attr-dict "
        "`:` type($query) `,` type($key) `,` type($value) (`,` type($mask)^)? `->` type($output)"
    )

    def verify(self) -> None:
        mask = None if self.mask is None else self.mask.type
        problem = mismatch(self.query.type, self.key.type, self.value.type, mask)
        if problem is not None:
            self.error(problem)
        query, value, output = map(Shape.of, (self.query.type, self.value.type, self.output.type))
        if output.extents != (*query.extents[:-1], value.extents[-1]):
            self.error(f"the result of extents {output.extents} is not that of the operands")


attention = Dialect("attention", ops=(Fused,))


@dataclass(frozen=True)
class Shape:
    """Extents (``None``: dynamic) and element type of a tensor of torch."""

    extents: tuple[int | None, ...]
    element: str

    @classmethod
    def of(cls, kind: ir.Type) -> Shape:
        """Read the text, e.g. ``!torch.vtensor<[2,?],f32>``: the bindings have no class for torch's types."""
        inside = str(kind).partition("<")[2].removesuffix(">")
        listed, _, element = inside.removeprefix("[").partition("],")
        return cls(tuple(None if each == "?" else int(each) for each in listed.split(",") if each), element)


def mismatch(query: ir.Type, key: ir.Type, value: ir.Type, mask: ir.Type | None) -> str | None:
    """Why these are no operands of one attention; ``None`` where they are."""
    q, k, v = map(Shape.of, (query, key, value))
    if None in (*q.extents, *k.extents, *v.extents):
        return "dynamic extents"
    if len({q.element, k.element, v.element}) > 1:
        return f"element types {q.element}, {k.element} and {v.element}"
    fits = len(q.extents) == len(k.extents) == len(v.extents) >= 2 and k.extents[-2] == v.extents[-2]
    if (
        not fits
        or q.extents[:-2] != k.extents[:-2]
        or k.extents[:-2] != v.extents[:-2]
        or q.extents[-1] != k.extents[-1]
    ):
        return f"query {q.extents}, key {k.extents} and value {v.extents} do not fit"
    if mask is None:
        return None
    m = Shape.of(mask)
    scores = (*q.extents[:-1], k.extents[-2])
    if m.element != q.element or len(m.extents) != len(scores):
        return f"a mask of rank {len(m.extents)} and element type {m.element}"
    if any(have not in (1, wanted) for have, wanted in zip(m.extents, scores, strict=True)):
        return f"a mask {m.extents} for scores {scores}"
    return None
