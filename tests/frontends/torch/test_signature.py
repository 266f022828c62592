"""What goes in and comes out: names, trees, dtypes, dynamic dimensions."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, NamedTuple

import pytest
import torch
import torch_helpers as helpers
import torch_zoo as zoo
import transformers
from torch import nn
from torch.export import Dim

from ireekit.signature import Leaf


@dataclasses.dataclass
class Result:
    first: torch.Tensor
    rest: Any = None
    label: str = "plain"


@dataclasses.dataclass
class Batch:
    values: torch.Tensor
    weights: torch.Tensor


class Pair(NamedTuple):
    left: torch.Tensor
    right: torch.Tensor


class Call(nn.Module):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.forward = function


def test_results_of_every_shape(check_close: Any) -> None:
    def forward(x: torch.Tensor) -> Any:
        return {"pair": Pair(x + 1, x > 0), "made": Result(x * 2, [x.to(torch.int32), None]), "n": 3}

    x = torch.randn(4)
    artifact = helpers.compile_(Call(forward).eval(), x)
    assert [leaf.name for leaf in artifact.entry_points[0].results] == [
        "pair.left", "pair.right", "made.first", "made.rest.0",
    ]  # fmt: skip
    got = artifact(x)
    check_close(got["pair"].left, x + 1)
    check_close(got["pair"].right, x > 0)
    check_close(got["made"].rest[0], x.to(torch.int32))
    assert got["made"].rest[1] is None
    assert (got["made"].label, got["n"]) == ("plain", 3)


def test_arguments_of_every_kind(check_close: Any) -> None:
    def forward(
        batch: Batch, extra: Any = None, scale: float = 1.0, negate: bool = False, *, shift: torch.Tensor
    ) -> torch.Tensor:
        total = batch.values * batch.weights * scale + shift
        total = total if extra is None else total + extra["a"][0]
        return -total if negate else total

    batch = Batch(torch.randn(3), torch.randn(3))
    arguments = (batch, {"a": (torch.randn(3),)}, 2.0, True)
    artifact = helpers.compile_(Call(forward).eval(), *arguments, keyword_inputs={"shift": torch.ones(3)})
    entry = artifact.entry_points[0]
    assert [leaf.name for leaf in entry.inputs] == ["batch.values", "batch.weights", "extra.a.0", "shift"]
    assert [(p.name, p.keyword_only) for p in entry.parameters] == [
        ("batch", False), ("extra", False), ("scale", False), ("negate", False), ("shift", True),
    ]  # fmt: skip
    check_close(artifact(*arguments, shift=torch.ones(3)), forward(*arguments, shift=torch.ones(3)))


def test_an_absent_argument_stays_absent(check_close: Any) -> None:
    def forward(x: torch.Tensor, bias: Any = None) -> torch.Tensor:
        return x if bias is None else x + bias

    artifact = helpers.compile_(Call(forward).eval(), torch.ones(2), None)
    assert len(artifact.entry_points[0].inputs) == 1
    check_close(artifact(torch.ones(2), None), torch.ones(2))


def test_integers_and_truth_values(check_close: Any) -> None:
    def forward(ids: torch.Tensor, keep: torch.Tensor, small: torch.Tensor) -> Any:
        return torch.where(keep, ids, -ids), (keep & (ids > 2)), small // 2, ids.sum(dtype=torch.int32)

    arguments = (torch.arange(5), torch.tensor([True, False, True, False, True]), torch.arange(5, dtype=torch.uint8))
    artifact = helpers.compile_(Call(forward).eval(), *arguments)
    assert [leaf.dtype for leaf in artifact.entry_points[0].inputs] == ["int64", "bool", "uint8"]
    for got, wanted in zip(artifact(*arguments), forward(*arguments), strict=True):
        check_close(got, wanted)


def test_dynamic_numbers(check_close: Any) -> None:
    def forward(x: torch.Tensor, n: int) -> Any:
        return x[:n] * 2, n + 1

    shapes = {"x": None, "n": Dim.DYNAMIC}
    artifact = helpers.compile_(Call(forward).eval(), torch.ones(8), 3, dynamic_shapes=shapes)
    assert artifact.entry_points[0].inputs[1] == Leaf("n", "i64", None)
    assert artifact.entry_points[0].results[0].shape == ("n",)
    got = artifact(torch.ones(8), 5)
    check_close(got[0], torch.full((5,), 2.0))
    assert int(got[1]) == 6


def test_arithmetic_on_sizes(check_close: Any) -> None:
    def forward(x: torch.Tensor) -> Any:
        n = x.shape[0]
        count = torch.sym_max(n, 3) + n // 2 + n % 3
        return x.new_ones(count) * n, torch.cat([x, x]).reshape(2, n), x.reshape(-1) * (n / 4)

    shapes = {"x": {0: Dim("rows", min=2, max=50)}}
    artifact = helpers.compile_(Call(forward).eval(), torch.randn(5), dynamic_shapes=shapes)
    for rows in (5, 2, 11):
        x = torch.randn(rows)
        for got, wanted in zip(artifact(x), forward(x), strict=True):
            check_close(got, wanted)


def test_names_of_dynamic_dimensions() -> None:
    batch, rows = Dim("batch", min=2, max=8), Dim("rows", min=2, max=32)
    imported = helpers.import_(
        Call(lambda x, y: (torch.cat([x, y], 1), x.sum(1))).eval(),
        torch.ones(3, 4), torch.ones(3, 5),
        dynamic_shapes=({0: batch, 1: rows}, {0: batch}),
    )  # fmt: skip
    entry = imported.entry_points[0]
    assert entry.inputs[0].shape == ("batch", "rows")
    assert entry.inputs[1].shape == ("batch", 5)
    assert entry.results[0].shape == ("batch", "rows + 5")
    assert entry.results[1].shape == ("batch",)
    assert "!torch.vtensor<[?,?],f32>" in str(imported.module)


def test_a_cache_object_among_the_results(check_close: Any) -> None:
    model, ids = zoo.llama_model(), torch.randint(0, 99, (1, 5))
    artifact = helpers.compile_(model, ids)
    assert [leaf.name for leaf in artifact.entry_points[0].results][:3] == [
        "logits", "past_key_values.0.key", "past_key_values.0.value",
    ]  # fmt: skip
    with torch.no_grad():
        expected = model(ids)
    got = artifact(ids)
    check_close(got.logits, expected.logits)
    check_close(got["past_key_values"]["1"]["value"], expected.past_key_values.layers[1].values)


def test_an_exported_program_and_its_file(tmp_path: Any, check_close: Any) -> None:
    case = zoo.bert()
    program = torch.export.export(case.model, case.inputs, dynamic_shapes=case.dynamic_shapes)
    torch.export.save(program, tmp_path / "bert.pt2")
    with torch.no_grad():
        expected = case.model(*case.inputs)
    artifact = helpers.compile_(tmp_path / "bert.pt2")
    assert [p.name for p in artifact.entry_points[0].parameters] == ["input_ids", "attention_mask"]
    check_close(artifact(*case.inputs).pooler_output, expected.pooler_output)
    # One program however it is given; which of two arguments of one length names it is torch's choice each time.
    sources = (program, tmp_path / "bert.pt2", str(tmp_path / "bert.pt2"))
    imported = [helpers.import_(source) for source in sources]
    assert len({re.sub(r"%arg\d", "%arg", str(each.module)) for each in imported}) == 1
    assert all(each.entry_points == artifact.entry_points for each in imported)
    assert any(node.target is torch.ops.aten.view.default for node in program.graph.nodes)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_weights(dtype: torch.dtype, check_close: Any) -> None:
    model = nn.Sequential(nn.Linear(16, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 8)).to(dtype).eval()
    x = torch.randn(4, 16).to(dtype)
    check_close(helpers.compile_(model, x)(x), model(x), tolerance=3e-2)


def test_a_growing_cache_as_inputs_and_results(check_close: Any) -> None:
    # Here torch cannot prove a condition on the strides that holds for every length.
    class Step(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = zoo.llama_model()

        def forward(self, token: torch.Tensor, past: Any) -> Any:
            cache = transformers.DynamicCache(config=self.model.config)
            for layer, (keys, values) in enumerate(past):
                cache.update(keys, values, layer)
            return self.model(token, past_key_values=cache)

    step, token = Step().eval(), torch.randint(0, 99, (1, 1))

    def past(length: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        with torch.no_grad():
            cache = step.model(torch.randint(0, 99, (1, length))).past_key_values
        return [(layer.keys, layer.values) for layer in cache.layers]

    length = Dim("past", min=2, max=32)
    shapes = ({}, [({2: length}, {2: length})] * 2)
    artifact = helpers.compile_(step, token, past(4), dynamic_shapes=shapes)
    assert artifact.entry_points[0].results[1].shape == (1, 2, "past + 1", 8)
    for size in (4, 11):
        state = past(size)
        with torch.no_grad():
            check_close(artifact(token, state).logits, step(token, state).logits)


def test_unsigned_arithmetic(check_close: Any) -> None:
    def forward(x: torch.Tensor) -> Any:
        return x - 3, 3 - x, x // 2, x % 3, x.float() / 255

    x = torch.tensor([0, 1, 7, 255], dtype=torch.uint8)
    for got, wanted in zip(helpers.compile_(Call(forward).eval(), x)(x), forward(x), strict=True):
        check_close(got, wanted)
