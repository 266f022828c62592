"""Options of passes: types, checks, text and back."""

from __future__ import annotations

import enum
import math
import threading
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ireekit.errors import PipelineError
from ireekit.passes import Pass, option, options_of, parse_pipeline
from ireekit.passes.option_text import TextError, quote, split_list, split_words, unquote
from ireekit.passes.option_types import option_type


class Layout(enum.Enum):
    CHANNELS_FIRST = "nchw"
    CHANNELS_LAST = "nhwc"


class Level(enum.IntEnum):
    LOW = 0
    VERY_HIGH = 3


class Every(Pass):
    name = "test-every"
    flag: bool = False
    count: int = option(4, "how many", minimum=1, maximum=64)
    ratio: float = 0.5
    label: str = "none"
    layout: Layout = Layout.CHANNELS_LAST
    level: Level = Level.LOW
    mode: Literal["fast", "exact", 3] = "fast"
    sizes: tuple[int, ...] = ()
    names: list[str] = field(default_factory=list)
    pair: tuple[str, float] = ("a", 1.0)
    nested: tuple[tuple[int, ...], ...] = ()
    maybe: int | None = None
    maybe_text: Optional[str] = None  # noqa: UP045 (the old spelling is to work too)
    file: Path = Path()
    choices: tuple[Layout, ...] = option((), "several")

    def run(self, op: Any) -> None:
        """Nothing to do."""


class Checked(Pass):
    name = "test-checked"
    low: int = 0
    high: int = 1

    def validate(self) -> None:
        if self.low > self.high:
            raise PipelineError("low is above high")

    def run(self, op: Any) -> None:
        """Nothing to do."""


class TestClasses:
    def test_fields_make_a_frozen_dataclass_without_the_decorator(self) -> None:
        assert Every(count=3) == Every(count=3) != Every(count=4)
        assert hash(Checked(1, 2)) == hash(Checked(1, 2))
        with pytest.raises(AttributeError):
            Every().count = 3  # type: ignore[misc]

    def test_the_decorator_changes_nothing(self) -> None:
        @dataclass(frozen=True)
        class Decorated(Pass):
            name: ClassVar[str] = "test-decorated"
            size: int = 1
            made: list[int] = field(default_factory=list)

            def run(self, op: Any) -> None:
                """Nothing to do."""

        assert str(Decorated(2)) == "test-decorated{size=2}"
        assert Decorated().made == []

    def test_subclasses_keep_options_in_order(self) -> None:
        class More(Checked):
            name = "test-more"
            extra: bool = False

        assert list(options_of(More)) == ["low", "high", "extra"]
        assert str(More(extra=True)) == "test-more{extra=true}"

    def test_many_threads_may_make_the_first_object(self) -> None:
        class First(Pass):
            name = "test-first"
            size: int = 1

            def run(self, op: Any) -> None:
                """Nothing to do."""

        made: list[Pass] = []
        threads = [threading.Thread(target=lambda: made.append(First(size=2))) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [First(2)] * 16

    def test_a_pass_without_a_name(self) -> None:
        class Nameless(Pass):
            def run(self, op: Any) -> None:
                """Nothing to do."""

        with pytest.raises(PipelineError, match="gives its pass no name"):
            Nameless()

    def test_annotations_only_a_function_knows_fall_back_to_the_default(self) -> None:
        class Colour(enum.Enum):
            RED = "red"
            BLUE = "blue"

        class Local(Pass):
            name = "test-local"
            colour: Colour = Colour.RED

            def run(self, op: Any) -> None:
                """Nothing to do."""

        assert Local.parse("colour=blue").colour is Colour.BLUE

    def test_what_other_types_hold_comes_from_python_only(self) -> None:
        class Odd(Pass):
            name = "test-odd"
            function: Any = None
            table: Annotated[dict[str, int], "unused"] = field(default_factory=dict)

            def run(self, op: Any) -> None:
                """Nothing to do."""

        assert Odd(function=print).function is print
        with pytest.raises(PipelineError, match="cannot be given as text"):
            Odd.parse("function=print")


class TestChecks:
    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"flag": 1}, "option 'flag' of pass test-every: 1 is not true or false"),
            ({"count": "4"}, "option 'count' of pass test-every: '4' is not an integer"),
            ({"count": True}, "True is not an integer"),
            ({"count": 0}, "0 is below 1"),
            ({"count": 65}, "65 is above 64"),
            ({"ratio": "x"}, "'x' is not a number"),
            ({"label": 3}, "3 is not a string"),
            ({"layout": "hwcn"}, "'hwcn' is not one of nchw, nhwc"),
            ({"mode": "slow"}, "'slow' is not one of fast, exact, 3"),
            ({"sizes": 3}, "3 is not a list, each an integer"),
            ({"sizes": "12"}, "'12' is not a list"),
            ({"sizes": (1, "b")}, "'b' is not an integer"),
            ({"pair": ("a",)}, "is not a list of a string, a number: 1 instead of 2 elements"),
            ({"maybe": "x"}, "'x' is not an integer"),
        ],
    )
    def test_values_of_other_types_are_refused(self, options: dict[str, Any], reason: str) -> None:
        with pytest.raises(PipelineError) as caught:
            Every(**options)
        assert reason in caught.value.cause
        assert caught.value.op == "test-every"
        assert caught.value.remedy.startswith("give ")

    def test_values_take_the_form_of_their_type(self) -> None:
        made = Every(ratio=2, sizes=[1, 2], layout="nchw", file="a/b", nested=[[1], []], level="very-high")
        assert (made.ratio, made.sizes, made.layout, made.file) == (2.0, (1, 2), Layout.CHANNELS_FIRST, Path("a/b"))
        assert isinstance(made.ratio, float)
        assert made.nested == ((1,), ())
        assert made.level is Level.VERY_HIGH

    def test_validate_sees_all_options(self) -> None:
        with pytest.raises(PipelineError, match="low is above high"):
            Checked(low=2)
        with pytest.raises(PipelineError) as caught:
            parse_pipeline("cse,test-checked{low=2}", [Checked])
        assert caught.value.location == "column 5 of the pipeline"

    def test_nan_is_in_no_range(self) -> None:
        class Ranged(Pass):
            name = "test-ranged"
            ratio: float = option(0.5, minimum=0)

            def run(self, op: Any) -> None:
                """Nothing to do."""

        with pytest.raises(PipelineError, match="nan is below 0"):
            Ranged(ratio=math.nan)
        with pytest.raises(PipelineError, match="at least 0"):
            raise Ranged.parse("ratio=-1")  # type: ignore[misc]


