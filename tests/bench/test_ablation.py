"""The ablation of passes: which of them change a program, and the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(autouse=True)
def on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


def test_passes_that_change_nothing_are_not_left_out(tmp_path: Path) -> None:
    from ablation import changing

    dumps = {"00-start": "a", "01-first": "a", "02-abi": "b", "03-second": "c", "04-first": "d", "05-other": "e"}
    for name, text in dumps.items():
        (tmp_path / f"{name}.mlir").write_text(text)
    assert changing(tmp_path, ["first", "second"]) == ["second", "first"]


def test_every_pass_has_a_row() -> None:
    from ablation import pass_names

    import mypipeline

    names = pass_names()
    assert len(names) == len(set(names))
    assert set(names) == {step.action.name for step in mypipeline.pipeline.steps_for(("cpu",))}
    assert set(pass_names("vulkan")) < {step.action.name for step in mypipeline.pipeline.steps}


def test_the_table() -> None:
    from ablation import ablation_table

    run: dict[str, Any] = {
        "date": "2026-01-01 00:00",
        "cpu": "abacus",
        "load": 0.5,
        "target": "cpu",
        "by": "cpu_ms",
        "passes": ["without any pass", "mypipeline-one", "mypipeline-two"],
        "models": {
            "bert": {"times": {"all passes": 2.0, "without any pass": 5.0, "mypipeline-one": 3.0}, "problems": {}},
            "vit": {"times": {"all passes": 4.0, "mypipeline-two": 4.0}, "problems": {"without any pass": "no code"}},
            "lstm": {"problem": "no import"},
            "unet": {"times": {"all passes": 1.0}, "problems": {}, "tried": ["mypipeline-one"], "date": "earlier"},
        },
    }
    text = ablation_table(run)
    assert "| measured | 2026-01-01 00:00 | 2026-01-01 00:00 | earlier |" in text
    assert "| all passes | 2.00 ms | 4.00 ms | 1.00 ms |" in text
    assert "| without any pass | 2.50 | fails | - |" in text
    assert "| without `one` | 1.50 |  |  |" in text
    assert "| without `two` |  | 1.00 | - |" in text
    assert "- lstm: no import" in text
    assert "- vit without any pass: no code" in text


def test_models_that_were_measured_before_stay() -> None:
    from ablation import merged

    before: dict[str, Any] = {"date": "old", "cpu": "abacus", "target": "cpu", "by": "cpu_ms", "passes": ["x"]}
    before["models"] = {"a": {}, "b": {}}
    run: dict[str, Any] = {**before, "date": "new", "passes": ["x", "y"], "models": {"b": {"date": "new"}}}
    assert merged(before, run)["models"] == {"a": {"date": "old", "tried": ["x"]}, "b": {"date": "new"}}
    assert merged({**before, "cpu": "slide rule"}, run) == run
