"""The same models for devices: Vulkan runs and agrees with torch, the others compile."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch_helpers as helpers
import torch_zoo as zoo

import mypipeline
from ireekit.errors import TargetError

# All but the LSTM: its thousands of tiny dispatches take half a minute on a software device.
_RUN_ON_VULKAN = ("bert", "gpt2", "llama", "mobilenet", "resnet", "unet", "vit", "whisper")


@pytest.mark.parametrize("name", _RUN_ON_VULKAN)
def test_vulkan_agrees_with_torch(name: str, vulkan: str, check_close: Any) -> None:
    case = zoo.CASES[name]()
    artifact = mypipeline.compile(
        case.model,
        *case.inputs,
        keyword_inputs=case.keyword_inputs,
        dynamic_shapes=case.dynamic_shapes,
        target="vulkan",
        cache=False,
    )
    for inputs, keywords in ((case.inputs, case.keyword_inputs), *case.others):
        with torch.no_grad():
            expected = helpers.tensors(_plain(case.model(*inputs, **keywords)))
        for got, want in zip(helpers.tensors(_plain(artifact(*inputs, **keywords))), expected, strict=True):
            check_close(got, want)


def test_vulkan_keeps_a_kv_cache_on_the_device(vulkan: str, check_close: Any) -> None:
    class Counter(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("history", torch.zeros(4, 8))
            self.register_buffer("position", torch.zeros((), dtype=torch.int64))

        def forward(self, row: torch.Tensor) -> torch.Tensor:
            self.history.index_copy_(0, self.position.reshape(1), row)
            self.position.add_(1)
            return self.history.sum(0)

    artifact = mypipeline.compile(Counter().eval(), torch.ones(1, 8), target="vulkan", cache=False)
    rows = torch.randn(3, 1, 8)
    for count, row in enumerate(rows, start=1):
        check_close(artifact(row), rows[:count].sum((0, 1)))


@pytest.fixture(scope="module")
def exported() -> Callable[[str], torch.export.ExportedProgram]:
    """A model of the zoo, exported once for all targets."""

    @functools.cache
    def export(name: str) -> torch.export.ExportedProgram:
        case = zoo.CASES[name]()
        return torch.export.export(case.model, case.inputs, dynamic_shapes=case.dynamic_shapes)

    return export


@pytest.mark.parametrize(
    ("name", "target"),
    [*itertools.product(["bert", "resnet"], ["cuda", "rocm", "metal"]), ("resnet", "cuda:sm_90")],
)
def test_compiles_for_devices_that_are_not_here(
    name: str, target: str, exported: Callable[[str], torch.export.ExportedProgram]
) -> None:
    artifact = mypipeline.compile(exported(name), target=target, cache=False)
    assert str(artifact.targets[0]).startswith(target)
    assert artifact.size_report().totals()["executables"] > 1000


def test_double_precision_is_kept_or_refused(check_close: Any) -> None:
    model = torch.nn.Linear(4, 4).double().eval()
    x = torch.randn(2, 4, dtype=torch.float64)
    check_close(mypipeline.compile(model, x, cache=False)(x), model(x).detach(), 1e-14)
    with pytest.raises(TargetError, match="double precision"):
        mypipeline.compile(model, x, target="metal", cache=False)
    single = mypipeline.compile(model, x, data_types={"f64": "f32"}, cache=False)
    assert single(x.float()).dtype == torch.float32


def _plain(value: Any) -> Any:
    """ModelOutput and Record as the tuple of what they hold."""
    return tuple(value[key] for key in value.keys()) if hasattr(value, "keys") else value  # noqa: SIM118
