"""Pipelines that installed packages offer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ireekit.errors import PipelineError
from ireekit.pipeline import find_pipeline, installed_pipelines, load_pipeline

Install = Callable[[str, str, str], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """``install(module, entry points, source)``: an installed package of one module."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installer(module: str, entries: str, source: str) -> Path:
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[ireekit.pipelines]\n{entries}\n")
        (tmp_path / f"{module}.py").write_text(source)
        monkeypatch.delitem(sys.modules, module, raising=False)
        return tmp_path / f"{module}.py"

    return installer


GOOD = "from ireekit import Pipeline\npipeline = Pipeline('acme')\n"


def test_the_pipeline_that_ships_with_ireekit() -> None:
    found = find_pipeline("mypipeline")
    assert (found.name, found.reference, found.distribution) == (
        "mypipeline",
        "mypipeline:pipeline",
        "ireekit",
    )
    assert found.load().name == "mypipeline"


def test_listing_imports_nothing(install: Install) -> None:
    install("acme_lazy", "acme = acme_lazy:pipeline", "raise AssertionError('imported')")
    found = next(pipeline for pipeline in installed_pipelines() if pipeline.name == "acme")
    assert (found.distribution, found.version) == ("acme_lazy", "1.2")
    assert "acme_lazy" not in sys.modules


def test_one_is_loaded_and_used(install: Install, ireekit, models: Path, tmp_path: Path) -> None:
    install("acme_good", "acme = acme_good:pipeline", GOOD)
    assert load_pipeline("acme").name == "acme"
    output = tmp_path / "a.vmfb"
    assert ireekit("compile", models / "add.mlir", "-p", "acme", "-o", output).code == 0
    assert "pipeline acme" in ireekit("inspect", output).out


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("mypipelines", "did you mean 'mypipeline'?"), ("zzz", "installed: "), ("", "installed: ")],
)
def test_unknown_name(name: str, remedy: str) -> None:
    with pytest.raises(PipelineError) as caught:
        load_pipeline(name)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        (
            "import no_such_package_at_all\n",
            "ModuleNotFoundError: No module named 'no_such_package_at_all'",
            1,
        ),
        ("\nraise ValueError('half\\nbaked')\n", "ValueError: half", 2),
        ("pass\nraise SystemExit(3)\n", "SystemExit: 3", 2),
        ("x = (\n", "SyntaxError: '(' was never closed", 1),
        ("other = 1\n", "AttributeError: module 'acme_bad' has no attribute 'pipeline'", None),
        (
            "from ireekit import Pipeline\npipeline = Pipeline('acme').at('preprocesing')\n",
            "PipelineError: there is no phase 'preprocesing'",
            None,
        ),
    ],
)
def test_import_that_fails(install: Install, ireekit, source: str, message: str, line: int | None) -> None:
    path = install("acme_bad", "acme-bad = acme_bad:pipeline", source)
    with pytest.raises(PipelineError) as caught:
        load_pipeline("acme-bad")
    text = str(caught.value)
    assert text.startswith(f"pipeline 'acme-bad' of acme_bad 1.2 cannot be imported: {message}")
    assert caught.value.remedy
    if line is not None:
        assert caught.value.location == f"{path}:{line}"
    done = ireekit("compile", "x.mlir", "-p", "acme-bad")
    assert done.code == 1
    assert "Traceback" not in done.err


def test_an_object_that_is_no_pipeline(install: Install, ireekit) -> None:
    install("acme_wrong", "wrong = acme_wrong:pipeline", "pipeline = 3\n")
    with pytest.raises(PipelineError, match="is of type int"):
        load_pipeline("wrong")
    definition = "from ireekit.pipeline import PipelineDefinition\npipeline = PipelineDefinition('d')\n"
    install("acme_definition", "definition = acme_definition:pipeline", definition)
    done = ireekit("compile", "x.mlir", "-p", "definition")
    assert done.code == 1
    assert "make it an ireekit.Pipeline" in done.err


def test_two_packages_with_one_name(install: Install) -> None:
    install("acme_one", "twin = acme_one:pipeline", GOOD)
    install("acme_two", "twin = acme_two:pipeline", GOOD)
    with pytest.raises(PipelineError) as caught:
        load_pipeline("twin")
    assert "acme_one (acme_one:pipeline) and acme_two (acme_two:pipeline)" in str(caught.value)
    assert caught.value.remedy == "uninstall all but one: pip uninstall acme_two"
