"""What a pass acts on: it is found wherever it is, and where it is not, the pass does not run."""

from __future__ import annotations

from typing import Any

import pytest
from iree.compiler import ir

from ireekit import NativePasses, Pipeline
from ireekit.errors import PipelineError
from ireekit.passes import Pass, PassPipeline, Statistic, conditions
from ireekit.passes.conditions import has_work
from ireekit.plugin.plan import ALWAYS, can_wait, planned, points, record_of, step_of

MODULE = """
module @program {
  "test.executable"() ({
    "test.variant"() ({
      func.func @kernel(%a: tensor<4xf32>) -> tensor<f32> {
        %zero = arith.constant dense<0.0> : tensor<f32>
        %0 = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]
        } ins(%a : tensor<4xf32>) outs(%zero : tensor<f32>) {
        ^bb0(%x: f32, %sum: f32):
          %1 = math.exp %x : f32
          linalg.yield %1 : f32
        } -> tensor<f32>
        return %0 : tensor<f32>
      }
      "test.end"() : () -> ()
    }) {target = "avx512"} : () -> ()
    "test.end"() : () -> ()
  }) : () -> ()
}
"""
FOUND = [
    "builtin.module",
    "math.exp",
    "linalg.generic",
    "linalg.*",
    "*",
    "math.*p",
    "*.exp",
    "m*h.e*p",
    "linalg.generic{iterator_types}",
    "linalg.generic{iterator_types=reduction}",
    "*{iterator_types=reduction}",
    "test.variant{target=512}",
    "*{sym_name=kernel}",
]
NOT_FOUND = [
    "math.log",
    "exp",
    "math.ex",
    "math.exp2",
    "linalg",
    "*.ex",
    "linalg.generic{iterator_types=parallel}",
    "linalg.generic{iterators}",
    "math.exp{iterator_types=reduction}",
    "func.func{target=avx512}",
]


@pytest.fixture
def module(context: ir.Context) -> ir.Operation:
    return ir.Module.parse(MODULE, context).operation


