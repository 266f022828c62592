"""Watching the compiler's passes: what is recorded, hooks at the level of the bindings, what is left behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading

import pytest
from iree.compiler import ir

from ireekit.bindings import CompilerSession
from ireekit.bindings.actions import Hook, PassWatch, hooks_problem, record_passes
from ireekit.bindings.collector import collected_messages, location_at
from ireekit.bindings.native import native_problem
from ireekit.bindings.pass_manager import NativePassManager, verify_operation
from ireekit.bindings.sequential import Sequential, is_threaded

pytestmark = pytest.mark.skipif(native_problem() is not None, reason=str(native_problem()))

TEXT = """
func.func @f(%x: f32) -> f32 {
  %0 = arith.addf %x, %x : f32
  %1 = arith.addf %x, %x : f32
  %2 = arith.mulf %0, %1 : f32
  return %2 : f32
}
func.func @g(%x: f32) -> f32 {
  return %x : f32
}
"""


@pytest.fixture
def session() -> CompilerSession:
    made = CompilerSession()
    made.use_own_threads()
    made.context.load_all_available_dialects()
    return made


@pytest.fixture
def module(session: CompilerSession) -> ir.Module:
    return ir.Module.parse(TEXT, session.context)


def run(module: ir.Module, text: str) -> bool:
    return NativePassManager(f"builtin.module({text})", module.context).run(module.operation)


def symbol(op: ir.Operation) -> str:
    return str(op.attributes["sym_name"]).strip('"')


def body(module: ir.Module, index: int = 0) -> list[str]:
    return [each.operation.name for each in module.body.operations[index].regions[0].blocks[0].operations]


def boom(op: ir.Operation) -> None:
    raise ValueError("boom")


class TestRecord:
    def test_every_pass_in_order(self, module: ir.Module) -> None:
        module.context.enable_multithreading(False)
        with record_passes(module.context) as watch:
            assert run(module, "canonicalize,func.func(cse,canonicalize),inline")
        rows = [(each.name, each.anchor, each.depth) for each in watch.executions()]
        nested = [("cse", "func.func", 1), ("canonicalize", "func.func", 1)]
        assert rows[:5] == [("canonicalize", "builtin.module", 0), *nested, *nested]
        assert rows[5] == ("inline", "builtin.module", 0)

    def test_times_add_up(self, module: ir.Module) -> None:
        module.context.enable_multithreading(False)
        with record_passes(module.context) as watch:
            assert run(module, "inline,func.func(cse)")
        for each in watch.executions():
            assert 0 <= each.own_seconds <= each.seconds < 10
        (inline, *_) = watch.executions()
        assert inline.own_seconds < inline.seconds, "inlining canonicalises what it calls"

    def test_the_time_of_hooks_is_not_the_passes(self, module: ir.Module) -> None:
        def wait(op: ir.Operation) -> None:
            threading.Event().wait(0.05)

        with PassWatch(module.context, [Hook("cse", "before", wait), Hook("cse", "after", wait)]) as watch:
            assert run(module, "cse")
        assert watch.executions()[0].seconds < 0.05

    def test_phases(self, module: ir.Module) -> None:
        with record_passes(module.context) as watch:
            run(module, "cse")
            watch.set_phase("second")
            run(module, "cse")
        assert [each.phase for each in watch.executions()] == ["", "second"]

    def test_nothing_outside(self, module: ir.Module) -> None:
        watch = record_passes(module.context)
        run(module, "cse")
        with watch:
            run(module, "canonicalize")
        run(module, "cse")
        assert [each.name for each in watch.executions()] == ["canonicalize"]

    def test_other_contexts_are_not_watched(self, module: ir.Module) -> None:
        other = ir.Module.parse(TEXT, CompilerSession().context)
        with record_passes(module.context) as watch:
            run(other, "cse")
        assert watch.executions() == ()


class TestHooks:
    def test_on_each_operation_before_and_after(self, module: ir.Module) -> None:
        module.context.enable_multithreading(False)
        seen: list[tuple[str, str, int]] = []

        def note(when: str):
            return lambda op: seen.append((when, symbol(op), len(op.regions[0].blocks[0].operations)))

        with PassWatch(module.context, [Hook("cse", "after", note("after")), Hook("cse", "before", note("before"))]):
            assert run(module, "func.func(cse)")
        assert seen == [("before", "f", 4), ("after", "f", 3), ("before", "g", 1), ("after", "g", 1)]

    def test_on_the_compilers_threads(self, module: ir.Module) -> None:
        together = threading.Barrier(2, timeout=30)

        def meet(op: ir.Operation) -> None:
            together.wait()

        with PassWatch(module.context, [Hook("cse", "before", meet)]) as watch:
            assert run(module, "func.func(cse)")
        assert watch.failure is None

    def test_the_callback_goes_with_the_watch(self, module: ir.Module) -> None:
        for _ in range(3):
            watch = PassWatch(module.context, [Hook("cse", "before", lambda op: None)])
            with watch:
                run(module, "cse")
            del watch
            gc.collect()
            assert run(module, "cse")

    def test_analyses_do_not_outlive_what_they_saw(self, module: ir.Module) -> None:
        # CSE keeps the dominance it computed for the next CSE, which would not see new blocks.
        text = """
        func.func @f(%c: i1, %x: i32) -> i32 {
          cf.cond_br %c, ^a, ^b
        ^a:
          %0 = arith.subi %x, %x : i32
          %1 = arith.subi %x, %x : i32
          %2 = arith.divsi %0, %1 : i32
          cf.br ^c(%2 : i32)
        ^b:
          cf.br ^c(%x : i32)
        ^c(%r: i32):
          return %r : i32
        }"""
        module = ir.Module.parse(text, module.context)
        calls: list[object] = []

        def renew(op: ir.Operation) -> None:
            calls.append(op)
            if len(calls) > 1:
                return
            again = ir.Module.parse(text, op.context)
            old, new = list(op.regions[0].blocks), list(again.body.operations[0].regions[0].blocks)
            for block in reversed(old):
                for each in reversed(list(block.operations)):
                    each.operation.erase()
            for block in new:
                block.append_to(op.regions[0])
            for block in old:
                with ir.InsertionPoint(block), op.location:
                    ir.Operation.create("cf.br", operands=list(old[0].arguments), successors=[new[0]])

        with PassWatch(module.context, [Hook("cse", "after", renew)]) as watch:
            assert run(module, "func.func(cse,cse)")
        assert watch.failure is None
        assert str(module).count("arith.subi") == 1


class TestFailure:
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_stops_the_pass_manager_and_restores_the_operation(self, when, module: ir.Module) -> None:
        module.context.enable_multithreading(False)

        def ruin(op: ir.Operation) -> None:
            for each in reversed(list(op.regions[0].blocks[0].operations)):
                each.operation.erase()
            op.attributes["spoilt"] = ir.UnitAttr.get(op.context)
            del op.attributes["function_type"]
            raise ValueError("ruined")

        with PassWatch(module.context, [Hook("cse", when, ruin)]) as watch:
            assert not run(module, "func.func(cse,canonicalize)")
        assert str(watch.failure) == "ruined"
        assert verify_operation(module.operation)
        assert "spoilt" not in str(module)
        assert body(module)[-1] == "func.return"
        # On each function at most one more pass starts, and fails.
        names = [each.name for each in watch.executions()]
        assert names == (["cse", "cse"] if when == "before" else ["cse", "canonicalize", "cse"])

    def test_the_first_failure_counts(self, module: ir.Module) -> None:
        with PassWatch(
            module.context, [Hook("cse", "before", boom), Hook("cse", "before", lambda op: op.nonsense)]
        ) as watch:
            assert not run(module, "cse")
        assert str(watch.failure) == "boom"

    def test_exceptions_that_are_none(self, module: ir.Module) -> None:
        def leave(op: ir.Operation) -> None:
            raise SystemExit(3)

        with PassWatch(module.context, [Hook("cse", "before", leave)]) as watch:
            assert not run(module, "cse")
        assert isinstance(watch.failure, SystemExit)

    def test_after_a_pass_that_failed_no_hook_runs(self, module: ir.Module) -> None:
        seen: list[object] = []
        refused = ir.Module.parse(
            "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {\n"
            "  %0 = tosa.abs %x : (tensor<4xf32>) -> tensor<4xf32>\n  return %0 : tensor<4xf32>\n}",
            module.context,
        )
        hook = Hook("iree-verify-input-legality", "after", seen.append)
        with collected_messages(module.context) as collector, PassWatch(module.context, [hook]) as watch:
            assert not run(refused, "iree-verify-input-legality")
        assert seen == []
        assert watch.failure is None
        assert "illegal op" in collector.take()[0].text


def test_why_hooks_cannot_be_had(module: ir.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    from ireekit.bindings import actions

    assert hooks_problem(module.context) is None
    monkeypatch.setattr(actions, "native_library", lambda: None)
    monkeypatch.setattr(actions, "native_problem", lambda: "there is none")
    assert hooks_problem(module.context) == "there is none"


def test_messages_are_collected_with_their_location(module: ir.Module) -> None:
    list(module.body.operations[0].regions[0].blocks[0].operations)[-1].operation.erase()
    with collected_messages(module.context) as collector:
        assert not verify_operation(module.operation)
    (message,) = (each for each in collector.take() if each.severity == 2)
    assert "block with no terminator" in message.text
    assert str(location_at(message.location)).startswith('loc("-":5:')
    assert collector.take() == []


def test_hooks_that_wait_do_not_stop_other_sessions() -> None:
    # With shared threads this deadlocks: they wait for Python's lock, which the other session holds and waits for them.
    script = """
        import threading, time
        from iree.compiler import ir
        from ireekit import Pass, Pipeline
        from ireekit.bindings import CompilerSession

        text = "\\n".join(
            f"func.func @f{i}(%x: tensor<{8 + i}xf32>) -> tensor<{8 + i}xf32> {{"
            f"%0 = math.tanh %x : tensor<{8 + i}xf32>\\nreturn %0 : tensor<{8 + i}xf32> }}" for i in range(8))

        class Busy(Pass):
            name = "busy"
            anchor = "any"
            def run(self, op):
                until = time.monotonic() + 0.001
                while time.monotonic() < until:
                    pass
                op.verify()

        done = False
        def parse():
            while not done:
                ir.Module.parse(text, CompilerSession().context).operation.verify()

        other = threading.Thread(target=parse)
        other.start()
        pipeline = Pipeline("p").before("canonicalize", Busy()).after("cse", Busy())
        pipeline.compile(text, cache=False)
        done = True
        other.join()
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "done\n", done.stderr[-2000:]


