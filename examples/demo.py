"""The main job on real models: import, compile for every target, run what can run here, check the numbers.

Usage: python examples/demo.py [--only NAME]...
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import ireekit
import mypipeline
from ireekit.runtime import release_devices

TARGETS = ("cpu", "vulkan", "cuda", "rocm", "metal")
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Model:
    """A model with inputs, and what its own framework computes from them.

    Attributes:
      source: what is given to ``mypipeline.import_model``.
      example: inputs the framework traces with.
      inputs: inputs of the run, numpy.
      expected: the framework's result for ``inputs``.
      dynamic_shapes: as ``torch.export`` takes it.
    """

    source: Any
    example: tuple[Any, ...]
    inputs: tuple[np.ndarray, ...]
    expected: np.ndarray
    dynamic_shapes: Any = None


def resnet18() -> Model:
    import torch
    from transformers import ResNetConfig, ResNetForImageClassification

    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=64,
        hidden_sizes=[64, 128, 256, 512],
        depths=[2, 2, 2, 2],
        layer_type="basic",
        num_labels=1000,
    )
    model = ResNetForImageClassification(config).eval()
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        expected = model(image).logits.numpy()
    return Model(model, (image,), (image.numpy(),), expected)


def _transformer() -> tuple[Any, Any]:
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024, vocab_size=8192
    )
    return BertModel(config, add_pooling_layer=False).eval(), torch.randint(0, config.vocab_size, (1, 64))


def transformer() -> Model:
    import torch

    model, example = _transformer()
    # Traced with one length, run with another: the length stays dynamic.
    ids = torch.randint(0, 8192, (1, 48))
    with torch.no_grad():
        expected = model(ids).last_hidden_state.numpy()
    shapes = {"input_ids": {1: torch.export.Dim("sequence", min=2, max=512)}}
    return Model(model, (example,), (ids.numpy(),), expected, shapes)


def transformer_onnx() -> Model:
    import torch

    model, ids = _transformer()
    with torch.no_grad():
        expected = model(ids).last_hidden_state.numpy()
    path = Path(tempfile.mkdtemp(prefix="ireekit-demo-")) / "transformer.onnx"
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (ids,), path, dynamo=True, verbose=False, optimize=True)
    logging.disable(logging.NOTSET)
    return Model(path, (), (ids.numpy(),), expected)


def jax_attention() -> Model:
    import jax
    import jax.numpy as jnp

    keys = jax.random.split(jax.random.PRNGKey(0), 4)
    query, key, value = (jax.random.normal(each, (4, 64, 32)) for each in keys[:3])
    projection = np.asarray(jax.random.normal(keys[3], (32, 32)))

    @jax.jit
    def attention(query: Any, key: Any, value: Any) -> Any:
        weights = jax.nn.softmax(jnp.einsum("hqd,hkd->hqk", query, key) / jnp.sqrt(32.0))
        return jnp.einsum("hqk,hkd->hqd", weights, value) @ projection

    inputs = tuple(np.asarray(each) for each in (query, key, value))
    return Model(attention, (query, key, value), inputs, np.asarray(attention(*inputs)))


MODELS: dict[str, tuple[str, Callable[[], Model]]] = {
    "ResNet-18, 224 px": ("PyTorch", resnet18),
    "transformer": ("PyTorch", transformer),
    "transformer, ONNX": ("ONNX", transformer_onnx),
    "attention": ("JAX", jax_attention),
}


@dataclass(frozen=True)
class Row:
    """A line of the table; ``passed`` is ``None`` where the program could only be compiled."""

    target: str
    compile_seconds: float
    size: int
    milliseconds: float | None = None
    error: float | None = None
    passed: bool | None = None
    remark: str = ""


def run_one(imported: ireekit.ImportedModule, model: Model, target: str, drivers: set[str]) -> Row:
    started = time.perf_counter()
    artifact = mypipeline.compile(imported, target=target, cache=False)
    seconds = time.perf_counter() - started
    name = str(artifact.targets[0])
    if not drivers.intersection(artifact.targets[0].drivers):
        return Row(name, seconds, artifact.size, remark="compiled")
    result = _first_array(artifact(*model.inputs))
    error = float(np.abs(result - model.expected).max() / np.abs(model.expected).max())
    times: list[float] = []
    while len(times) < 10 and sum(times) < 3.0:
        started = time.perf_counter()
        artifact(*model.inputs)
        times.append(time.perf_counter() - started)
    return Row(name, seconds, artifact.size, min(times) * 1e3, error, error <= TOLERANCE)


def _run_apart(imported: ireekit.ImportedModule, model: Model, target: str, drivers: set[str]) -> Row:
    """Without the threads of another device, which may be busy even when it has nothing to do."""
    row = run_one(imported, model, target, drivers)
    release_devices()
    return row


def _first_array(result: Any) -> np.ndarray:
    return result if isinstance(result, np.ndarray) else next(each for each in result if each is not None)


def main() -> int:
    warnings.formatwarning = lambda message, *_, **__: f"note: {message}\n"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", metavar="TEXT", help="models whose name contains TEXT")
    wanted = parser.parse_args().only
    drivers = {device.driver for device in ireekit.devices()}
    console = Console(width=None if sys.stdout.isatty() else 120)
    if "vulkan" not in drivers:
        console.print("No Vulkan driver here (e.g. mesa-vulkan-drivers): Vulkan programs are compiled, not run.")
    table = Table("model", "from", "target", "import s", "compile s", "KB", "run ms", "max rel. error", "check")
    failed = 0
    for name, (framework, make) in MODELS.items():
        if wanted and not any(text.lower() in name.lower() for text in wanted):
            continue
        model = make()
        started = time.perf_counter()
        imported = mypipeline.import_model(model.source, *model.example, dynamic_shapes=model.dynamic_shapes)
        import_seconds = time.perf_counter() - started
        for target in TARGETS:
            row = _run_apart(imported, model, target, drivers)
            failed += row.passed is False
            console.print(f"{name} for {row.target}: compiled in {row.compile_seconds:.1f} s")
            table.add_row(
                name,
                framework,
                row.target,
                f"{import_seconds:.1f}",
                f"{row.compile_seconds:.1f}",
                f"{row.size / 1024:,.0f}",
                "" if row.milliseconds is None else f"{row.milliseconds:,.1f}",
                "" if row.error is None else f"{row.error:.1e}",
                row.remark or ("ok" if row.passed else f"above {TOLERANCE:g}"),
            )
        table.add_section()
    console.print(table)
    console.print("Errors are against the model's own framework, relative to its largest value.")
    console.print("run ms: best of ten; 'compiled': there is no device for it here to run it on.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
