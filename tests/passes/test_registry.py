"""Where passes are looked up: given ones, installed packages, pipelines, the compiler."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ireekit import Pipeline
from ireekit.bindings.native_passes import is_native_pass, native_anchor, native_passes
from ireekit.errors import PipelineError
from ireekit.passes import InstalledPasses, LazyPasses, Pass, Passes, PassRegistry, Statistic, option, parse_pipeline
from ireekit.passes.listing import describe_pass, list_passes
from ireekit.pipeline.passes import pass_registry, pipeline_passes


class Fuse(Pass):
    """Fuses.

    Slowly.
    """

    name = "acme-fuse"
    fused = Statistic("operations fused")
    max_ops: int = option(4, "in a group", minimum=1)

    def run(self, op: Any) -> None:
        """Nothing to do."""


class Other(Pass):
    name = "acme-fuse"

    def run(self, op: Any) -> None:
        """Nothing to do."""


Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """``install(entry points, source)`` makes a distribution with a module ``registrytest_N``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def add(entries: str, source: str) -> None:
        module = f"registrytest_{len(made)}"
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = "".join(f"{line.strip().replace('MODULE', module)}\n" for line in entries.splitlines())
        (info / "entry_points.txt").write_text(f"[ireekit.passes]\n{lines}")
        made.append(module)
        importlib.invalidate_caches()

    yield add
    for module in made:
        sys.modules.pop(module, None)


SOURCE = """
from ireekit.passes import Pass
class Twice(Pass):
    name = "registrytest-twice"
    times: int = 2
    def run(self, op): pass
NOT_A_PASS = 3
"""


class TestGiven:
    def test_by_name(self) -> None:
        passes = Passes([Fuse, Fuse])
        assert passes.names() == ("acme-fuse",)
        assert passes.find("acme-fuse") is Fuse
        assert passes.find("other") is None
        assert list(passes) == [Fuse]
        assert len(passes) == 1

    @pytest.mark.parametrize(
        ("classes", "reason"),
        [([Fuse, Other], "two passes are called 'acme-fuse'"), ([Fuse()], "is no pass class"), ([3], "is no pass")],
    )
    def test_what_is_refused(self, classes: list[Any], reason: str) -> None:
        with pytest.raises(PipelineError, match=reason):
            Passes(classes)

    def test_the_first_source_wins(self) -> None:
        registry = PassRegistry([Passes([Other]), Passes([Fuse])], [Passes([Fuse])])
        assert registry.find("acme-fuse") is Other
        assert registry.names() == ("acme-fuse",)

    def test_last_resorts_come_after_the_compiler_and_are_opened_when_needed(self) -> None:
        opened: list[int] = []

        class Cse(Pass):
            name = "cse"

            def run(self, op: Any) -> None:
                """Nothing to do."""

        def open_source() -> Passes:
            opened.append(1)
            return Passes([Fuse, Cse])

        registry = PassRegistry([], [LazyPasses(open_source)])
        assert registry.find("cse") is None
        assert opened == []
        assert registry.find("acme-fuse") is Fuse
        assert registry.find("acme-nothing") is None
        assert opened == [1]
        assert registry.names() == ("acme-fuse",)
        # A source given explicitly goes before the compiler.
        assert PassRegistry([Passes([Cse])]).find("cse") is Cse