class TestText:
    @pytest.mark.parametrize(
        ("text", "options"),
        [
            ("", {}),
            ("flag", {"flag": True}),
            ("flag=TRUE count=0x10", {"flag": True, "count": 16}),
            ("flag=0   ratio=1e-3", {"flag": False, "ratio": 1e-3}),
            ("ratio=inf", {"ratio": math.inf}),
            ("label='two words'", {"label": "two words"}),
            ('label="a,b{c}=\\"d\\""', {"label": 'a,b{c}="d"'}),
            ("label=it's", {"label": "it's"}),
            ("label=none maybe-text=none", {"label": "none", "maybe_text": None}),
            ('maybe-text="none"', {"maybe_text": "none"}),
            ("maybe=-3", {"maybe": -3}),
            ("layout=channels-first level=very-high", {"layout": Layout.CHANNELS_FIRST, "level": Level.VERY_HIGH}),
            ("mode=3", {"mode": 3}),
            ("sizes=1,2,3", {"sizes": (1, 2, 3)}),
            ("sizes={1, 2}", {"sizes": (1, 2)}),
            ("sizes=", {"sizes": ()}),
            ('names="a,b",c', {"names": ["a,b", "c"]}),
            ("pair=x,2", {"pair": ("x", 2.0)}),
            ("nested={{1,2},{}}", {"nested": ((1, 2), ())}),
            ("choices=nhwc,nchw", {"choices": (Layout.CHANNELS_LAST, Layout.CHANNELS_FIRST)}),
            ("maybe_text=x", {"maybe_text": "x"}),
        ],
    )
    def test_reading(self, text: str, options: dict[str, Any]) -> None:
        made = Every.parse(text)
        assert made == Every(**options)
        assert all(type(getattr(made, name)) is type(value) for name, value in options.items())

    @pytest.mark.parametrize(
        ("text", "reason", "column"),
        [
            ("cuont=3", "has no option 'cuont'", 0),
            ("flag count=x", "'x' is not an integer", 11),
            ("count", "no value given", 5),
            ("count=99", "99 is above 64", 6),
            ("count=2 count=3", "given twice", 8),
            ("sizes=1,b,3", "'b' is not an integer", 8),
            ("sizes={1,{2}}", "'{2}' is not an integer", 9),
            ("nested={{1},{x}}", "'x' is not an integer", 13),
            ("label='open", "this quote is never closed", 6),
            ("sizes={1,2", "this brace is never closed", 6),
            ('label="a"b', "'b' after the closing quote", 9),
            ('label="\\q"', "unknown escape", 7),
            ("layout=nope", "'nope' is not one of nchw, nhwc", 7),
            ("count=" + "9" * 5000, "is not an integer", 6),
        ],
    )
    def test_what_is_wrong_is_pointed_at(self, text: str, reason: str, column: int) -> None:
        with pytest.raises(PipelineError) as caught:
            Every.parse(text)
        assert reason in caught.value.cause
        if len(text) < 100:
            assert caught.value.notes == (text, " " * column + "^")

    def test_near_names_and_lists_of_what_there_is(self) -> None:
        with pytest.raises(PipelineError) as caught:
            Every.parse("siz=3")
        assert caught.value.remedy == "did you mean 'sizes'?"
        with pytest.raises(PipelineError) as caught:
            Checked.parse("zzzz=1")
        assert caught.value.remedy == "its options: low, high"

    def test_a_required_option(self) -> None:
        class Needs(Pass):
            name = "test-needs"
            size: int = option(description="of a tile", minimum=1)

            def run(self, op: Any) -> None:
                """Nothing to do."""

        with pytest.raises(PipelineError, match="pass test-needs needs option 'size'"):
            parse_pipeline("test-needs", [Needs])
        assert str(Needs(3)) == "test-needs{size=3}"

    def test_defaults_made_by_a_factory_are_not_printed(self) -> None:
        assert str(Every(names=[])) == "test-every"


SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    str: st.text(max_size=12),
    Layout: st.sampled_from(Layout),
    Literal["a", "b c", "none", ""]: st.sampled_from(["a", "b c", "none", ""]),
}


@st.composite
def typed_values(draw: st.DrawFn, depth: int = 2) -> tuple[Any, Any]:
    """An annotation and a value of it."""
    kind = draw(st.sampled_from(["scalar", "optional", "tuple", "list", "fixed"] if depth else ["scalar"]))
    if kind == "scalar":
        annotation = draw(st.sampled_from(list(SCALARS)))
        return annotation, draw(SCALARS[annotation])
    if kind == "fixed":
        parts = draw(st.lists(typed_values(depth=depth - 1), min_size=1, max_size=3))
        return tuple[tuple(part[0] for part in parts)], tuple(part[1] for part in parts)
    annotation, value = draw(typed_values(depth=depth - 1))
    if kind == "optional":
        return Optional[annotation], draw(st.sampled_from([None, value]))  # noqa: UP045
    values = [value] * draw(st.integers(0, 3))
    return (tuple[annotation, ...], tuple(values)) if kind == "tuple" else (list[annotation], values)


class TestRoundTrip:
    @settings(deadline=None, max_examples=300)
    @given(typed_values(depth=3))
    def test_values_of_random_types(self, typed: tuple[Any, Any]) -> None:
        annotation, value = typed
        kind = option_type(annotation)
        kept = kind.check(value)
        assert kind.parse(kind.print(kept)) == kept == value

    @settings(deadline=None, max_examples=150)
    @given(st.lists(typed_values(), max_size=5))
    def test_random_sets_of_options_within_a_pipeline(self, typed: list[tuple[Any, Any]]) -> None:
        made = make_dataclass(
            "Random",
            [(f"option_{index}", annotation) for index, (annotation, _) in enumerate(typed)],
            bases=(Pass,),
            frozen=True,
            namespace={"name": "test-random", "run": lambda self, op: None},
        )
        step = made(*(value for _, value in typed))
        pipeline = parse_pipeline(f"builtin.module(cse,{step},func.func(canonicalize))", [made])
        assert pipeline.items[1] == step
        assert parse_pipeline(str(pipeline), [made]) == pipeline

    @settings(deadline=None, max_examples=300)
    @given(st.text())
    def test_quoting(self, text: str) -> None:
        quoted = quote(text)
        assert unquote(quoted) == text
        assert split_list(quoted) == [(0, quoted)]
        assert [word[3] for word in split_words(f"a={quoted} b=1")] == [quoted, "1"]
        # MLIR counts braces whether quoted or not.
        assert not set("{}") & set(quoted)

    @settings(deadline=None, max_examples=500)
    @given(st.text(alphabet="ab=,{}\"'\\ x1-", max_size=24))
    def test_no_text_breaks_the_reader(self, text: str) -> None:
        try:
            list(split_words(text))
            Every.parse(text)
        except (TextError, PipelineError):
            pass
