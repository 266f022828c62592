"""Whole models: import, compile for the CPU, agree with torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch_helpers as helpers
import torch_zoo as zoo


@pytest.mark.parametrize("name", sorted(zoo.CASES))
def test_agrees_with_torch(name: str, check_close: Any) -> None:
    case = zoo.CASES[name]()
    artifact = helpers.compile_(
        case.model, *case.inputs, keyword_inputs=case.keyword_inputs, dynamic_shapes=case.dynamic_shapes
    )
    for inputs, keywords in ((case.inputs, case.keyword_inputs), *case.others):
        with torch.no_grad():
            expected = case.model(*inputs, **keywords)
        got = artifact(*inputs, **keywords)
        for leaf in artifact.entry_points[0].results:
            path = leaf.name.removeprefix("output.").split(".")
            check_close(_pick(got, path), _pick(expected, path))


def _pick(value: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(value, torch.Tensor):
            return value
        value = value[int(key)] if key.isdigit() else value[key] if isinstance(value, dict) else getattr(value, key)
    return value
