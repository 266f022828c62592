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


# What is fused, batch, queries, keys, heads, width, width of values.
CASES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "whole tiles": (Attention(), (1, 64, 64, 2, 32, 32)),
    "odd lengths, a mask that masks nothing": (Attention(masked=True), (1, 67, 53, 3, 64, 64)),
    "batch, wide values": (Attention(), (2, 37, 40, 2, 16, 64)),
    "one head": (Attention(), (1, 33, 35, 1, 32, 32)),
    "causal": (Attention(causal=True), (1, 48, 48, 2, 32, 32)),
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
    for _, (batch, queries, keys, heads, width, value_width) in CASES.values():
        shapes = ((queries, width), (keys, width), (keys, value_width))
        found += [torch.randn(batch, tokens, heads, size) for tokens, size in shapes]
    return found


@pytest.mark.parametrize("target", ["cpu", "cpu:x86-64-v3"])
def test_all_cases_agree_with_torch(target: str) -> None:
    seen: list[str] = []

    class Count(ireekit.Pass):
        name = "test-count"
        anchor = "builtin.module"

        def run(self, op: ir.Operation) -> None:
            entries = [str(each.attributes["entry_points"]) for each in ireekit.find(op, "flow.dispatch")]
            seen.extend(each for each in entries if "@attention" in each)

    model, inputs = _Together().eval(), _inputs()
    pipeline = mypipeline.pipeline.extended().at("preprocessing", Count())
    got = pipeline.compile(model, *inputs, target=target, cache=False)(*inputs)
    expected = model(*(each.double() for each in inputs))
    for name, one, other in zip(CASES, got, expected, strict=True):
        assert (one - other).abs().max() <= RELATIVE * other.abs().max(), name
    # All but the causal one and the one with few queries.
    assert len(seen) == len(CASES) - 2


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
