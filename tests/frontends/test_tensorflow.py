"""TensorFlow and TFLite frontends: what works without TensorFlow, and with it where it is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import numpy as np
import pytest
from iree.compiler import api

import mypipeline
from ireekit.errors import MissingDependencyError, ModelImportError
from ireekit.frontends import import_model
from ireekit.frontends.registry import ImportOptions

PIPELINE = mypipeline.pipeline
X = np.random.default_rng(0).random((2, 4), np.float32)

MODEL = """
import sys
import numpy as np
import tensorflow as tf

class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))

    @tf.function(input_signature=[tf.TensorSpec([2, 4], tf.float32)])
    def predict(self, x):
        return tf.nn.relu(x @ self.w - 20.0)

tf.saved_model.save(Model(), sys.argv[1])
lite = tf.lite.TFLiteConverter.from_saved_model(sys.argv[1]).convert()
open(sys.argv[2], "wb").write(lite)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("the package tensorflow is not installed")
    folder = tmp_path_factory.mktemp("tensorflow")
    saved, lite = folder / "saved", folder / "model.tflite"
    subprocess.run([sys.executable, "-c", MODEL, str(saved), str(lite)], check=True, capture_output=True)
    return saved, lite


def expected() -> np.ndarray:
    return np.maximum(X @ np.arange(12, dtype=np.float32).reshape(4, 3) - 20, 0)


def test_saved_model(models):
    if shutil.which("iree-import-tf") is None:
        pytest.skip("iree-import-tf of the package iree-tools-tf is not on PATH")
    artifact = PIPELINE.compile(models[0], cache=False)
    assert artifact.entry_points[0].name == "predict"
    np.testing.assert_allclose(artifact(X), expected(), rtol=1e-5)


def test_tflite(models):
    if importlib.util.find_spec("tf2onnx") is None:
        pytest.skip("the package tf2onnx is not installed")
    np.testing.assert_allclose(PIPELINE.compile(models[1], cache=False)(X), expected(), rtol=1e-5)


def importing(model, **settings):
    return import_model(model, (), context=api.Session().context, options=ImportOptions(settings=settings))


@pytest.fixture
def saved_model(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"not a saved model")
    return tmp_path


def test_a_missing_importer_has_a_remedy(saved_model, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(MissingDependencyError, match="iree-tools-tf"):
        importing(saved_model)


def test_an_importer_that_fails_is_an_import_error(saved_model, tmp_path):
    program = tmp_path / "importer"
    program.write_text("#!/bin/sh\necho 'W0000 noise' >&2\necho 'ValueError: batch is dynamic' >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(ModelImportError, match="batch is dynamic") as caught:
        importing(saved_model, importer=program)
    assert "noise" not in str(caught.value)
    assert caught.value.remedy


def test_an_importer_that_is_no_program_is_an_import_error(saved_model, tmp_path):
    with pytest.raises(ModelImportError, match="iree-import-tf"):
        importing(saved_model, importer=tmp_path / "missing")


def test_files_that_are_no_tflite_models(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"\x1c\x00\x00\x00XXXX")
    with pytest.raises(ModelImportError, match="no TFLite model"):
        importing(path, python=sys.executable)
