"""Direct convolutions without padding compute what torch computes, at every edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import ireekit
import mypipeline
from ireekit.codegen import balance
from ireekit.targets.machines import MACHINES
from mypipeline.passes.direct.kernels import Direct, kernel_of, shares_of
from mypipeline.passes.direct_convolutions import DirectConvolutions

AVX512 = next(each for each in MACHINES if each.name == "avx512")
CASES: dict[str, dict[str, Any]] = {
    "same": {"channels": 32, "kernel_size": 3, "padding": 1},
    "strided": {"channels": 48, "kernel_size": 3, "padding": 1, "stride": 2},
    "wide": {"channels": 24, "kernel_size": 5, "padding": 2, "stride": 2},  # the last vector overlaps the one before
    "dilated": {"channels": 16, "kernel_size": 3, "padding": 3, "dilation": 3},
    "unpadded": {"channels": 16, "kernel_size": 3},
    "uneven": {"channels": 40, "kernel_size": (3, 1), "padding": (2, 0), "stride": (1, 2), "bias": False},
    "few channels": {"channels": 12, "kernel_size": 3, "padding": 1},  # less than a vector of AVX-512
}


class Convolutions(nn.Module):
    """All cases side by side, so that one compilation does, with what follows convolutions in networks."""

    def __init__(self) -> None:
        super().__init__()
        self.cases = nn.ModuleList(
            nn.Conv2d(channels, channels, groups=channels, **options)
            for case in CASES.values()
            for options in [dict(case)]
            for channels in [options.pop("channels")]
        )
        self.norm = nn.BatchNorm2d(32)

    def forward(self, *images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        made = [case(image) for case, image in zip(self.cases, images, strict=True)]
        first = nn.functional.relu6(self.norm(made[0]))
        return (first + images[0], nn.functional.hardswish(made[1]), *made[2:])


class Counted(DirectConvolutions):
    name = "counted"
    kernels = 0

    def run(self, op: Any) -> None:
        super().run(op)
        Counted.kernels = len(ireekit.find(op, "stream.executable.export"))


def test_results_are_those_of_torch():
    torch.manual_seed(0)
    model = Convolutions().eval()
    images = [torch.randn(2, case["channels"], 19, 23) for case in CASES.values()]
    with torch.no_grad():
        wanted = model.double()(*[each.double() for each in images])
        model.float()
    pipeline = ireekit.Pipeline("mypipeline")
    for step in mypipeline.pipeline.steps:
        if step.phase is not None:
            ours = step.action.name == DirectConvolutions.name
            pipeline.at(step.phase, Counted() if ours else step.action, targets=step.targets)
    artifact = pipeline.compile(model, *images, target="cpu", cache=False)
    assert Counted.kernels >= len(CASES) - 1
    for device in ("cpu-sync", "cpu?threads=2"):
        for name, found, right in zip(CASES, artifact.load(device)(*[x.numpy() for x in images]), wanted, strict=True):
            np.testing.assert_allclose(found, right.numpy(), atol=2e-6, err_msg=name)


@pytest.mark.parametrize(
    ("channels", "size", "stride"),
    [(32, 112, 1), (96, 112, 2), (144, 56, 1), (384, 14, 1), (960, 7, 1), (16, 1, 1)],
)
def test_shares_cover_the_result_and_keep_two_threads_busy(channels: int, size: int, stride: int):
    shape = Direct(1, channels, (size, size), (-(-size // stride),) * 2, (3, 3), (stride, stride), (1, 1), (1, 1))
    shares = shares_of(shape, 16)
    down, across = shares.groups
    assert down * shares.rows >= shape.result[0] > (down - 1) * shares.rows
    assert across * shares.vectors * 16 >= channels > (across - 1) * shares.vectors * 16
    if size > 1:
        assert balance.busiest(down * across, 2) * shares.rows * shares.vectors * 32 <= 1.2 * shape.result[0] * channels


def test_shapes_that_have_no_kernel():
    narrow = Direct(1, 12, (8, 8), (8, 8), (3, 3), (1, 1), (1, 1), (1, 1))
    all_edges = Direct(1, 16, (8, 80), (8, 80), (3, 81), (1, 1), (1, 1), (1, 40))
    for shape in (narrow, all_edges):
        assert kernel_of(shape, AVX512, (), lambda kernel, value, buffers, element: value) is None
