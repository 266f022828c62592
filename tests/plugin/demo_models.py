"""The models of examples/demo.py, small."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Model = tuple[Any, tuple[Any, ...], Any, tuple[Any, ...]]
"""What is imported, its example inputs, dynamic shapes, inputs of a run."""


def resnet() -> Model:
    torch, transformers = _torch()
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=4
    )
    model = transformers.ResNetForImageClassification(config).eval()
    image = torch.randn(1, 3, 16, 16)
    return model, (image,), None, (image.numpy(),)


def transformer() -> Model:
    torch, _ = _torch()
    model, ids = _transformer()
    shapes = {"input_ids": {1: torch.export.Dim("sequence", min=2, max=32)}}
    return model, (ids,), shapes, (torch.randint(0, 64, (1, 5)).numpy(),)


def transformer_onnx() -> Model:
    pytest.importorskip("onnx", reason="the package onnx is not installed")
    pytest.importorskip("onnxscript", reason="the package onnxscript is not installed")
    torch, _ = _torch()
    model, ids = _transformer()
    path = Path(tempfile.mkdtemp(prefix="ireekit-test-")) / "transformer.onnx"
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (ids,), path, dynamo=True, verbose=False, optimize=True)
    logging.disable(logging.NOTSET)
    return path, (), None, (ids.numpy(),)


def jax_attention() -> Model:
    jax = pytest.importorskip("jax", reason="the package jax is not installed")
    keys = jax.random.split(jax.random.PRNGKey(0), 4)
    query, key, value = (jax.random.normal(each, (2, 8, 4)) for each in keys[:3])
    projection = np.asarray(jax.random.normal(keys[3], (4, 4)))

    @jax.jit
    def attention(query: Any, key: Any, value: Any) -> Any:
        weights = jax.nn.softmax(jax.numpy.einsum("hqd,hkd->hqk", query, key) / 2.0)
        return jax.numpy.einsum("hqk,hkd->hqd", weights, value) @ projection

    inputs = (query, key, value)
    return attention, inputs, None, tuple(map(np.asarray, inputs))


def _torch() -> tuple[Any, Any]:
    torch = pytest.importorskip("torch", reason="the package torch is not installed")
    transformers = pytest.importorskip("transformers", reason="the package transformers is not installed")
    torch.manual_seed(0)
    return torch, transformers


def _transformer() -> tuple[Any, Any]:
    torch, transformers = _torch()
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=64
    )
    return transformers.BertModel(config, add_pooling_layer=False).eval(), torch.randint(0, 64, (1, 8))


MODELS: dict[str, Callable[[], Model]] = {
    "resnet": resnet,
    "transformer": transformer,
    "transformer, ONNX": transformer_onnx,
    "attention, JAX": jax_attention,
}
