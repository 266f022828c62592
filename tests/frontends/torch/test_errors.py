"""What people read when a model cannot be imported or compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch_helpers as helpers
from torch import nn
from torch.export import Dim

from ireekit.errors import MAX_LINES, IreekitError, ModelImportError, UnsupportedOpsError


@torch.library.custom_op("ireekit_tests::opaque", mutates_args=())
def opaque(x: torch.Tensor) -> torch.Tensor:
    return x + 1


@opaque.register_fake
def _(x: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(x)


class Opaque(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return opaque(x)


class Several(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Opaque()
        self.tail = nn.Sequential(nn.Linear(4, 4), Opaque())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.svd(self.tail(self.first(x)))[0]


def test_all_unsupported_operators_at_once() -> None:
    with pytest.raises(UnsupportedOpsError) as caught:
        helpers.import_(Several().eval(), torch.ones(4, 4))
    found = caught.value.unsupported
    assert [(name, layer) for name, layer, _ in found] == [
        ("ireekit_tests.opaque.default", "first"),
        ("ireekit_tests.opaque.default", "tail.1"),
        ("aten._linalg_svd.default", None),
    ]
    assert all(line is not None and Path(__file__).name in line for _, _, line in found)
    assert len(str(caught.value).splitlines()) <= MAX_LINES


def test_probe_names_what_the_compiler_refuses() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Selecting()

        def forward(self, x: torch.Tensor) -> Any:
            return self.inner(x), torch.erfinv(x), x.sin()

    class Selecting(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.masked_select(x, x > 0)

    imported = helpers.import_(Model().eval(), torch.randn(4))
    found = imported.unsupported_ops(imported.module.operation)
    assert [(name, layer) for name, layer, _ in found] == [
        ("torch.aten.masked_select", "inner"),
        ("torch.aten.erfinv", None),
    ]
    assert all(line is not None and Path(__file__).name in line for _, _, line in found)


def _branching(x: torch.Tensor) -> torch.Tensor:
    return x if x.sum() > 0 else -x


def _bounded(x: torch.Tensor) -> torch.Tensor:
    return x if x.shape[0] > 5 else -x


def _failing(x: torch.Tensor) -> torch.Tensor:
    raise ValueError("the user's own reason")


def _odd(x: torch.Tensor) -> Any:
    return object()


def _numpy(x: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(x.numpy() + 1)


class Call(nn.Module):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(x)


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        (_branching, None, "known only at run time"),
        (_bounded, ({0: Dim("rows", min=2, max=10)},), "Constraints violated"),
        (_failing, None, "the user's own reason"),
        (_odd, None, "builtins.object"),
        (_numpy, None, "leaves torch for numpy"),
        (torch.sin, {"wrong": {0: Dim("rows")}}, "dynamic_shapes"),
    ],
)
def test_export_failures_are_short(function: Any, shapes: Any, message: str, capfd: Any) -> None:
    with pytest.raises(ModelImportError, match=message) as caught:
        helpers.import_(Call(function).eval(), torch.ones(4), dynamic_shapes=shapes)
    assert len(str(caught.value).splitlines()) <= MAX_LINES
    assert caught.value.remedy
    if function in (_branching, _failing, _numpy):
        assert Path(__file__).name in (caught.value.location or "")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (nn.Linear(4, 4), (torch.ones(3, 5),)),
        (nn.Linear(4, 4), ()),
        (nn.Linear(4, 4, device="meta"), (torch.ones(2, 4),)),
        (torch.nn.functional.relu, (torch.ones(2),)),
    ],
)
def test_wrong_inputs_and_models(model: Any, inputs: Any) -> None:
    with pytest.raises(IreekitError):
        helpers.import_(model.eval() if isinstance(model, nn.Module) else model, *inputs)


def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    path.write_bytes(b"no archive")
    with pytest.raises(ModelImportError, match="cannot be read"):
        helpers.import_(path)


def test_dynamic_shapes_of_an_exported_program_are_refused() -> None:
    program = torch.export.export(nn.Linear(2, 2), (torch.ones(3, 2),))
    with pytest.raises(ModelImportError, match="already exported"):
        helpers.import_(program, dynamic_shapes=({0: Dim("rows")},))


def test_locations_name_layer_and_line() -> None:
    text = helpers.import_(_Layers().eval(), torch.ones(2, 4)).to_text()
    assert 'loc("inner.0"' in text
    assert Path(__file__).name in text


class _Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ModelImportError, match="no setting 'opset'"):
        helpers.import_(_Layers().eval(), torch.ones(2, 4), frontend_settings={"opset": 21})
