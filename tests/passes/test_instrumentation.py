"""Timing, printed IR, checks, limits and bisection, for every host."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from iree.compiler import ir

from ireekit import NativePasses
from ireekit.errors import IreekitError, PassError, PipelineError
from ireekit.passes import Execution, Nested, PassPipeline, parse_pipeline, run_pass
from ireekit.passes.instrumentation import (
    Instrumentation,
    Instrumentations,
    IRPrinter,
    PassLimit,
    PrintOptions,
    Timing,
    bisect,
    instrument,
)

Functions = Callable[[int], ir.Module]


class Log(Instrumentation):
    """Writes down every hook."""

    def __init__(self, lines: list[str] | None = None, name: str = "") -> None:
        super().__init__()
        self.lines: list[str] = [] if lines is None else lines
        self.name = name

    def run_started(self, pipeline: str, root: Any) -> None:
        self.lines.append(f"{self.name}start {pipeline}")

    def before_pass(self, execution: Execution) -> None:
        self.lines.append(f"{self.name}before {execution}")

    def pass_returned(self, execution: Execution) -> None:
        self.lines.append(f"{self.name}returned {execution.number}")

    def after_pass(self, execution: Execution) -> None:
        self.lines.append(f"{self.name}after {execution.number}{' erased' if execution.erased else ''}")

    def pass_failed(self, execution: Execution, error: IreekitError) -> None:
        self.lines.append(f"{self.name}failed {execution.number} {error.cause}")

    def run_finished(self, root: Any) -> None:
        self.lines.append(f"{self.name}finish")


class TestHooks:
    def test_every_pass_on_every_operation_is_seen(self, functions: Functions, passes: Any) -> None:
        log = Log()
        text = "builtin.module(func.func(cse,test-mark{label=x}),test-on-module)"
        report = parse_pipeline(text, passes).run(functions(2), instrumentation=log)
        assert report.executions == log.executions == 5
        assert [line for line in log.lines if not line.startswith(("returned", "after"))] == [
            f"start {text}",
            "before (1) cse on func.func @f0",
            "before (2) cse on func.func @f1",
            "before (3) test-mark{label=x} on func.func @f0",
            "before (4) test-mark{label=x} on func.func @f1",
            "before (5) test-on-module on builtin.module",
            "finish",
        ]

    def test_the_result_is_that_of_a_run_without(self, functions: Functions, passes: Any) -> None:
        pipeline = parse_pipeline("builtin.module(func.func(canonicalize,test-mark,any(cse),cse),symbol-dce)", passes)
        plain, watched = functions(3), functions(3)
        pipeline.run(plain)
        pipeline.run(watched, instrumentation=Instrumentation())
        assert str(plain) == str(watched)
        assert str(plain).count("arith.addi") == 3

    def test_failures(self, functions: Functions, passes: Any, kinds: Any) -> None:
        log = Log()
        with pytest.raises(PassError):
            parse_pipeline("builtin.module(func.func(test-fail{at=f1}))", passes).run(functions(3), instrumentation=log)
        assert log.lines[-3:] == [
            "before (2) test-fail{at=f1} on func.func @f1",
            "failed 2 ValueError: not this one",
            "finish",
        ]
        log = Log()
        swap = kinds.call(
            lambda op: (
                op.regions[0]
                .blocks[0]
                .operations[2]
                .operation.move_before(op.regions[0].blocks[0].operations[0].operation)
            )
        )
        with pytest.raises(PassError):
            PassPipeline("builtin.module", [Nested("func.func", [swap])]).run(functions(2), instrumentation=log)
        assert log.lines[2] == "returned 1"
        assert log.lines[3].startswith("failed 1 left invalid IR behind")

    def test_erased_operations_are_told(self, functions: Functions, kinds: Any) -> None:
        log = Log()
        erase = Nested("func.func", [kinds.call(lambda op: op.erase())])
        PassPipeline("builtin.module", [erase]).run(functions(1), instrumentation=log)
        assert log.lines[-2:] == ["after 1 erased", "finish"]

    def test_several_as_one_are_nested(self, functions: Functions, kinds: Any) -> None:
        lines: list[str] = []
        both = Instrumentations(Log(lines, "a "), Log(lines, "b "))
        PassPipeline("builtin.module", [kinds.on_module()]).run(functions(1), instrumentation=both)
        assert [line.split()[:2] for line in lines] == [
            each.split()
            for each in (
                "a start",
                "b start",
                "a before",
                "b before",
                "b returned",
                "a returned",
                "b after",
                "a after",
                "b finish",
                "a finish",
            )
        ]

    def test_a_compilation_counts_through(self, functions: Functions, kinds: Any) -> None:
        log = Log()
        module = functions(2).operation
        run_pass(kinds.mark(), module, lambda text: True, log)
        run_pass(NativePasses("tidy", "cse"), module, lambda text: True, log)
        with pytest.raises(PassError):
            run_pass(NativePasses("bad", "cse"), module, lambda text: False, log)
        numbers = [line.split()[1] for line in log.lines if line.startswith("before")]
        assert numbers == ["(1)", "(2)", "(3)", "(4)"]
        assert log.lines[-1].startswith("failed 4")


class TestTiming:
    def test_the_tree(self, functions: Functions, kinds: Any) -> None:
        timing = Timing()
        slow = kinds.call(lambda op: time.sleep(0.01))
        pipeline = PassPipeline("builtin.module", ["cse", Nested("func.func", [slow, "canonicalize"])])
        pipeline.run(functions(3), instrumentation=timing)
        module = timing.root.children["builtin.module"]
        functions_node = module.children["func.func"]
        (slow_node,) = (node for name, node in functions_node.children.items() if name.startswith("test-call"))
        assert slow_node.runs == 3
        assert 0.03 <= slow_node.seconds <= functions_node.seconds <= module.seconds < 5
        assert module.children["cse"].runs == 1
        read = json.loads(json.dumps(timing.as_json()))
        assert [child["name"] for child in read["children"]] == ["builtin.module", "(verification)"]
        lines = timing.report().splitlines()
        assert lines[0].startswith("pass timing: 0.")
        assert any(line.endswith("    canonicalize") and "      3  " in line for line in lines)

    def test_an_empty_report(self) -> None:
        assert Timing().report().startswith("pass timing: 0.000000 s")


class TestPrinting:
    def printed(self, module: Any, items: list[Any], **options: Any) -> str:
        stream = io.StringIO()
        printer = IRPrinter(PrintOptions(stream=stream, **options))
        PassPipeline("builtin.module", items).run(module, instrumentation=printer)
        return stream.getvalue()

    def test_before_and_after_all(self, functions: Functions, kinds: Any) -> None:
        text = self.printed(functions(1), [Nested("func.func", ["cse", kinds.mark()])], before="all", after="all")
        assert [line for line in text.splitlines() if line.startswith("// --")] == [
            f"// -----// IR Dump {when} ('func.func' operation: @f0) //----- //"
            for when in ("Before cse", "After cse", "Before test-mark", "After test-mark")
        ]
        assert text.count("arith.addi") == 2 + 1 + 1 + 1

    def test_named_passes_and_module_scope(self, functions: Functions, kinds: Any) -> None:
        items = [Nested("func.func", ["cse", kinds.mark(label="x")])]
        text = self.printed(functions(2), items, after=["test-mark"], module_scope=True)
        assert text.count("IR Dump After test-mark{label=x}") == 2
        assert text.count("module {") == 2
        assert "cse" not in text

    def test_after_change_only(self, functions: Functions) -> None:
        text = self.printed(functions(1), [Nested("func.func", ["cse", "cse"])], after="all", changed_only=True)
        assert text.count("IR Dump") == 1

    def test_differences(self, functions: Functions) -> None:
        text = self.printed(functions(1), [Nested("func.func", ["cse"])], after="all", diff=True, changed_only=True)
        assert "-  %1 = arith.addi %arg0, %arg0 : i32\n" in text
        assert "\n+" in text
        assert "@@" in text

    def test_what_a_failing_pass_leaves(self, functions: Functions, kinds: Any) -> None:
        stream = io.StringIO()
        printer = IRPrinter(PrintOptions(failed=True, stream=stream))
        swap = kinds.call(
            lambda op: (
                op.regions[0]
                .blocks[0]
                .operations[2]
                .operation.move_before(op.regions[0].blocks[0].operations[0].operation)
            )
        )
        with pytest.raises(PassError):
            PassPipeline("builtin.module", [Nested("func.func", [swap])]).run(functions(1), instrumentation=printer)
        assert "IR Dump After Failed test-call" in stream.getvalue()
        assert '"arith.muli"' in stream.getvalue()

    def test_an_erased_operation(self, functions: Functions, kinds: Any) -> None:
        erase = Nested("func.func", [kinds.call(lambda op: op.erase())])
        assert "// erased" in self.printed(functions(1), [erase], after="all")

    def test_a_tree_of_files(self, functions: Functions, kinds: Any, tmp_path: Path) -> None:
        items = ["cse", Nested("func.func", [kinds.mark()])]
        self.printed(functions(2), items, before=["test-mark"], after="all", folder=tmp_path / "dump")
        made = sorted(str(path.relative_to(tmp_path / "dump")) for path in (tmp_path / "dump").rglob("*.mlir"))
        assert made == [
            "builtin.module/0001_cse.after.mlir",
            "builtin.module/func.func_f0/0002_test-mark.after.mlir",
            "builtin.module/func.func_f0/0002_test-mark.before.mlir",
            "builtin.module/func.func_f1/0003_test-mark.after.mlir",
            "builtin.module/func.func_f1/0003_test-mark.before.mlir",
        ]
        ir.Module.parse((tmp_path / "dump" / made[0]).read_text(), ir.Context())

    def test_a_folder_that_cannot_be_written(self, functions: Functions, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(IreekitError, match="the IR cannot be printed"):
            self.printed(functions(1), ["cse"], after="all", folder=tmp_path / "file")

    def test_a_printer_of_ones_own(self, functions: Functions) -> None:
        text = self.printed(functions(1), ["cse"], after="all", printer=lambda op: f"<{op.name}>")
        assert "<builtin.module>" in text

        def broken(_: Any) -> str:
            raise ValueError("cannot print this")

        assert '"builtin.module"' in self.printed(functions(1), ["cse"], after="all", printer=broken)


class TestLimits:
    def test_the_rest_is_left_out(self, functions: Functions, kinds: Any) -> None:
        stream = io.StringIO()
        module = functions(3)
        limit = PassLimit(2, stream)
        PassPipeline("builtin.module", [kinds.mark(), Nested("func.func", ["cse"])]).run(module, instrumentation=limit)
        assert str(module).count("test.label") == 2
        assert str(module).count("arith.addi") == 6
        assert stream.getvalue().splitlines()[1:3] == [
            "BISECT: running pass (2) test-mark on func.func @f1",
            "BISECT: NOT running pass (3) test-mark on func.func @f2",
        ]
        assert len(limit.seen) == 6

    @pytest.mark.parametrize("culprit", range(1, 9))
    def test_bisection_finds_the_first_bad_execution(self, culprit: int, functions: Functions, kinds: Any) -> None:
        count = 0

        def spoil(op: Any) -> None:
            nonlocal count
            count += 1
            if count == culprit:
                with op.context:
                    op.attributes["bad"] = ir.UnitAttr.get()

        module = functions(4)
        step = Nested("func.func", [kinds.call(spoil)])
        pipeline = PassPipeline("builtin.module", [step, step])
        before = str(module)

        def is_bad(op: Any) -> bool:
            nonlocal count
            count = 0
            return "bad" in str(op)

        found = bisect(pipeline, module, is_bad)
        assert found.number == culprit
        assert f"func.func @f{(culprit - 1) % 4}" in str(found)
        assert found.runs <= 5
        assert str(module) == before

    def test_a_failing_pass_is_bad(self, functions: Functions, passes: Any) -> None:
        pipeline = parse_pipeline("builtin.module(func.func(cse,test-fail{at=f1},cse))", passes)
        assert bisect(pipeline, functions(2), lambda op: False).execution == "(4) test-fail{at=f1} on func.func @f1"

    def test_nothing_to_find(self, functions: Functions) -> None:
        pipeline = PassPipeline("builtin.module", ["cse"])
        with pytest.raises(PipelineError, match="good after all passes"):
            bisect(pipeline, functions(1), lambda op: False)
        with pytest.raises(PipelineError, match="bad before any pass"):
            bisect(pipeline, functions(1), lambda op: True)


class TestSettings:
    def test_nothing_asked_for_is_none(self) -> None:
        assert instrument() is None
        assert instrument(printing=PrintOptions()) is None

    def test_all_at_once(self, functions: Functions, kinds: Any, tmp_path: Path) -> None:
        stream = io.StringIO()
        made = instrument(
            printing=PrintOptions(after="all", changed_only=True, stream=stream),
            timing=True,
            statistics=True,
            limit=3,
            reproducer=tmp_path / "repro.mlir",
            stream=stream,
        )
        assert made is not None
        module = functions(2)
        PassPipeline("builtin.module", [kinds.mark(), "cse"]).run(module, instrumentation=made)
        assert "pass timing:" in made.report()
        assert "2  marked: functions marked" in made.report()
        assert stream.getvalue().count("BISECT") == 3
        assert stream.getvalue().count("IR Dump") == 3
        assert not (tmp_path / "repro.mlir").exists()
