"""Input types and options of a pipeline, in the stock tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import ADD, StockTools

TWICE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "acme.twice"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
WRONG = TWICE.replace("-> tensor<4xf32>\n  return", "-> tensor<4xi32>\n  return")


@pytest.mark.parametrize("flags", [(), ("--iree-input-type=acme",), ("--iree-input-type=auto",)])
def test_an_input_type_is_found_or_named(tools: StockTools, flags: tuple[str, ...]) -> None:
    done = tools.compile(TWICE, "--iree-plugin=acme", *flags, "--compile-to=input")
    assert (done.returncode, done.stderr) == (0, "")
    text = (tools.folder / "out.vmfb").read_text()
    assert "arith.addf" in text
    assert "acme." not in text


def test_without_its_type_the_operations_stay_and_are_refused(tools: StockTools) -> None:
    done = tools.compile(TWICE, "--iree-plugin=acme", "--iree-input-type=none")
    assert done.returncode == 1
    assert "nothing lowered 'acme.twice'" in done.stderr


def test_a_type_that_no_plugin_has(tools: StockTools) -> None:
    done = tools.compile(TWICE, "--iree-input-type=acme")
    assert done.returncode == 1


def test_operations_are_verified_as_they_are_parsed(tools: StockTools) -> None:
    done = tools.compile(WRONG.replace("return %0 : tensor<4xf32>", "return %x : tensor<4xf32>"), "--iree-plugin=acme")
    assert done.returncode == 1
    assert "<stdin>:3:8: error:" in done.stderr


def test_both_hosts_convert_alike(installed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in installed:
        monkeypatch.syspath_prepend(str(folder))
    import numpy as np

    from ireekit.facade import Pipeline
    from ireekit.pipeline import load_pipeline

    pipeline: Any = load_pipeline("acme")
    assert isinstance(pipeline, Pipeline)
    x = np.arange(4, dtype=np.float32)
    assert (pipeline.configured({"times": "0"}).compile(TWICE, cache=False)(x) == 2 * x).all()


def test_options_are_listed_with_their_defaults(tools: StockTools) -> None:
    done = tools.run("iree-compile", "--help")
    assert done.returncode == 0
    line = next(line for line in done.stdout.splitlines() if "--acme-opt-times" in line)
    assert "how often" in line


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        ((), {}, ["[default] builtin.module"]),
        (("--acme-opt-say=flag",), {}, ["[flag] builtin.module"]),
        (("--acme-opt-times=2",), {}, ["[default] builtin.module"] * 2),
        ((), {"ACME_OPT_SAY": "environment"}, ["[environment] builtin.module"]),
        (("--acme-opt-say=flag",), {"ACME_OPT_SAY": "environment", "ACME_OPT_TIMES": "0"}, []),
        (("--acme-opt-without=acme-say",), {}, []),
        ((), {"ACME_OPT_WITHOUT": "acme-say,acme-lower"}, []),
    ],
)
def test_options_are_given_by_flags_and_by_the_environment(
    tools: StockTools, flags: tuple[str, ...], environment: dict[str, str], said: list[str]
) -> None:
    done = tools.compile(ADD, "--iree-plugin=acme", *flags, "--compile-to=preprocessing", environment=environment)
    assert (done.returncode, done.stderr.splitlines()) == (0, said)


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("--acme-opt-times=many", "option 'times'"),
        ("--acme-opt-times=-1", "-1 is below 0"),
        ("--acme-opt-without=acme-sai", "did you mean 'acme-say'?"),
    ],
)
def test_a_wrong_value(tools: StockTools, flag: str, reason: str) -> None:
    done = tools.compile(ADD, "--iree-plugin=acme", flag)
    assert done.returncode == 1
    assert reason in done.stderr


def test_an_option_that_there_is_not(tools: StockTools) -> None:
    done = tools.compile(ADD, "--iree-plugin=acme", "--acme-opt-no=1")
    assert done.returncode == 1
    assert "Unknown command line argument '--acme-opt-no=1'" in done.stderr
