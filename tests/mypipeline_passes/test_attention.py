"""Attention as one kernel computes what torch computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from iree.compiler import ir
from torch import nn

import ireekit
import mypipeline
from ireekit.passes.builders import before
from mypipeline.passes.exponential import exponential

RELATIVE = 1e-5


class Attention(nn.Module):
    """Of tensors [batch, tokens, heads, width], as the layers of transformers call it."""

    def __init__(self, *, causal: bool = False, masked: bool = False) -> None:
        super().__init__()
        self.causal, self.masked = causal, masked

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        q, k, v = (each.transpose(1, 2) for each in (q, k, v))
        mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool) if self.masked else None
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=self.causal)
        return mixed.transpose(1, 2).flatten(2)


class Masked(nn.Module):
    """With the first channel of keys as a mask: what is positive is seen (``"seen"``), or added to scores."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        of_keys = k[:, None, None, :, 0, 0]
        queries, keys = q.shape[1], k.shape[1]
        mask = of_keys if self.kind == "added" else of_keys > 0
        if self.kind == "window":
            here, there = torch.arange(queries)[:, None], torch.arange(keys)[None]
            mask = mask & (there <= here) & (there > here - 20)
        q, k, v = (each.transpose(1, 2) for each in (q, k, v))
        if self.kind == "filled":
            scores = (q @ k.transpose(2, 3) / 4).masked_fill(~mask, torch.finfo(torch.float32).min)
            mixed = scores.softmax(-1) @ v
        else:
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        return mixed.transpose(1, 2).flatten(2)


class Joined(nn.Module):
    """Queries, keys and values as slices of what one product made."""

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([each.flatten(2) for each in (q, k, v)], 2) * 2
        parts = (each.unflatten(2, q.shape[2:]) for each in joined.split(q.shape[2] * q.shape[3], 2))
        return Attention(causal=True)(*parts)


# What is fused, batch, queries, keys, heads, width, width of values; heads of keys and values where they are fewer.
CASES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "whole tiles": (Attention(), (1, 64, 64, 2, 32, 32)),
    "odd lengths, a mask that masks nothing": (Attention(masked=True), (1, 67, 53, 3, 64, 64)),
    "batch, wide values": (Attention(), (2, 37, 40, 2, 16, 64)),
    "one head": (Attention(), (1, 33, 35, 1, 32, 32)),
    "causal": (Attention(causal=True), (1, 48, 48, 2, 32, 32)),
    "causal, slices": (Joined(), (2, 45, 45, 2, 32, 32)),
    "some keys hidden": (Masked("seen"), (3, 40, 43, 2, 32, 48)),
    "few heads of keys": (Masked("seen"), (2, 33, 50, 4, 32, 32, 2)),
    "added": (Masked("added"), (2, 50, 61, 2, 32, 32)),
    "filled with the lowest number": (Masked("filled"), (2, 40, 45, 2, 16, 32)),
    "a window": (Masked("window"), (2, 70, 70, 1, 32, 32)),
    "long rows, in chunks": (Masked("seen"), (1, 35, 1300, 1, 32, 32)),
    "few queries": (Attention(), (1, 3, 64, 2, 32, 32)),
}


