"""Pipeline text: reading, printing, and errors that point at the place."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ireekit.errors import PipelineError
from ireekit.passes import NativePass, NativePasses, Nested, Pass, PassPipeline, option, parse_pipeline


class Fuse(Pass):
    name = "acme-fuse"
    max_ops: int = option(4, minimum=1)
    labels: tuple[str, ...] = ()

    def run(self, op: Any) -> None:
        """Nothing to do."""


class Tile(Pass):
    name = "acme-tile"
    anchor = "util.func"
    sizes: tuple[int, ...] = ()

    def run(self, op: Any) -> None:
        """Nothing to do."""


class Anywhere(Pass):
    name = "acme-anywhere"
    anchor = "any"

    def run(self, op: Any) -> None:
        """Nothing to do."""


PASSES = (Fuse, Tile, Anywhere)


def refused(text: str) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        parse_pipeline(text, PASSES)
    return caught.value


class TestReading:
    def test_python_and_native_passes_nest(self) -> None:
        text = "builtin.module(acme-fuse{max-ops=5},util.func(canonicalize{max-iterations=2},acme-tile),cse)"
        pipeline = parse_pipeline(text, PASSES)
        assert pipeline.anchor == "builtin.module"
        assert pipeline.items == (
            Fuse(max_ops=5),
            Nested("util.func", [NativePass("canonicalize", "max-iterations=2"), Tile()]),
            NativePass("cse"),
        )
        assert str(pipeline) == text
        assert pipeline.python_passes == (Fuse(max_ops=5), Tile())

    @pytest.mark.parametrize(
        ("text", "canonical"),
        [
            ("", "builtin.module()"),
            ("cse", "builtin.module(cse)"),
            ("cse,acme-fuse", "builtin.module(cse,acme-fuse)"),
            ("builtin.module()", "builtin.module()"),
            ("any(cse)", "any(cse)"),
            ("util.func(acme-tile)", "util.func(acme-tile)"),
            ("util.func(cse),cse", "builtin.module(util.func(cse),cse)"),
            (" builtin.module (\n cse ,\tutil.func ( acme-tile { sizes=1,2 } ) ) ", None),
            ("builtin.module(any(cse,acme-anywhere))", "builtin.module(any(cse,acme-anywhere))"),
            ("hal.executable(hal.executable.variant(builtin.module(acme-fuse)))", None),
            ("canonicalize{disable-patterns=a,b}", "builtin.module(canonicalize{disable-patterns=a,b})"),
            ("inline{op-pipelines=func.func(canonicalize{max-iterations=1})}", None),
            ("acme-fuse{labels='a}b'}", r'builtin.module(acme-fuse{labels="a\x7db"})'),
        ],
    )
    def test_forms(self, text: str, canonical: str | None) -> None:
        pipeline = parse_pipeline(text, PASSES)
        if canonical is not None:
            assert str(pipeline) == canonical
        assert parse_pipeline(str(pipeline), PASSES) == pipeline

    def test_a_registered_pipeline_of_the_compiler(self) -> None:
        assert str(parse_pipeline("iree-abi-transformation-pipeline")) == (
            "builtin.module(iree-abi-transformation-pipeline)"
        )


class TestBuilding:
    def test_objects_texts_and_nesting(self) -> None:
        built = PassPipeline(
            "builtin.module",
            [Fuse(max_ops=4), Nested("util.func", ["canonicalize", Tile()]), "cse,acme-anywhere"],
            passes=PASSES,
        )
        text = "builtin.module(acme-fuse,util.func(canonicalize,acme-tile),cse,acme-anywhere)"
        assert str(built) == text
        assert built == parse_pipeline(text, PASSES)
        assert hash(built) == hash(parse_pipeline(text, PASSES))
        assert built != parse_pipeline("cse")

    def test_native_passes_given_by_text_lose_the_anchor_they_stand_in(self) -> None:
        tidy = NativePasses("tidy", "builtin.module(util.func(canonicalize),cse)")
        assert str(PassPipeline("builtin.module", [tidy])) == "builtin.module(util.func(canonicalize),cse)"

    def test_passes_that_cannot_stand_there(self) -> None:
        with pytest.raises(PipelineError, match=r"acme-fuse runs on builtin.module and cannot stand within util.func"):
            PassPipeline("builtin.module", [Nested("util.func", [Fuse()])])
        with pytest.raises(PipelineError, match="restricted to"):
            PassPipeline("util.func", [NativePass("iree-vm-conversion")])
        with pytest.raises(PipelineError, match="is no pass"):
            PassPipeline("builtin.module", [3])  # type: ignore[list-item]

    def test_fingerprints_follow_options(self) -> None:
        one, two = (PassPipeline("builtin.module", [Fuse(max_ops=n)]) for n in (1, 2))
        assert one.fingerprint() == PassPipeline("builtin.module", [Fuse(max_ops=1)]).fingerprint()
        assert one.fingerprint() != two.fingerprint()

    def test_a_name_for_reports(self) -> None:
        assert PassPipeline("any", ["cse"], name="tidy").name == "tidy"
        assert PassPipeline("any", ["cse"]).name == "any(cse)"


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "cause", "column", "remedy"),
        [
            ("builtin.module(acme-fus,cse)", "'acme-fus' does not refer to a registered pass", 16, "'acme-fuse'"),
            ("builtin.module(util.func(cannonicalize))", "'cannonicalize' does not refer", 26, "'canonicalize'"),
            ("zzzzzzzzzz", "'zzzzzzzzzz' does not refer", 1, "ireekit passes"),
            ("cse,acme-fuse{max-op=3}", "has no option 'max-op'", 15, "'max-ops'"),
            ("cse,acme-fuse{max-ops=3 labels={a}", "this brace is never closed", 14, None),
            ("acme-fuse{max-ops=x}", "'x' is not an integer", 19, "an integer, at least 1"),
            ("acme-fuse{max-ops=0}", "0 is below 1", 19, "at least 1"),
            ("util.func(acme-tile{sizes=1,,2})", "'' is not an integer", 29, None),
            ("canonicalize{max-iteration=3}", "no such option max-iteration", 1, "'max-iterations'"),
            ("cse{max=3}", "no such option max", 1, "takes no options"),
            ("util.func(cse,iree-vm-conversion)", "restricted to 'builtin.module'", 15, "runs on builtin.module"),
            ("util.func(acme-fuse)", "cannot stand within util.func", 11, "move it out of util.func"),
            ("func.func(canonicalize", "unbalanced parentheses", 10, None),
            ("any(any(cse)", "unbalanced parentheses", 4, None),
            ("cse)", "unmatched ')'", 4, None),
            ("cse cse", "',' expected", 5, None),
            ("any(cse cse)", "',' or ')' expected", 9, None),
            ("cse,,cse", "the name of a pass or operation expected", 5, None),
            ("cse,", "the name of a pass or operation expected", 5, None),
            ("any(cse,)", "the name of a pass or operation expected", 9, None),
            ("cse(cse)", "'cse' is no operation name", 1, "cse{...}"),
            ("builtin.module", "'builtin.module' does not refer", 1, "builtin.module(...)"),
            ("any{x=1}(cse)", "an anchor takes no options", 9, None),
            ("cse\n,acme-fuse{\nmax-ops=x}", "'x' is not an integer", None, None),
            ("any(" * 65 + ")" * 65, "more than 64 anchors", 257, None),
        ],
    )
    def test_each_points_at_its_place(self, text: str, cause: str, column: int | None, remedy: str | None) -> None:
        error = refused(text)
        assert cause in error.cause
        if column is None:
            assert error.location == "line 3, column 9 of the pipeline"
            assert error.notes[:2] == ("max-ops=x}", " " * 8 + "^")
        else:
            assert error.location == f"column {column} of the pipeline"
            line, caret = error.notes[:2]
            assert line[caret.index("^") :] == text[column - 1 :][: len(line) - caret.index("^")]
        if remedy is not None:
            assert remedy in (error.remedy or "")
        assert len(str(error).splitlines()) <= 20

    def test_registered_pipelines_where_they_do_not_fit_leave_the_process_alive(self) -> None:
        error = refused("func.func(iree-abi-transformation-pipeline)")
        assert "restricted to 'builtin.module'" in error.cause
        assert error.location == "column 11 of the pipeline"

    @settings(deadline=None, max_examples=300)
    @given(st.text(alphabet="acme-fuse(){},. =1", max_size=30))
    def test_no_text_breaks_the_parser(self, text: str) -> None:
        with contextlib.suppress(PipelineError):
            pipeline = parse_pipeline(text, PASSES)
            assert parse_pipeline(str(pipeline), PASSES) == pipeline


LEAVES = st.one_of(
    st.builds(Fuse, st.integers(1, 9), st.lists(st.text(max_size=5), max_size=2).map(tuple)),
    st.builds(Anywhere),
    st.sampled_from([NativePass("cse"), NativePass("canonicalize", "max-iterations=3 top-down=false")]),
)
NESTED_LEAVES = st.one_of(
    st.builds(Tile, st.lists(st.integers(), max_size=3).map(tuple)),
    st.builds(Anywhere),
    st.sampled_from([NativePass("cse"), NativePass("symbol-dce")]),
)
ANCHORS = st.sampled_from(["util.func", "any", "acme.region", "hal.executable.variant"])
INNER = st.recursive(NESTED_LEAVES, lambda items: st.builds(Nested, ANCHORS, st.lists(items, max_size=3)), max_leaves=8)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(LEAVES, st.builds(Nested, ANCHORS, st.lists(INNER, max_size=3))), max_size=4))
def test_random_trees_round_trip(items: list[Any]) -> None:
    pipeline = PassPipeline("builtin.module", items)
    assert parse_pipeline(str(pipeline), PASSES) == pipeline