class TestInstalled:
    def test_passes_are_imported_when_they_are_used(self, install: Install) -> None:
        install("registrytest-twice = MODULE:Twice", SOURCE)
        installed = InstalledPasses()
        assert "registrytest-twice" in installed.names()
        assert "registrytest_0" not in sys.modules
        assert str(parse_pipeline("registrytest-twice{times=3}").items[0]) == "registrytest-twice{times=3}"
        assert "registrytest_0:Twice of registrytest_0" in installed.describe("registrytest-twice")
        assert installed.find("registrytest-none") is None

    @pytest.mark.parametrize(
        ("entry", "source", "reason"),
        [
            ("registrytest-x = MODULE:Twice", "import nothing_of_this_name", "ModuleNotFoundError"),
            ("registrytest-x = MODULE:Twice", "raise SystemExit(3)", "SystemExit: 3"),
            ("registrytest-x = MODULE:NOT_A_PASS", SOURCE, "is no pass class"),
            ("registrytest-x = MODULE:Missing", SOURCE, "AttributeError"),
            ("registrytest-x = MODULE:Twice", SOURCE, "calls itself 'registrytest-twice'"),
        ],
    )
    def test_broken_ones(self, entry: str, source: str, reason: str, install: Install) -> None:
        install(entry, source)
        with pytest.raises(PipelineError) as caught:
            parse_pipeline("cse,registrytest-x")
        assert reason in caught.value.cause
        assert "registrytest_0" in caught.value.cause
        rows = {row.name: row for row in list_passes(PassRegistry([InstalledPasses()]), native=False)}
        assert reason in rows["registrytest-x"].summary

    def test_two_packages_with_one_name(self, install: Install) -> None:
        install("registrytest-twice = MODULE:Twice", SOURCE)
        install("registrytest-twice = MODULE:Twice", SOURCE)
        with pytest.raises(PipelineError, match="several packages offer a pass 'registrytest-twice'"):
            parse_pipeline("registrytest-twice")

    def test_near_names_are_of_all_sources(self, install: Install) -> None:
        install("registrytest-twice = MODULE:Twice", SOURCE)
        registry = PassRegistry.of([Fuse])
        assert registry.nearest("registrytest-twicee") == "registrytest-twice"
        assert registry.nearest("acme-fues") == "acme-fuse"
        assert registry.nearest("canonicalise") == "canonicalize"
        assert registry.nearest("qqqqqqqqqqq") is None


class TestPipelines:
    def test_passes_of_a_pipeline(self) -> None:
        pipeline = Pipeline("test").at("start", Fuse(max_ops=2), Fuse())
        assert pipeline_passes(pipeline).names() == ("acme-fuse",)
        assert pass_registry(pipelines=[pipeline]).find("acme-fuse") is Fuse
        assert pass_registry([Other], [pipeline]).find("acme-fuse") is Other

    def test_installed_pipelines_are_the_last_resort(self) -> None:
        registry = pass_registry()
        assert registry.find("mypipeline-channels-last") is not None
        assert "mypipeline-channels-last" in registry.names()


class TestNative:
    def test_names(self) -> None:
        known = native_passes()
        assert len(known) > 500
        assert known["canonicalize"].options.keys() >= {"max-iterations", "top-down"}
        assert known["iree-abi-transformation-pipeline"].is_pipeline
        assert not known["cse"].is_pipeline

    @pytest.mark.parametrize(
        ("name", "known"),
        [("cse", True), ("csee", False), ("func.func", False), ("any", False), ("cse,cse", False), ("", False)],
    )
    def test_what_is_one(self, name: str, known: bool) -> None:
        assert is_native_pass(name) is known

    @pytest.mark.parametrize(
        ("name", "anchor"),
        [
            ("cse", None),
            ("iree-vm-conversion", "builtin.module"),
            ("no-such", None),
            ("iree-abi-transformation-pipeline", None),
        ],
    )
    def test_anchors(self, name: str, anchor: str | None) -> None:
        assert native_anchor(name) == anchor


def test_rows_for_listings() -> None:
    row = describe_pass(Fuse)
    assert (row.name, row.anchor, row.summary) == ("acme-fuse", "builtin.module", "Fuses.")
    assert row.options == {"max-ops": "in a group; an integer, at least 1; default 4"}
    assert row.statistics == {"fused": "operations fused"}
    assert row.origin.endswith(".Fuse")
    rows = list_passes(PassRegistry([Passes([Fuse])]))
    assert rows[0] == row
    assert {"cse", "canonicalize"} <= {each.name for each in rows if each.origin == "native"}