class _Together(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.models = nn.ModuleList(model for model, _ in CASES.values())

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(model(*inputs[3 * index : 3 * index + 3]) for index, model in enumerate(self.models))


def _inputs() -> list[torch.Tensor]:
    torch.manual_seed(0)
    found: list[torch.Tensor] = []
    for name, (_, (batch, queries, keys, heads, width, value_width, *shared)) in CASES.items():
        own = shared[0] if shared else heads
        shapes = ((queries, heads, width), (keys, own, width), (keys, own, value_width))
        found += [torch.randn(batch, *shape) for shape in shapes]
        if name == "some keys hidden":
            found[-2][1] = -found[-2][1].abs()  # none is seen
            found[-2][2, 20:, 0, 0] = -1
    return found


def _noting_attention(seen: list[str]) -> ireekit.Pipeline:
    """The pipeline, which puts the kernels of attention that are called into ``seen``."""

    class Note(ireekit.Pass):
        name = "test-note"
        anchor = "builtin.module"

        def run(self, op: ir.Operation) -> None:
            entries = [str(each.attributes["entry_points"]) for each in ireekit.find(op, "flow.dispatch")]
            seen.extend(each for each in entries if "@attention" in each)

    return mypipeline.pipeline.extended().at("preprocessing", Note())


@pytest.mark.parametrize("target", ["cpu", "cpu:x86-64-v3"])
def test_all_cases_agree_with_torch(target: str) -> None:
    seen: list[str] = []

    model, inputs = _Together().eval(), _inputs()
    pipeline = _noting_attention(seen)
    got = pipeline.compile(model, *inputs, target=target, cache=False)(*inputs)
    expected = model(*(each.double() for each in inputs))
    for name, one, other in zip(CASES, got, expected, strict=True):
        assert (one - other).abs().max() <= RELATIVE * other.abs().max(), name
    # All but the one with few queries.
    assert len(seen) == len(CASES) - 1


class _Lengths(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.models = nn.ModuleList([Attention(causal=True), Masked("window"), Masked("added")])

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(model((1 + index) * q, k, v) for index, model in enumerate(self.models))


def test_lengths_that_are_known_when_the_program_runs() -> None:
    model, seen = _Lengths().eval(), list[str]()

    def inputs(length: int, batch: int = 2) -> list[torch.Tensor]:
        return [torch.randn(batch, length, 2, 32) for _ in range(3)]

    sizes = {0: torch.export.Dim("batch", min=1, max=64), 1: torch.export.Dim("length", min=2, max=4096)}
    pipeline = _noting_attention(seen)
    artifact = pipeline.compile(model, *inputs(40), target="cpu", cache=False, dynamic_shapes=(sizes, sizes, sizes))
    assert len(seen) == 3
    for length, batch in ((2, 1), (7, 2), (32, 3), (257, 1), (600, 2)):
        given = inputs(length, batch)
        for one, other in zip(artifact(*given), model(*(each.double() for each in given)), strict=True):
            torch.testing.assert_close(one, other.float(), rtol=1e-4, atol=1e-5, equal_nan=True)


def test_scores_without_numbers() -> None:
    model = Attention().eval()
    q, k, v = (torch.randn(1, 40, 1, 32) for _ in range(3))
    artifact = mypipeline.compile(model, q, k, v, target="cpu", cache=False)
    q[0, 3], q[0, 5], k[0, 7] = float("nan"), 1e20, -1e15
    torch.testing.assert_close(artifact(q, k, v), model(q, k, v), equal_nan=True, rtol=1e-4, atol=1e-5)
    assert artifact(q, k, v)[0, 3].isnan().all()


class _Exponentials(ireekit.Pass):
    """``math.exp`` of a whole tensor by the function under test."""

    name = "test-exponentials"
    anchor = "builtin.module"

    def run(self, op: ir.Operation) -> None:
        from ireekit.codegen.custom_kernels import CustomKernels, KernelWriter

        for each in list(ireekit.find(op, "linalg.generic")):
            (size,) = ir.RankedTensorType(each.operands[0].type).shape
            kernel = KernelWriter("exponentials", operands=[(size,)], results=[(size,)], lanes=16)
            source, target = kernel.buffers
            with kernel.loop(size, step=16) as index:
                kernel.store(exponential(kernel, kernel.load(source, index)), target, index)
            with before(each):
                (made,) = CustomKernels(op).dispatch(kernel, [each.operands[0]])
            each.results[0].replace_all_uses_with(made)
            each.erase()


def test_exponentials_are_within_one_unit_in_the_last_place() -> None:
    pipeline = ireekit.Pipeline("exponentials").at("preprocessing", _Exponentials())
    count = 1 << 18
    x = np.concatenate([-np.geomspace(1e-9, 87.3, count // 2), np.linspace(-87.3, 0, count // 2)]).astype(np.float32)
    x = np.maximum(x, np.float32(-87.3))
    text = f"""
    func.func @main(%x: tensor<{count}xf32>) -> tensor<{count}xf32> {{
      %e = tensor.empty() : tensor<{count}xf32>
      %r = linalg.generic
        {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}}
        ins(%x : tensor<{count}xf32>) outs(%e : tensor<{count}xf32>) {{
      ^bb0(%in: f32, %out: f32):
        %0 = math.exp %in : f32
        linalg.yield %0 : f32
      }} -> tensor<{count}xf32>
      return %r : tensor<{count}xf32>
    }}"""
    run: Any = pipeline.compile(text, target="cpu", cache=False)
    got, exact = np.array(run(x), dtype=np.float64), np.exp(x.astype(np.float64))
    assert (np.abs(got - exact) / np.spacing(exact.astype(np.float32))).max() <= 1.0
    special = np.full(count, -np.inf, np.float32)
    special[:3] = np.nan, -87.5, 0.0
    first = np.array(run(special))
    assert np.isnan(first[0])
    assert list(first[1:3]) == [0.0, 1.0]
    assert (first[3:] == 0.0).all()
