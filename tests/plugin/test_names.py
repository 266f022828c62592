"""Passes and dialects by name, in the stock tools."""

from __future__ import annotations

import pytest

from .conftest import ADD, StockTools

TWICE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "acme.twice"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def test_a_dialect_is_found_when_it_is_met(tools: StockTools) -> None:
    done = tools.run("iree-opt", "-", input=TWICE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "acme.twice" in done.stdout


def test_its_operations_are_verified(tools: StockTools) -> None:
    wrong = TWICE.replace('"acme.twice"(%x) : (tensor<4xf32>)', '"acme.twice"() : ()')
    done = tools.run("iree-opt", "-", input=wrong)
    assert done.returncode == 1
    assert "<stdin>:3:8: error: op expects exactly 1 operands, but got 0" in done.stderr


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        ("builtin.module(acme-say)", ["[hello] builtin.module"]),
        ("builtin.module(acme-say{text=yo times=2})", ["[yo] builtin.module"] * 2),
        ("builtin.module(acme-lower,cse,acme-say-function{text=f})", ["[f] func.func"]),
        ("builtin.module(func.func(acme-say-function,canonicalize))", ["[hello] func.func"]),
    ],
)
def test_passes_stand_in_pipeline_texts(tools: StockTools, pipeline: str, said: list[str]) -> None:
    done = tools.run("iree-opt", "-", f"--pass-pipeline={pipeline}", input=TWICE)
    assert (done.returncode, done.stderr.splitlines()) == (0, said)


def test_a_pass_is_a_flag_too(tools: StockTools) -> None:
    done = tools.run("iree-opt", "-", "--acme-lower", input=TWICE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "arith.addf" in done.stdout


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        ("builtin.module(acme-say{txt=yo})", "pass acme-say has no option 'txt'"),
        ("builtin.module(acme-say{times=-1})", "-1 is below 0"),
        ("builtin.module(func.func(acme-say))", "runs on builtin.module and cannot stand within func.func"),
    ],
)
def test_a_pipeline_text_that_is_wrong(tools: StockTools, pipeline: str, reason: str) -> None:
    done = tools.run("iree-opt", "-", f"--pass-pipeline={pipeline}", input=TWICE)
    assert done.returncode == 1
    assert reason in done.stderr


def test_passes_stand_in_the_preprocessing_pipeline(tools: StockTools) -> None:
    done = tools.compile(ADD, "--iree-preprocessing-pass-pipeline=builtin.module(acme-say{text=here},cse)")
    assert (done.returncode, done.stderr.splitlines()) == (0, ["[here] builtin.module"])


def test_a_tool_that_is_asked_for_none_of_it_starts_no_python(tools: StockTools) -> None:
    # An interpreter without this could not even import its standard library.
    nowhere = {"PYTHONHOME": "/nonexistent"}
    assert tools.compile(ADD, environment=nowhere).returncode == 0
    plugged = (tools.folder / "out.vmfb").read_bytes()
    assert tools.compile(ADD, plugin=False).returncode == 0
    assert (tools.folder / "out.vmfb").read_bytes() == plugged
