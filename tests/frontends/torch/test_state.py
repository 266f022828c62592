"""Buffers that change: KV caches, counters, statistics; and entry points that share them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch_helpers as helpers
import torch_zoo as zoo
from torch import nn
from torch.export import Dim

from ireekit.errors import ModelImportError
from ireekit.frontends import entry


def test_llama_keeps_its_cache_across_calls(check_close: Any) -> None:
    model = zoo.CachedLlama()
    prompt = torch.randint(0, 99, (1, 5))
    artifact = helpers.compile_(
        {
            "prefill": entry(model.prefill, prompt, dynamic_shapes={"ids": {1: Dim("sequence", min=2, max=16)}}),
            "decode": entry(model.decode, prompt[:, :1]),
        }
    )
    assert [e.stateful for e in artifact.entry_points] == [True, True]
    program = artifact.load()
    expected = model.model.generate(
        prompt, max_new_tokens=8, do_sample=False, return_dict_in_generate=True, output_logits=True
    )
    logits = program["prefill"](prompt)[:, -1]
    for step, wanted in enumerate(expected.logits):
        check_close(logits, wanted)
        token = expected.sequences[:, 5 + step : 6 + step]
        if step + 1 < len(expected.logits):
            logits = program["decode"](token)[:, -1]
    # Each load starts from an empty cache; the model's own was never touched.
    check_close(artifact.load()["prefill"](prompt)[:, -1], expected.logits[0])
    assert int(model.cache.layers[0].cumulative_length) == 0


def test_entry_points_share_one_global_for_each_buffer() -> None:
    model = zoo.CachedLlama()
    ids = torch.randint(0, 99, (1, 3))
    imported = helpers.import_({"prefill": entry(model.prefill, ids), "decode": entry(model.decode, ids[:, :1])})
    text = str(imported.module)
    assert text.count("util.global private mutable") == 6  # keys, values and length of two layers
    assert [e.name for e in imported.entry_points] == ["prefill", "decode"]


class Ring(nn.Module):
    """Reads buffers after it knows what they will hold, assigns one, flips truth values."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(3), persistent=False)
        self.register_buffer("flags", torch.tensor([True, False]))
        self.count = torch.zeros((), dtype=torch.int64)
        self.table: dict[str, Any] = {"sums": [torch.zeros(3)]}

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        doubled = x * 2
        before = self.last + 1
        self.last.copy_(doubled)
        self.count = self.count + 1
        self.flags.logical_not_()
        self.table["sums"][0] += x
        return before, self.count, self.flags.clone(), self.table["sums"][0] * 1


def test_every_kind_of_state(check_close: Any) -> None:
    program = helpers.compile_(Ring().eval(), torch.randn(3)).load()
    reference = Ring().eval()
    for _ in range(3):
        x = torch.randn(3)
        for got, wanted in zip(program(x), reference(x), strict=True):
            check_close(got, wanted)


def test_tracing_leaves_the_model_as_it_was() -> None:
    model = Ring()
    model.train()
    before = [model.count, model.table["sums"][0], model.last]
    with pytest.warns(UserWarning, match="evaluation mode"):
        helpers.import_(model, torch.randn(3))
    assert model.training
    assert all(a is b for a, b in zip(before, [model.count, model.table["sums"][0], model.last], strict=True))
    assert "count" not in dict(model.named_buffers())
    assert "forward" not in vars(model)


@pytest.mark.parametrize("write", ["index_copy_", "index_put", "slice", "stacked"])
def test_cache_writes(write: str, check_close: Any) -> None:
    class Cache(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("kv", torch.zeros(2, 1, 2, 6, 4))
            self.register_buffer("position", torch.zeros((), dtype=torch.int64))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            index = torch.arange(x.shape[2]) + self.position
            self.position += x.shape[2]
            match write:
                case "index_copy_":
                    self.kv[0].index_copy_(2, index, x)
                case "index_put":
                    self.kv[1][:, :, index] = x
                case "slice":
                    self.kv[0, :, :, :2] = x
                case _:
                    self.kv.index_copy_(3, index, torch.stack([x, x + 1]))
            return torch.nn.functional.scaled_dot_product_attention(x, self.kv[0], self.kv[1] + 1)

    program = helpers.compile_(Cache().eval(), torch.randn(1, 2, 2, 4)).load()
    reference = Cache()
    for _ in range(3):
        x = torch.randn(1, 2, 2, 4)
        check_close(program(x), reference(x))


def test_a_changed_input_is_refused() -> None:
    class InPlace(nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            x.add_(y)
            return x * 2

    with pytest.raises(ModelImportError, match="changes its input 'x' in place") as caught:
        helpers.import_(InPlace().eval(), torch.ones(2), torch.ones(2))
    assert "x.clone()" in str(caught.value)


def test_state_of_changing_shape_is_refused() -> None:
    class Growing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen = torch.zeros(1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seen = torch.cat([self.seen, x])
            return self.seen

    with pytest.raises(ModelImportError, match="replaces its tensor seen"):
        helpers.import_(Growing().eval(), torch.ones(2))
