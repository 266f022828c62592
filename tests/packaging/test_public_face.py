"""The public face, word for word, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

HEAVY = ("iree", "torch", "jax", "onnx", "tensorflow", "transformers", "ml_dtypes", "rich", "numpy")

FACE = """
import mypipeline
artifact = mypipeline.compile(module, target="vulkan")
y = artifact(x)
artifact.save("model.vmfb"); z = mypipeline.load("model.vmfb")(x)
"""

MODULE = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = math.sqrt %x : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
"""


@pytest.mark.parametrize("target", ["vulkan", "cpu"])
def test_word_for_word(
    target: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if target == "vulkan":
        request.getfixturevalue("vulkan")
    monkeypatch.chdir(tmp_path)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    names = {"module": MODULE, "x": x}
    exec(FACE.replace("vulkan", target), names)
    np.testing.assert_allclose(names["y"], np.sqrt(x), rtol=1e-6)
    np.testing.assert_array_equal(names["y"], names["z"])
    assert (tmp_path / "model.vmfb").exists()
    assert names["artifact"].path == Path("model.vmfb")
    assert str(names["artifact"].targets[0]).startswith(target)


@pytest.mark.parametrize("package", ["ireekit", "mypipeline"])
def test_importing_is_light(package: str) -> None:
    code = f"import sys, {package}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    assert not set(HEAVY) & set(done.stdout.split())
    assert done.stderr == ""
    assert seconds < 2  # the interpreter's own start included, on a busy machine


def test_names() -> None:
    import ireekit
    import mypipeline

    assert {"compile", "load", "import_model", "compile_static_library", "pipeline"} <= set(mypipeline.__all__)
    assert all(getattr(mypipeline, name) is not None for name in mypipeline.__all__)
    for name in ireekit.__all__:
        assert getattr(ireekit, name) is not None
    assert set(ireekit.__all__) <= set(dir(ireekit))
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = ireekit.nope


def test_every_public_error_is_one_of_ours() -> None:
    from ireekit import errors

    found = [cls for cls in vars(errors).values() if isinstance(cls, type) and cls.__module__ == errors.__name__]
    assert len(found) > 8
    for cls in found:
        assert issubclass(cls, errors.IreekitError | UserWarning)
        assert cls.__doc__
