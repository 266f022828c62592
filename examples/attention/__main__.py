"""Models with attention written out, compiled with it as one operation: python -m attention (in examples/)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

import attention
from attention.models import SelfAttention, bert


def main() -> None:
    """Compile for the CPU, compare with torch."""
    torch.manual_seed(0)
    embeddings, tokens = torch.randn(2, 16, 64), torch.randint(0, 512, (2, 16))
    for name, model, x in (
        ("by hand", SelfAttention(64, 4).eval(), embeddings),
        ("causal", SelfAttention(64, 4, causal=True).eval(), embeddings),
        ("BERT", bert(layers=1), tokens),
    ):
        with tempfile.TemporaryDirectory() as folder:
            count, error = compare(model, x, "cpu", Path(folder))
        print(f"{name}: {count} fused, largest error {error:.1e}")


def compare(model: Any, x: Any, target: str, folder: Path) -> tuple[int, float]:
    """How many attention operations the compiled program has, and its largest error against torch.

    Args:
      folder: an empty one, for the IR after each phase.
    """
    result = attention.pipeline.compile(model, x, target=target, dump=folder)(x)
    with torch.no_grad():
        expected = model(x)
    if not isinstance(expected, torch.Tensor):
        result, expected = result["last_hidden_state"], expected.last_hidden_state
    (converted,) = folder.glob("*input.mlir")
    count = converted.read_text().count("= iree_linalg_ext.attention")
    return count, float(np.abs(np.asarray(result) - expected.numpy()).max())


if __name__ == "__main__":
    main()