def test_hooks_may_print_and_verify_while_others_wait() -> None:
    # Both verify on the compiler's threads, one of which might take up another hook, which waits for Python's lock.
    script = """
        from ireekit import Pass, Pipeline

        text = "\\n".join(
            f"func.func @f{i}(%x: tensor<{8 + i}xf32>) -> tensor<{8 + i}xf32> {{"
            f"%0 = math.tanh %x : tensor<{8 + i}xf32>\\nreturn %0 : tensor<{8 + i}xf32> }}" for i in range(8))

        class Print(Pass):
            name = "print"
            anchor = "any"
            def run(self, op):
                assert str(op)
                op.verify()

        pipeline = Pipeline("p").after("iree-llvmcpu-select-lowering-strategy", Print()).after("cse", Print())
        pipeline.compile(text, cache=False)
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "done\n", done.stderr[-2000:]


class TestSequential:
    def test_one_thread_inside_and_all_of_them_afterwards(self, session: CompilerSession) -> None:
        if not is_threaded(session.context):
            pytest.skip("one processor")
        sequential = Sequential(session.context)
        with sequential:
            assert not is_threaded(session.context)
            with sequential:
                assert not is_threaded(session.context)
            assert not is_threaded(session.context)
        assert is_threaded(session.context)

    def test_a_compiler_whose_flag_is_not_found(
        self, session: CompilerSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ireekit.bindings.sequential.flag_offset", lambda: None)
        with Sequential(session.context):
            assert not is_threaded(session.context)
        assert not is_threaded(session.context)

    def test_a_context_without_threads_stays_so(self, session: CompilerSession) -> None:
        session.context.enable_multithreading(False)
        with Sequential(session.context):
            pass
        assert not is_threaded(session.context)
