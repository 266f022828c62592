"""No pattern, rule or conversion ends the process, whatever it does."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("driver", ["greedy", "walk"])
def test_patterns_that_do_what_they_must_not(survives, driver):
    output = survives(HERE / "fault_cases.py", driver)
    assert output.splitlines()[-1] == "done"
    assert output.count("error") >= 18


def test_rules_that_do_what_they_must_not(survives):
    output = survives(HERE / "rule_fault_cases.py")
    assert output.splitlines()[-1] == "done"


def test_an_interrupt_reaches_the_caller(parse):
    from ireekit.passes.rewrite import apply_walk, pattern

    @pattern("t.a")
    def interrupt(op, rewriter):
        raise KeyboardInterrupt

    module = parse('"t.a"() : () -> ()')
    with pytest.raises(KeyboardInterrupt):
        apply_walk(module, interrupt)
    assert module.operation.verify()


def test_an_exception_names_pattern_operation_place_and_line(parse):
    from ireekit.errors import PassError
    from ireekit.passes.rewrite import apply_walk, pattern

    @pattern("t.a")
    def divides(op, rewriter):
        return 1 // 0

    with pytest.raises(PassError) as caught:
        apply_walk(parse('"t.a"() : () -> () loc("model.py":12:3)'), divides)
    text = str(caught.value)
    for part in ("ZeroDivisionError", "op: t.a", "model.py:12:3", "in: pattern divides", "test_faults.py:"):
        assert part in text
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
