"""Winograd's convolutions compute what torch computes, within the errors that are stated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import ireekit
import mypipeline
from ireekit.errors import PipelineError
from ireekit.targets.machines import MACHINES
from mypipeline.passes.winograd.algorithm import POINTS, winograd
from mypipeline.passes.winograd.choice import Convolution, best_tile
from mypipeline.passes.winograd_convolutions import WinogradConvolutions

AVX512, NEON = (next(each for each in MACHINES if each.name == name) for name in ("avx512", "neon"))
TOLERANCE = {2: 2e-6, 4: 5e-6}
"""Largest error of one convolution, relative to the largest result."""


@pytest.mark.parametrize("outputs", POINTS)
def test_matrices_are_exact_but_for_rounding(outputs: int):
    algorithm = winograd(outputs)
    rng = np.random.default_rng(0)
    data, taps = rng.standard_normal(algorithm.size), rng.standard_normal(3)
    got = algorithm.inverse @ ((algorithm.filter @ taps) * (algorithm.data @ data))
    np.testing.assert_allclose(got, [data[at : at + 3] @ taps for at in range(outputs)], rtol=1e-12, atol=1e-13)


def compiled(model: nn.Module, x: torch.Tensor, outputs: int, **options: Any) -> tuple[ireekit.Artifact, int]:
    """It with tiles of so many outputs wherever that is possible, and how many convolutions those were."""
    pipeline, counts = ireekit.Pipeline("mypipeline"), list[int]()

    class Counted(WinogradConvolutions):
        name = "counted"

        def run(self, op: Any) -> None:
            super().run(op)
            counts.append(len(ireekit.find(op, "stream.executable.export")))

    for step in mypipeline.pipeline.steps:
        if step.phase is not None:
            ours = step.action.name == WinogradConvolutions.name
            pipeline.at(step.phase, Counted(outputs=outputs) if ours else step.action, targets=step.targets)
    return pipeline.compile(model, x, target=options.pop("target", "cpu"), cache=False, **options), sum(counts)


def error(artifact: ireekit.Artifact, model: nn.Module, x: torch.Tensor) -> float:
    with torch.no_grad():
        wanted = model.double()(x.double()).numpy()
    model.float()
    return float(np.abs(np.asarray(artifact(x.numpy())) - wanted).max() / np.abs(wanted).max())


class Block(nn.Module):
    """What surrounds convolutions in networks: batch normalisation, a residual, activations, and a second reader."""

    def __init__(self, channels: int, filters: int, padding: int, dilation: int = 1) -> None:
        super().__init__()
        self.one = nn.Sequential(
            nn.Conv2d(channels, filters, 3, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
        )
        self.two = nn.Conv2d(filters, filters, 3, padding=1)
        self.scale = nn.Parameter(torch.randn(filters, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.one(x)
        return nn.functional.relu6((self.two(x) + x) * self.scale) - 0.5


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch):
    """Small shapes stand for the larger ones that gain."""
    monkeypatch.setattr("mypipeline.passes.winograd.choice.best_tile", lambda shape, largest, machine: largest)


@pytest.fixture(params=["three kernels", "one kernel"])
def fused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Both forms, whatever the size."""
    one = request.param == "one kernel"
    monkeypatch.setattr("mypipeline.passes.winograd.choice.is_large", lambda *_: one)
    return one


@pytest.mark.parametrize(
    ("outputs", "batch", "height", "width", "padding", "dilation"),
    [(4, 2, 9, 6, 0, 1), (2, 1, 5, 7, 2, 1), (4, 1, 17, 30, 2, 2)],
)
def test_blocks(fused: bool, outputs: int, batch: int, height: int, width: int, padding: int, dilation: int):
    torch.manual_seed(outputs)
    model, x = Block(32, 48, padding, dilation).eval(), torch.randn(batch, 32, height, width)
    artifact, kernels = compiled(model, x, outputs)
    assert kernels == (2 if fused else 4)
    assert error(artifact, model, x) < TOLERANCE[outputs]


@pytest.mark.parametrize("target", ["cpu:x86-64-v3", "cpu:x86-64"])
def test_other_vectors(target: str, fused: bool):
    torch.manual_seed(0)
    model, x = Block(16, 24, 1).eval(), torch.randn(1, 16, 6, 10)
    artifact, kernels = compiled(model, x, 4, target=target)
    assert kernels == (2 if fused else 4)
    assert error(artifact, model, x) < TOLERANCE[4]


def test_choice():
    assert best_tile(Convolution(1, 56, 56, 64, 64), 4, AVX512) == 4
    assert best_tile(Convolution(1, 56, 56, 64, 64), 2, AVX512) == 2
    assert best_tile(Convolution(1, 56, 56, 64, 64), 0, AVX512) is None
    assert best_tile(Convolution(1, 7, 7, 512, 512), 4, AVX512) == 2, "weights of larger tiles take longer to read"
    assert best_tile(Convolution(1, 1, 1, 512, 512), 4, AVX512) is None
    assert best_tile(Convolution(1, 7, 7, 512, 512), 4, NEON) == 4, "arithmetic costs more there"


def test_other_tiles_of_a_layer():
    with pytest.raises(PipelineError, match="no tile of a layer"):
        WinogradConvolutions(outputs_of=("stage.0=3",))
    assert str(WinogradConvolutions(outputs_of=("stage.0=2",))).endswith("{outputs-of=stage.0=2}")
