"""A package from outside offers a dialect, a pass and a pipeline, and they are found by their entry points."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

MODEL = """
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = gain.scale %x by 2.5 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    try:
        distribution("ireekit-gain")
    except PackageNotFoundError:
        pytest.skip("the package ireekit-gain is missing: pip install --no-deps -e tests/plugin_package")


def test_what_it_offers_is_found_by_name() -> None:
    from ireekit.dialect import find_dialect
    from ireekit.passes import PassRegistry
    from ireekit.pipeline import find_pipeline

    assert find_dialect("gain").name == "gain"
    found = PassRegistry.of(None).find("gain-lower")
    assert found is not None
    assert found.name == "gain-lower"
    pipeline = find_pipeline("gain").load()
    assert [dialect.name for dialect in pipeline.dialects] == ["gain"]
    assert list(pipeline.passes) == [found]


def test_its_programs_compile_and_run() -> None:
    np = pytest.importorskip("numpy")
    from gain import pipeline  # pyright: ignore[reportMissingImports]

    artifact = pipeline.compile(MODEL, target="cpu", cache=False)
    assert np.asarray(artifact(np.array([1.0, -2.0], np.float32))).tolist() == [2.5, -5.0]


def test_another_pipeline_names_the_dialect_that_is_not_its_own(tmp_path: Path) -> None:
    import mypipeline
    from ireekit import IreekitError

    with pytest.raises(IreekitError):
        mypipeline.compile(MODEL, target="cpu", cache=False)
