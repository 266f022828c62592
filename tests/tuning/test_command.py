"""``ireekit tune``, and ``ireekit compile --tuning``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ireekit.cli import main
from ireekit.tuning import Tuning

from .conftest import Tuned

QUICK = ("--stock", "--candidates", "4", "--jobs", "2")


def _tune(tuned: Tuned, *words: str) -> int:
    return main(["tune", str(tuned.model), *QUICK, "--database", str(tuned.database), *words])


def test_writes_what_it_found(tuned: Tuned, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, spec = tmp_path / "a.tuning.json", tmp_path / "spec.mlir"
    assert _tune(tuned, "-o", str(file), "--spec", str(spec)) == 0
    told = capsys.readouterr()
    assert "matmul" in told.out
    assert "1 kernel tuned" in told.out
    assert "tuning: compiling the model" in told.err
    assert Tuning.load(file) == Tuning.load(_saved(tuned, tmp_path))
    assert "named_sequence" in spec.read_text()


def _saved(tuned: Tuned, folder: Path) -> Path:
    tuned.result.tuning.save(folder / "expected.json")
    return folder / "expected.json"


def test_json(tuned: Tuned, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tune(tuned, "-o", str(tmp_path / "a.json"), "--json", "-q") == 0
    told = capsys.readouterr()
    data = json.loads(told.out)
    assert data["known"] == 4
    assert data["dispatches"][0]["ratio"] < 1
    assert not told.err


def test_compile_takes_the_file(tuned: Tuned, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = tmp_path / "plain.py"
    pipeline.write_text("import ireekit\nplain = ireekit.Pipeline('plain')\n")
    words = ["compile", str(tuned.model), "--load", str(pipeline), "-o", str(tmp_path / "a.vmfb"), "--no-cache"]
    assert main([*words, "--tuning", str(_saved(tuned, tmp_path)), "--report", "passes"]) == 0
    told = capsys.readouterr()
    assert "ireekit-configure-tuned-kernels{digest=" in told.out
    assert "warning" not in told.err
    assert main([*words, "--tuning", str(tuned.model)]) == 1
    assert "is no tuning file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "soon"], "'soon' is no time"),
        (["--top", "0"], "no number above 0"),
        (["--weights", "a.irpa"], "--weights does not go with tune"),
        (["--tuning", "a.json"], "--tuning does not go with tune"),
        (["--pipeline", "mypipeline"], "--stock is without a pipeline"),
    ],
)
def test_wrong_usage(tuned: Tuned, words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tune(tuned, *words) == 2
    assert message in capsys.readouterr().err


def test_refuses_before_the_search(tuned: Tuned, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _tune(tuned, "-o", str(tmp_path)) == 1
    assert "is a folder" in capsys.readouterr().err
    assert _tune(tuned, "-o", str(tmp_path / "missing" / "a.json")) == 1
    assert "mkdir -p" in capsys.readouterr().err
    assert _tune(tuned, "-o", str(tmp_path / "a.json"), "--target", "vulkan") == 1
    assert "only kernels of one CPU" in capsys.readouterr().err


def test_an_interruption(tuned: Tuned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ireekit.tuning.api.tune", interrupted)
    assert _tune(tuned, "-o", str(tuned.database.with_name("a.json"))) == 130
    assert "the same command goes on from there" in capsys.readouterr().err
