"""Several compilations at once in one process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ireekit import Pipeline

TEXT = """
func.func @main(%x: tensor<{size}xf32>) -> tensor<{size}xf32> {{
  %c = arith.constant dense<{factor}.0> : tensor<{size}xf32>
  %0 = arith.mulf %x, %c : tensor<{size}xf32>
  return %0 : tensor<{size}xf32>
}}
"""


def test_four_threads_compile_different_programs(calls) -> None:
    seen: dict[int, list[str]] = {}

    def compile_(number: int) -> np.ndarray:
        size, factor = 4 + number, 2 + number
        pipeline = Pipeline(f"p{number}")
        pipeline.at(
            "start",
            calls(lambda op: seen.setdefault(number, []).append(f"{factor}.0" if str(factor) in str(op) else "")),
        )
        artifact = pipeline.compile(TEXT.format(size=size, factor=factor), cache=False)
        return artifact(np.ones(size, np.float32))

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(compile_, range(8)))
    for number, result in enumerate(results):
        np.testing.assert_array_equal(result, np.full(4 + number, 2 + number, np.float32))
        assert seen[number] == [f"{2 + number}.0"]


def test_a_failure_in_one_thread_leaves_the_others_alone(calls) -> None:
    def compile_(number: int) -> str:
        text = TEXT.format(size=4, factor=2) if number % 2 else "func.func @main( {"
        try:
            return repr(Pipeline("p").compile(text, cache=False)(np.ones(4, np.float32))[0])
        except Exception as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(compile_, range(8)))
    assert results[0::2] == ["ModelImportError"] * 4
    assert len(set(results[1::2])) == 1
    assert "2.0" in results[1]
