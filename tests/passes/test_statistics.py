"""Statistics: counted per run, from any thread, by every host."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from iree.compiler import ir

from ireekit.errors import PassError
from ireekit.passes import Pass, PassPipeline, RunReport, Statistic, run_pass
from ireekit.passes.instrumentation import Statistics

Functions = Callable[[int], ir.Module]


class Count(Pass):
    name = "test-count"
    anchor = "func.func"
    functions = Statistic("functions seen")
    most_operations = Statistic("operations of the longest function")
    never = Statistic("never counted")
    by: int = 1

    def run(self, op: Any) -> None:
        self.functions.increment(self.by)
        self.most_operations.update_max(len(list(op.regions[0].blocks[0].operations)))


def test_counts_are_in_the_report(functions: Functions) -> None:
    report = PassPipeline("builtin.module", [Count(), Count(by=10)]).run(functions(3))
    assert [(each.pass_text, each.name, each.value) for each in report.statistics] == [
        ("test-count", "functions", 3),
        ("test-count", "most-operations", 4),
        ("test-count", "never", 0),
        ("test-count{by=10}", "functions", 30),
        ("test-count{by=10}", "most-operations", 4),
        ("test-count{by=10}", "never", 0),
    ]
    assert report.statistic("functions") == 33
    assert report.statistic("functions", "other") == 0
    assert report.as_json()["executions"] == 6


def test_each_run_counts_from_zero(functions: Functions) -> None:
    pipeline = PassPipeline("builtin.module", [Count()])
    assert [pipeline.run(functions(n)).statistic("functions") for n in (2, 3)] == [2, 3]
    assert pipeline.python_passes[0].functions.value == 0  # type: ignore[attr-defined]


def test_run_by_hand_an_object_counts_for_itself(functions: Functions) -> None:
    step = Count()
    module = functions(1)
    step.run(module.body.operations[0].operation)
    assert step.functions.value == 1
    assert Count().functions.value == 0
    assert Count.functions.description == "functions seen"


def test_runs_in_several_threads_do_not_mix() -> None:
    pipeline = PassPipeline("builtin.module", [Count()])

    def run(count: int) -> int:
        module = ir.Module.parse("".join(f"func.func @f{n}() {{ return }}\n" for n in range(count)), ir.Context())
        return pipeline.run(module).statistic("functions")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(1, 30))) == list(range(1, 30))


def test_threads_of_a_pass_count_for_it(functions: Functions) -> None:
    class Threaded(Pass):
        name = "test-threaded"
        steps = Statistic("steps")

        def run(self, op: Any) -> None:
            def work() -> None:
                for _ in range(1000):
                    self.steps.increment()

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    assert PassPipeline("builtin.module", [Threaded()]).run(functions(1)).statistic("steps") == 4000


def test_counts_of_a_pass_that_fails_reach_instrumentation(functions: Functions) -> None:
    class Fails(Pass):
        name = "test-fails"
        tried = Statistic("tried")

        def run(self, op: Any) -> None:
            self.tried.increment()
            raise ValueError("no")

    seen = Statistics()
    with pytest.raises(PassError):
        PassPipeline("builtin.module", [Fails()]).run(functions(1), instrumentation=seen)
    assert seen.as_json() == {"test-fails": {"tried": 1}}


def test_the_table(functions: Functions) -> None:
    seen = Statistics()
    assert seen.report() == "pass statistics: no pass has any\n"
    run_pass(Count(), functions(2).operation, lambda text: True, seen)
    run_pass(Count(), functions(2).operation, lambda text: True, seen)
    assert seen.as_json() == {"test-count": {"functions": 4, "most-operations": 8, "never": 0}}
    assert seen.report().splitlines()[:3] == [
        "pass statistics:",
        "  test-count",
        "           2  functions: functions seen",
    ]


def test_an_empty_report() -> None:
    assert RunReport().as_json() == {"executions": 0, "statistics": []}
