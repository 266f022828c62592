"""A torch model on the accelerator: python -m npu (in examples/)."""

from __future__ import annotations

import numpy as np
import torch

import npu


def main() -> None:
    """Compile a perceptron, run it with its kernels on the simulated accelerator, compare with torch."""
    torch.manual_seed(0)
    layers = [torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 32), torch.nn.Sigmoid()]
    # Ten outputs are no whole number of blocks: the last layer stays on the CPU.
    model = torch.nn.Sequential(*layers, torch.nn.Linear(32, 10)).eval()
    x = torch.randn(32, 64)
    artifact = npu.pipeline.compile(model, x, target="cpu")
    with npu.Program(artifact) as program:
        y = program(x.numpy())
        commands = program.simulator.executed
    expected = model(x).detach().numpy()
    print(", ".join(f"{count} {name}" for name, count in commands.items()))
    print(f"largest error: {np.abs(y - expected).max():.1e}")


if __name__ == "__main__":
    main()
