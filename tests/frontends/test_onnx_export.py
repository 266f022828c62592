"""Models exported by PyTorch to ONNX, against ONNX Runtime."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import mypipeline

torch = pytest.importorskip("torch", reason="the package torch is not installed")
runtime = pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")
pytest.importorskip("onnxscript", reason="torch.onnx.export needs the package onnxscript")


PIPELINE = mypipeline.pipeline


class Cnn(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3, padding=1, stride=2)
        self.norm = torch.nn.BatchNorm2d(8)
        self.depthwise = torch.nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.head = torch.nn.Linear(8, 5)

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = torch.nn.functional.max_pool2d(torch.nn.functional.hardswish(self.depthwise(x)), 2)
        return self.head(x.mean((2, 3)))


class Branch(torch.nn.Module):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x * 2, (x,))


def exported(tmp_path, model, inputs, **options):
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), inputs, dynamo=True, verbose=False, **options).save(path, external_data=True)
    return path


def check(path, artifact, **feeds):
    want = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, feeds)
    got = artifact(**feeds)
    for left, right in zip(got if isinstance(got, tuple) else (got,), want, strict=True):
        np.testing.assert_allclose(np.asarray(left), right, 1e-5, 1e-5)


def test_convolutional_network(tmp_path):
    torch.manual_seed(0)
    batch = {"x": {0: torch.export.Dim("batch")}}
    path = exported(tmp_path, Cnn(), (torch.randn(2, 3, 32, 32),), dynamic_shapes=batch)
    artifact = PIPELINE.compile(path, cache=False)
    assert artifact.entry_points[0].inputs[0].shape == ("batch", 3, 32, 32)
    check(path, artifact, x=np.random.default_rng(0).random((3, 3, 32, 32), np.float32))


def test_conditional(tmp_path):
    path = exported(tmp_path, Branch(), (torch.ones(2, 3),))
    artifact = PIPELINE.compile(path, cache=False)
    for sign in (1, -1):
        check(path, artifact, x=np.full((2, 3), sign, np.float32))


def test_bert_with_dynamic_batch_and_sequence(tmp_path):
    transformers = pytest.importorskip("transformers", reason="the package transformers is not installed")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        vocab_size=100,
        max_position_embeddings=64,
    )
    dims = {0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence", max=64)}
    ids = torch.ones(2, 8, dtype=torch.long)
    path = exported(
        tmp_path,
        transformers.BertModel(config),
        (ids, ids),
        dynamic_shapes=(dims, dims),
        input_names=["ids", "mask"],
    )
    artifact = PIPELINE.compile(path, weights=tmp_path / "weights.irpa", cache=False)
    assert [str(leaf) for leaf in artifact.entry_points[0].inputs] == [
        "ids: int64[batch, sequence]",
        "mask: int64[batch, sequence]",
    ]
    mask = np.ones((3, 12), np.int64)
    mask[0, 6:] = 0
    check(path, artifact, ids=np.random.default_rng(0).integers(0, 100, (3, 12)), mask=mask)
