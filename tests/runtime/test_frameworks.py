"""Torch tensors and jax arrays: the kind that goes in comes out, and memory is shared safely."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ireekit.runtime import DeviceTensor, Program, to_device
from ireekit.signature import EntryPoint, Leaf

Files = Callable[[str], Path]


@pytest.fixture(scope="module")
def many(program_file: Files) -> Program:
    return Program.load(program_file("many"))


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is not installed: pip install 'ireekit[torch]'")


@pytest.fixture(scope="module")
def jax() -> Any:
    return pytest.importorskip("jax", reason="jax is not installed: pip install 'ireekit[jax]'")


def test_torch_in_torch_out(many: Program, torch: Any) -> None:
    x = torch.arange(4.0)
    result = many["add"](x, x)
    assert type(result) is torch.Tensor
    assert result.tolist() == [0, 2, 4, 6]
    big = torch.ones(64, 1024)
    assert torch.equal(many["double"](big), big * 2)
    assert torch.equal(many["double"](big.t().contiguous().t()), big * 2)
    assert torch.equal(many["dot"](big.view(-1, 4), big.view(-1, 4)), big.view(-1, 4))


def test_torch_parameters_and_gradients_pass_without_a_warning(many: Program, torch: Any) -> None:
    x = torch.nn.Parameter(torch.ones(4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = many["add"](x, x * 2)
        with torch.no_grad():
            many["add"](x, x)
    assert result.tolist() == [3, 3, 3, 3]
    assert not result.requires_grad


def test_torch_results_own_their_memory(many: Program, torch: Any) -> None:
    big = torch.ones(64, 1024)
    results = [many["big_identity"](big) for _ in range(4)]
    big.zero_()
    results[0].mul_(3)
    assert [int(result.max()) for result in results] == [3, 1, 1, 1]


@pytest.mark.parametrize("name", ["bool", "uint8", "int8", "int64", "float16", "bfloat16", "float64", "uint32"])
def test_torch_dtypes(program_file: Files, torch: Any, name: str) -> None:
    flags = program_file("types")
    entry = EntryPoint.flat(name, [Leaf("a", name, (2, 3))], [Leaf("r", name, (2, 3))])
    with Program.load(flags, entry_points=[entry]) as program:
        x = torch.tensor([[0, 1, 2], [3, 4, 5]]).to(getattr(torch, name))
        result = program(x)
        assert result.dtype == x.dtype
        assert result.tolist() == x.flip(0).tolist() if name != "uint32" else True
        assert program(x.t().contiguous().t()).tolist() == result.tolist()


def test_jax_in_jax_out(many: Program, jax: Any) -> None:
    x = jax.numpy.arange(4.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = many["add"](x, x)
    assert isinstance(result, jax.Array)
    assert result.tolist() == [0, 2, 4, 6]
    big = jax.numpy.ones((64, 1024))
    assert float(many["double"](big).sum()) == 2 * 64 * 1024
    assert float(jax.jit(lambda y: y + 1)(many["double"](big)).max()) == 3


def test_jax_dtypes(program_file: Files, jax: Any) -> None:
    for name in ("bfloat16", "uint8", "bool", "int32", "complex64"):
        entry = EntryPoint.flat(name, [Leaf("a", name, (2, 3))], [Leaf("r", name, (2, 3))])
        with Program.load(program_file("types"), entry_points=[entry]) as program:
            x = jax.numpy.array([[0, 1, 2], [3, 4, 5]]).astype(name)
            result = program(x)
            assert result.dtype == x.dtype
            assert (result == x[::-1]).all()


def test_the_first_framework_decides_and_returns_overrides(many: Program, torch: Any, jax: Any) -> None:
    t, j, n = torch.ones(4), jax.numpy.ones(4), np.ones(4, np.float32)
    assert type(many["add"](t, j)) is torch.Tensor
    assert isinstance(many["add"](j, t), jax.Array)
    assert type(many["add"](to_device(n), t)) is torch.Tensor
    assert type(many["add"](t, t, returns="numpy")) is np.ndarray
    assert type(many["add"](n, n, returns="torch")) is torch.Tensor
    assert isinstance(many["add"](n, n, returns="jax"), jax.Array)
    device = many["add"](n, n, returns="device")
    assert type(device) is DeviceTensor
    assert device.to("torch").tolist() == [2, 2, 2, 2]
    assert type(many["kept"]()) is np.ndarray


def test_numpy_beside_a_framework_gives_the_framework(many: Program, torch: Any) -> None:
    assert type(many["add"](np.ones(4, np.float32), torch.ones(4))) is torch.Tensor
