"""The Python of docs/passes.md runs as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from iree.compiler import ir

from ireekit.errors import PipelineError
from ireekit.passes.conditions import has_work

PAGE = Path(__file__).parents[2] / "docs" / "passes.md"
PROGRAM = """
func.func @f(%a: i32) -> i32 {
  %zero = arith.constant 0 : i32
  %0 = arith.addi %a, %zero : i32
  return %0 : i32
}
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_examples(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import ireekit.passes

    context = ir.Context()
    scope: dict[str, Any] = {
        "__name__": "passes_page",
        "module": ir.Module.parse(PROGRAM, context),
        "gives_wrong_numbers": lambda op: "arith.addi" not in str(op),
    }
    monkeypatch.setitem(sys.modules, "passes_page", ModuleType("passes_page"))
    define, options, acting, pipeline, watch, bisection = blocks("python")
    exec(define, scope)
    with pytest.raises(PipelineError) as caught:
        exec(options, scope)
    shown = "PipelineError: " + str(caught.value)
    assert "".join(f"# {line}\n" for line in shown.splitlines()) in options
    exec(acting, scope)
    assert not has_work(scope["FoldScales"](), scope["module"].operation)
    # As if the pass were installed.
    parse, passes = ireekit.passes.parse_pipeline, [scope["DropIdentities"]]
    monkeypatch.setattr(ireekit.passes, "parse_pipeline", lambda text: parse(text, passes))
    exec(pipeline, scope)
    assert capsys.readouterr().out == "1\n"
    assert scope["pipeline"].items[0] == scope["same"].items[0]
    exec(watch, scope)
    assert "dropped: additions removed" in capsys.readouterr().out
    scope["module"] = ir.Module.parse(PROGRAM, context)
    exec(bisection, scope)
    assert capsys.readouterr().out.startswith("first bad: pass (1) acme-drop-identities")
    error = next(text for text in blocks("text") if "does not refer" in text)
    with pytest.raises(PipelineError) as caught:
        parse(error.splitlines()[1].strip(), passes)
    assert str(caught.value) == error.rstrip()