@pytest.fixture(params=["native", "Python"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the operations are looked for: by the native library, or where there is none."""
    if request.param == "Python":
        monkeypatch.setattr(conditions, "native_library", lambda: None)
    elif conditions.native_library() is None:
        pytest.skip("ireekit was installed without its native library")
    return request.param


def acting_on(*words: str) -> Pass:
    class Acting(Pass):
        """Counts its runs."""

        name = "test-acting"
        anchor = "any"
        acts_on = words
        runs = Statistic("runs")

        def run(self, op: Any) -> None:
            self.runs.increment()

    return Acting()


@pytest.mark.usefixtures("way")
class TestLooking:
    @pytest.mark.parametrize("word", FOUND)
    def test_it_is_found_at_any_depth(self, module: ir.Operation, word: str) -> None:
        assert has_work(acting_on(word), module)
        assert has_work(acting_on("math.log", word, "math.sin"), module)

    @pytest.mark.parametrize("word", NOT_FOUND)
    def test_nothing_else_is_found(self, module: ir.Operation, word: str) -> None:
        assert not has_work(acting_on(word), module)

    def test_nothing_at_all_is_never_found(self, module: ir.Operation) -> None:
        assert not has_work(acting_on(), module)

    def test_only_what_is_inside_counts(self, module: ir.Operation) -> None:
        (executable,) = (each.operation for each in module.regions[0].blocks[0].operations)
        end = list(executable.regions[0].blocks[0].operations)[-1].operation
        assert has_work(acting_on("math.exp"), executable)
        assert not has_work(acting_on("test.executable", "math.exp"), end)


class TestRunning:
    @pytest.mark.parametrize(("words", "runs"), [(("math.exp",), 1), (("math.log",), 0), (("math.log", "*"), 1)])
    def test_a_pass_runs_where_it_has_work(self, module: ir.Operation, words: tuple[str, ...], runs: int) -> None:
        report = PassPipeline("builtin.module", [acting_on(*words)]).run(module)
        assert report.statistic("runs") == runs

    def test_on_those_of_its_operations_that_have_it(self, context: ir.Context) -> None:
        both = ir.Module.parse('func.func @a() { return }\nfunc.func @b() { "test.x"() : () -> ()\n return }', context)
        seen: list[str] = []

        class Seeing(Pass):
            """Notes what it runs on."""

            name = "test-seeing"
            anchor = "func.func"
            acts_on = ("test.x",)

            def run(self, op: Any) -> None:
                seen.append(op.attributes["sym_name"].value)

        PassPipeline("builtin.module", [Seeing()]).run(both.operation)
        assert seen == ["b"]

    def test_none_is_always(self, module: ir.Operation) -> None:
        class Usual(Pass):
            """Says nothing of what it acts on."""

            name = "test-usual"

            def run(self, op: Any) -> None:
                raise AssertionError

        assert has_work(Usual(), module)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("linalg.generic", "acts_on of pass test-acting is a str, not a tuple"),
        (["linalg.generic"], "acts_on of pass test-acting is a list, not a tuple"),
        (("linalg.generic", ""), "pass test-acting cannot act on ''"),
        (("linalg.generic ",), "pass test-acting cannot act on 'linalg.generic '"),
        (("linalg.generic{}",), "pass test-acting cannot act on"),
        (("linalg.generic{a=}",), "pass test-acting cannot act on"),
        (("linalg.generic{a=b c}",), "pass test-acting cannot act on"),
        (("a\tb",), "pass test-acting cannot act on"),
        (("?",), "pass test-acting cannot act on"),
        ((len,), "pass test-acting cannot act on <built-in function len>"),
    ],
)
def test_what_it_cannot_be(words: Any, message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        _given(words)
    assert message in str(caught.value)
    assert "acts_on = (" in str(caught.value)


def _given(words: Any) -> Pass:
    class Acting(Pass):
        """Wrong."""

        name = "test-acting"
        acts_on = words

        def run(self, op: Any) -> None: ...

    return Acting()


class TestPlan:
    """What the stock compiler is told of a pipeline before any of it is imported."""

    def test_a_record_is_read_as_it_was_written(self) -> None:
        pipeline = Pipeline("p").at("abi", acting_on("a.b", "c.*{d=e}"), targets=("cpu", "vulkan"))
        pipeline.at("start", acting_on(), NativePasses("tidy", "cse"))
        steps = planned(pipeline.steps)
        assert [step_of(*record_of(step)) for step in steps] == list(steps)
        assert steps[2].acts_on == ALWAYS
        assert steps[0].applies_to({"cpu"})
        assert not steps[0].applies_to({"cuda"})

    def test_conditions_of_points(self) -> None:
        pipeline = Pipeline("p").at("abi", acting_on("a.b"), acting_on("c.d", "a.b"))
        pipeline.at("preprocessing", acting_on("e.f")).at("global-optimization", _given(None))
        assert points(planned(pipeline.steps)).splitlines() == [
            "start\t",
            "abi\ta.b c.d",
            "preprocessing\t? e.f",
            "global-optimization\t*{iree.tensor.trace.later} *",
            "after-pipelines\t*{preprocessing_pipeline_done}",
            "before-traces\t*{iree.tensor.trace}",
        ]

    def test_operations_of_dialects_are_always_verified(self) -> None:
        steps = planned(Pipeline("p").at("flow", acting_on("a.b")).steps)
        told = dict(line.split("\t") for line in points(steps, has_dialects=True).splitlines())
        assert set(told) == {"start", "input", "abi", "preprocessing", "flow"}
        assert all("*" in each.split() for each in told.values())

    def test_which_pipelines_can_wait(self) -> None:
        step = acting_on("a.b")
        assert can_wait(Pipeline("p").at("abi", step))
        assert not can_wait(Pipeline("p"))
        assert not can_wait(Pipeline("p").at("abi", step, _given(None)))
        assert not can_wait(Pipeline("p").at("abi", step).before("cse", step))
