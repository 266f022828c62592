"""The same dialects in the bindings of torch-mlir."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ireekit.bindings.torch_mlir import attach_traits_torch_mlir, load_irdl_torch_mlir
from ireekit.bindings.traits import NATIVE_TRAITS, TraitSpec
from ireekit.errors import DialectError, MissingDependencyError

TEXT = """
irdl.dialect @acme {
  irdl.operation @add { %i = irdl.is i32 irdl.operands(a: %i, b: %i) irdl.results(r: %i) }
  irdl.operation @body { %b = irdl.region irdl.regions(b: %b) }
  irdl.operation @end { }
}
"""


@pytest.fixture
def ir() -> Any:
    return pytest.importorskip("torch_mlir.ir", reason="the package torch-mlir is not installed")


@pytest.fixture
def context(ir: Any) -> Any:
    context = ir.Context()
    load_irdl_torch_mlir(TEXT, context)
    return context


def test_it_is_registered_parses_and_verifies(ir: Any, context: Any) -> None:
    text = 'func.func @f(%x: {0}) {{ %0 = "acme.add"(%x, %x) : ({0}, {0}) -> {0} return }}'
    assert '"acme.add"(%arg0, %arg0)' in str(ir.Module.parse(text.format("i32"), context))
    with pytest.raises(ir.MLIRError, match="expected 'i32' but got 'f32'"):
        ir.Module.parse(text.format("f32"), context)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT, "'acme' is loaded already"),
        ("irdl.dialect @arith {}", "'arith' is loaded already"),
        ("irdl.dialect @b { irdl.nope }", "does not parse"),
        ("func.func @f() { return }", "no dialect but func.func"),
        (
            'irdl.dialect @b { irdl.operation @o { %0 = irdl.base "!builtin.nope" irdl.results(r: %0) } }',
            "no registered type",
        ),
    ],
)
def test_refusals(context: Any, text: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DialectError, match=said):
        load_irdl_torch_mlir(text, context)
    assert capfd.readouterr() == ("", "")


def test_traits_that_its_bindings_attach(ir: Any, context: Any) -> None:
    body = '"acme.body"() ({ "acme.end"() : () -> () }) : () -> ()'
    with pytest.raises(ir.MLIRError, match="no terminator"):
        ir.Module.parse(body, context)
    attached = attach_traits_torch_mlir(context, "acme.end", [TraitSpec("Terminator")])
    assert attached["Terminator"].acts
    assert ir.Module.parse(body, context)
    attach_traits_torch_mlir(context, "acme.body", [TraitSpec("IsolatedFromAbove")])
    captured = f"func.func @f(%x: i32) {{ {body.replace('({ ', '({ %0 = arith.addi %x, %x : i32 ')} return }}"
    with pytest.raises(ir.MLIRError, match="outside the region"):
        ir.Module.parse(captured, context)


def test_traits_that_are_left_to_python(context: Any) -> None:
    attached = attach_traits_torch_mlir(context, "acme.add", [TraitSpec("Pure"), TraitSpec("SameTypeOperands")])
    assert [(row.acts, row.verifies) for row in attached.values()] == [(False, True), (False, False)]
    assert all("torch-mlir" in str(row.reason) for row in attached.values())
    assert set(attached) <= set(NATIVE_TRAITS)


@pytest.mark.parametrize(
    ("op", "said"),
    [("acme.end", "attached once"), ("acme.nowhere", "not registered"), ("nowhere.op", "not registered")],
)
def test_what_takes_no_traits(context: Any, op: str, said: str) -> None:
    if op == "acme.end":
        attach_traits_torch_mlir(context, op, [TraitSpec("Terminator")])
    with pytest.raises(DialectError, match=said):
        attach_traits_torch_mlir(context, op, [TraitSpec("Terminator")])


def test_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch_mlir", "torch_mlir.ir", "torch_mlir.dialects", "torch_mlir.dialects.irdl"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError, match="'torch_mlir' is not installed") as caught:
        load_irdl_torch_mlir(TEXT, None)
    assert caught.value.remedy == "pip install 'ireekit[torch-mlir]'"
