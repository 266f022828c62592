"""The hot loops of what mypipeline makes of convolutions and products are vector multiply-adds, on x86-64 and aarch64.

Shown by the compiler's own disassembly, so for machines that are not here as well.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import mypipeline

from .hot_loops import Loop, hottest_loop


class Product(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Linear(96, 128)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weights(x)


MODELS = {
    "strided convolution 3x3": (lambda: nn.Conv2d(16, 32, 3, stride=2), (1, 16, 29, 29)),
    "convolution 3x3": (lambda: nn.Conv2d(32, 64, 3, padding=1), (1, 32, 28, 28)),
    "convolution 1x1": (lambda: nn.Conv2d(32, 64, 1), (1, 32, 28, 28)),
    "depthwise 3x3": (lambda: nn.Conv2d(64, 64, 3, padding=1, groups=64), (1, 64, 28, 28)),
    "product": (Product, (64, 96)),
    "matvec": (Product, (1, 96)),
}
# Vector registers by target.
REGISTERS = {"cpu:znver4": "zmm", "cpu:x86-64-v3": "ymm", "cpu:aarch64": "v.4s", "cpu:neoverse-v1": "v.4s"}
CASES = [
    *((name, target) for name in MODELS for target in ("cpu:znver4", "cpu:aarch64")),
    *(("product", target) for target in ("cpu:x86-64-v3", "cpu:neoverse-v1")),
]


def hot_loop(name: str, target: str, folder: Path) -> Loop:
    torch.manual_seed(0)
    make, shape = MODELS[name]
    flag = f"--iree-hal-dump-executable-intermediates-to={folder}"
    mypipeline.compile(make().eval(), torch.randn(shape), target=target, cache=False, flags=[flag])
    (file,) = folder.glob("*.s")
    return hottest_loop(file.read_text())


@pytest.mark.parametrize(("name", "target"), CASES)
def test_hot_loops_are_vectorised(name: str, target: str, tmp_path: Path) -> None:
    loop = hot_loop(name, target, tmp_path)
    print(f"{name:24} {target:16} {loop}")
    assert loop.register == REGISTERS[target]
    assert loop.scalar == 0


def test_loops_that_are_not_vectorised_are_told() -> None:
    scalar = "f:\n.LBB0_1:\n\tvmovss\t(%rax), %xmm1\n\tvfmadd231ss\t%xmm1, %xmm2, %xmm0\n\tjne\t.LBB0_1\n\tretq\n"
    assert hottest_loop(scalar) == Loop(instructions=3, fused=0, scalar=1, register="")
    nested = (
        ".LBB0_1:\n.LBB0_2: // inner\n\tldr q1, [x0], #16\n\tfmla\tv0.4s, v1.4s, v2.4s\n\tcbnz\tx3, .LBB0_2\n"
        "\tfmadd\ts0, s1, s2, s3\n\tb.ne\t.LBB0_1\n"
    )
    assert hottest_loop(nested) == Loop(instructions=3, fused=1, scalar=0, register="v.4s")
    with pytest.raises(ValueError, match="empty"):
        hottest_loop("f:\n\tret\n")
