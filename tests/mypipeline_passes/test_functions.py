"""Elementwise functions are as exact as the documentation says, in units in the last place (ulps)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mypipeline
from ireekit.artifact import Artifact

COUNT = 1 << 16
SMALLEST = 2.0**-126
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 3e38, -3e38, 2e-38, -2e-38], np.float32)


def _each(function: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    def computed(x: np.ndarray) -> np.ndarray:
        return np.array([function(each) for each in x.tolist()])

    return computed


def _rsqrt(x: np.ndarray) -> np.ndarray:
    return 1.0 / np.sqrt(x)


# Function of math, reference in float64, range of arguments, ulps that docs/pipelines.md states.
FUNCTIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, float, float]] = {
    "tanh": (np.tanh, -12.0, 12.0, 2.4),
    "erf": (_each(math.erf), -5.0, 5.0, 1.7),
    "exp": (np.exp, -87.3, 88.3, 1.0),
    "log": (np.log, 0.0, 4.0, 1.0),
    "sqrt": (np.sqrt, 0.0, 1e6, 0.51),
    "rsqrt": (_rsqrt, 0.0, 4.0, 1.5),
}
SMALL_ARGUMENTS = ("tanh", "erf")


def _program() -> str:
    kind = f"tensor<{COUNT}xf32>"
    lines = ["#same = affine_map<(i) -> (i)>"]
    for name in FUNCTIONS:
        lines += [
            f"func.func @{name}(%x: {kind}) -> {kind} {{",
            f"  %e = tensor.empty() : {kind}",
            '  %r = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}',
            f"    ins(%x : {kind}) outs(%e : {kind}) {{",
            "  ^bb0(%in: f32, %out: f32):",
            f"    %0 = math.{name} %in : f32",
            "    linalg.yield %0 : f32",
            f"  }} -> {kind}",
            f"  return %r : {kind}",
            "}",
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module", params=["cpu", "cpu:x86-64-v3"])
def program(request: pytest.FixtureRequest) -> Artifact:
    return mypipeline.compile(_program(), target=request.param)


def _arguments(name: str) -> np.ndarray:
    """Evenly over the range, small ones of any magnitude, and special ones."""
    _, low, high, _ = FUNCTIONS[name]
    random = np.random.default_rng(0)
    x = random.uniform(low, high, COUNT)
    if name in SMALL_ARGUMENTS:
        x[::3] = np.exp2(random.uniform(-120, 2, x[::3].size)) * random.choice([-1.0, 1.0], x[::3].size)
    x[: SPECIAL.size] = SPECIAL
    return x.astype(np.float32)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_in_ulps(program: Artifact, name: str) -> None:
    reference, _, _, ulps = FUNCTIONS[name]
    x = _arguments(name)
    got = np.asarray(program[name](x))[SPECIAL.size :]
    exact = reference(x[SPECIAL.size :].astype(np.float64))
    unit = np.spacing(np.maximum(np.abs(exact), SMALLEST).astype(np.float32)).astype(np.float64)
    assert float(np.max(np.abs(got - exact) / unit)) <= ulps


@pytest.mark.parametrize("name", SMALL_ARGUMENTS)
def test_special_arguments(program: Artifact, name: str) -> None:
    got: Any = np.asarray(program[name](_arguments(name)))[: SPECIAL.size]
    expected = np.array([0.0, -0.0, 1.0, -1.0, np.nan, 1.0, -1.0], np.float32)
    np.testing.assert_array_equal(got[: expected.size], expected)
    assert np.signbit(got[:2]).tolist() == [False, True]
    slope = 1.0 if name == "tanh" else 2.0 / math.sqrt(math.pi)
    np.testing.assert_allclose(got[expected.size :], slope * SPECIAL[expected.size :], rtol=3e-7)


def test_the_compilers_own_form_exceeds_the_bound() -> None:
    """It is the pass that keeps the bounds above."""
    without = mypipeline.pipeline.without("mypipeline-precise-functions").compile(_program(), target="cpu:x86-64-v3")
    x = _arguments("tanh")[SPECIAL.size :]
    given = np.concatenate([SPECIAL, x])
    exact = np.tanh(x.astype(np.float64))
    error = np.abs(np.asarray(without["tanh"](given))[SPECIAL.size :] - exact)
    assert float(np.max(error / np.spacing(np.abs(exact).astype(np.float32)))) > FUNCTIONS["tanh"][3]
