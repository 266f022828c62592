"""Passes that fail, raise, or damage the program: each ends in one error that names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from iree.compiler import ir

import ireekit
from ireekit import NativePasses, Pass, Pipeline
from ireekit.bindings import PHASES
from ireekit.errors import CompileError, PassError, PipelineError

HERE = Path(__file__).name


@dataclass(frozen=True)
class Options(Pass):
    name: ClassVar[str] = "test-options"
    max_ops: int = 4
    aggressive: bool = False
    layouts: tuple[str, ...] = ()
    label: str = "none"

    def run(self, op) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class Required(Pass):
    name: ClassVar[str] = "test-required"
    size: int

    def run(self, op) -> None:
        """Nothing to do."""


def functions(op):
    return list(op.regions[0].blocks[0].operations)


def first_op(op):
    return functions(op)[0].regions[0].blocks[0].operations[0].operation


def unknown_op(op) -> None:
    """Put an operation of no dialect at the start of the first function body there is."""
    from iree.compiler import ir

    for each in ireekit.passes.walk(op):
        if each.name in ("func.func", "util.func", "vm.func") and len(each.regions[0].blocks):
            at = ir.InsertionPoint.at_block_begin(each.regions[0].blocks[0])
            with each.location:
                ir.Operation.create("acme.unknown", ip=at)
            return
    raise AssertionError("no function")


class TestTexts:
    def test_only_options_that_differ_from_their_defaults_are_printed(self) -> None:
        assert str(Options()) == "test-options"
        assert str(Options(max_ops=1)) == "test-options{max-ops=1}"
        assert str(Options(8, True, ("nhwc", "nchw"), "x")) == (
            "test-options{max-ops=8 aggressive=true layouts=nhwc,nchw label=x}"
        )

    def test_an_option_without_default_is_always_printed(self) -> None:
        assert str(Required(3)) == "test-required{size=3}"

    def test_fingerprints_tell_options_and_classes_apart(self) -> None:
        prints = {Options().fingerprint(), Options(5).fingerprint(), Required(5).fingerprint()}
        assert len(prints) == 3
        assert Options(5).fingerprint() == Options(5).fingerprint()

    def test_fingerprint_follows_the_source_file(self, tmp_path: Path) -> None:
        import importlib.util

        def fingerprint(body: str) -> str:
            path = tmp_path / "made_pass.py"
            path.write_text(
                "from dataclasses import dataclass\nfrom ireekit import Pass\n@dataclass(frozen=True)\n"
                f"class Made(Pass):\n    name = 'made'\n    def run(self, op):\n        {body}\n"
            )
            spec = importlib.util.spec_from_file_location("made_pass", path)
            module = importlib.util.module_from_spec(spec)
            pytest.MonkeyPatch().setitem(__import__("sys").modules, "made_pass", module)
            spec.loader.exec_module(module)
            return module.Made().fingerprint()

        assert fingerprint("pass") == fingerprint("pass")
        assert fingerprint("pass") != fingerprint("return")

    def test_a_pass_without_run_cannot_be_made(self) -> None:
        class Incomplete(Pass):
            name = "incomplete"

        with pytest.raises(TypeError, match="run"):
            Incomplete()

    def test_the_steps_are_kept_in_the_artifact(self, compile_with) -> None:
        artifact = compile_with("start", Options(max_ops=1), NativePasses("tidy", "func.func(cse)"))
        assert artifact.metadata.passes == ("start: test-options{max-ops=1}", "start: tidy")


class TestNative:
    @pytest.mark.parametrize(
        "text",
        [
            "func.func(canonicalize)",
            "builtin.module(func.func(canonicalize,cse))",
            "  builtin.module( func.func( canonicalize{max-iterations=2} ), cse )  ",
            "",
            "builtin.module()",
        ],
    )
    def test_texts_with_and_without_anchor_run(self, text: str, compile_with) -> None:
        compile_with("start", NativePasses("tidy", text))

    @pytest.mark.parametrize("text", ["func.func({})", "builtin.module(func.func({}))"])
    def test_both_forms_change_the_program(self, text: str, calls, compile_with) -> None:
        seen: list[str] = []
        model = """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = arith.addf %x, %x : tensor<4xf32>
          %1 = arith.addf %x, %x : tensor<4xf32>
          %2 = arith.mulf %0, %1 : tensor<4xf32>
          return %2 : tensor<4xf32>
        }"""
        compile_with(
            "start", NativePasses("tidy", text.format("cse")), calls(lambda op: seen.append(str(op))), model=model
        )
        assert seen[0].count("arith.addf") == 1

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("no-such-pass", "'no-such-pass' does not refer to a registered pass"),
            ("func.func(no-such-pass)", "'no-such-pass' does not refer to a registered pass"),
            ("func.func(canonicalize", "unbalanced parentheses"),
            ("canonicalize{no-such-option=1}", "no such option no-such-option"),
            ("func.func(iree-vm-conversion)", "restricted to 'builtin.module'"),
            ("a b c", ""),
            ("builtin.module(", ""),
        ],
    )
    def test_a_text_that_is_no_pipeline(self, text: str, reason: str, refused) -> None:
        error = refused("start", NativePasses("mine", text))
        assert type(error) is PipelineError
        assert reason in error.cause
        assert error.op == text
        assert "iree-opt --help" in error.remedy

    def test_a_pass_that_fails(self, refused, modules) -> None:
        error = refused("start", NativePasses("mine", "iree-verify-input-legality"), model=modules["stablehlo"])
        assert isinstance(error, CompileError)
        assert error.phase == "pass mine"
        assert error.location or error.op
        assert error.details.exists()


class TestExceptions:
    def test_an_exception_names_pass_and_line(self, calls, refused) -> None:
        def bad(op) -> None:
            raise ValueError("the first line\nand a second")

        error = refused("start", calls(bad, "func.func"))
        line = bad.__code__.co_firstlineno + 1
        assert type(error) is PassError
        assert error.cause == "ValueError: the first line"
        assert error.phase == "pass test-calls"
        assert error.op == "func.func"
        # The innermost line of the file the pass class is in, which here only calls what is given.
        assert error.location.rpartition(":")[0].endswith(("conftest.py", HERE))
        assert isinstance(error.__cause__, ValueError)
        assert error.__cause__.__traceback__.tb_next.tb_next.tb_lineno == line

    def test_the_line_is_of_the_pass_and_not_of_what_it_called(self, refused) -> None:
        import json

        @dataclass(frozen=True)
        class Deep(Pass):
            name: ClassVar[str] = "deep"

            def run(self, op) -> None:
                json.loads("{")

        error = refused("start", Deep())
        assert error.location == f"{__file__}:{Deep.run.__code__.co_firstlineno + 1}"
        assert error.cause.startswith("JSONDecodeError: ")

    def test_an_exception_without_text(self, calls, refused) -> None:
        def bad(op) -> None:
            raise KeyError

        assert refused("start", calls(bad)).cause == "KeyError: no message"

    def test_an_exception_within_walk(self, refused) -> None:
        @dataclass(frozen=True)
        class Walks(Pass):
            name: ClassVar[str] = "walks"

            def run(self, op) -> None:
                def visit(each):
                    raise LookupError("found nothing")

                op.walk(visit)

        error = refused("start", Walks())
        assert error.cause == "LookupError: found nothing"
        assert error.location == f"{__file__}:{Walks.run.__code__.co_firstlineno + 2}"

    def test_exit_is_an_error(self, calls, refused) -> None:
        def leave(op) -> None:
            raise SystemExit(3)

        error = refused("start", calls(leave))
        assert type(error) is PassError
        assert error.cause == "SystemExit: 3"

    def test_an_interrupt_goes_through_and_the_next_compilation_works(self, calls, compile_with) -> None:
        def interrupt(op) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compile_with("stream", calls(interrupt))
        compile_with("stream")

    def test_a_pass_error_of_its_own_is_kept(self, calls, refused) -> None:
        mine = PassError("no such layer", op="layer.3", remedy="name another")

        def bad(op) -> None:
            raise mine

        assert refused("start", calls(bad)) is mine

    def test_later_passes_do_not_run(self, calls, refused) -> None:
        seen: list[object] = []

        def bad(op) -> None:
            raise ValueError("stop")

        refused("start", calls(bad), calls(seen.append))
        assert seen == []


class TestDamage:
    def test_invalid_ir_names_the_pass_and_the_place(self, calls, refused) -> None:
        def use_before_definition(op) -> None:
            body = functions(op)[0].regions[0].blocks[0].operations
            body[0].operation.move_after(body[1].operation)

        error = refused("start", calls(use_before_definition))
        assert type(error) is PassError
        assert error.cause.startswith("left invalid IR behind: ")
        assert error.phase == "pass test-calls"
        assert error.location == "<text>:4:3"

    def test_a_wrong_attribute(self, calls, refused) -> None:
        from iree.compiler import ir

        def retype(op) -> None:
            function = functions(op)[0]
            with op.context:
                function.operation.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get([], []))

        assert "left invalid IR behind" in refused("start", calls(retype)).cause

    def test_erasing_what_is_used_is_refused(self, calls, refused) -> None:
        error = refused("start", calls(lambda op: first_op(op).erase()))
        assert type(error) is PassError
        assert error.cause == "ValueError: arith.addf cannot be erased: func.return still uses its result"

    def test_erasing_the_program_is_refused(self, calls, refused) -> None:
        assert "program itself cannot be erased" in refused("start", calls(lambda op: op.erase())).cause

    def test_erasing_while_walking(self, calls, compile_with) -> None:
        from iree.compiler import ir

        def visit(op):
            if op.name == "arith.addf":
                op.results[0].replace_all_uses_with(op.operands[0])
                op.operation.erase()
            return ir.WalkResult.ADVANCE

        compile_with("start", calls(lambda op: op.walk(visit, ir.WalkOrder.POST_ORDER)))

    @pytest.mark.parametrize("victim", ["main", "other"])
    def test_a_pass_may_erase_operations_it_would_be_given_next(
        self, victim: str, calls, compile_with, modules
    ) -> None:
        seen: list[str] = []

        def erase(op) -> None:
            seen.append(op.attributes["sym_name"].value)
            for each in list(op.block.operations):
                if each.operation.attributes["sym_name"].value == victim:
                    each.operation.erase()

        artifact = compile_with("start", calls(erase, "func.func"), model=modules["two entry points"])
        assert seen == (["main", "other"] if victim == "main" else ["main"])
        assert artifact.size > 0

    def test_a_pass_may_erase_all(self, calls, compile_with) -> None:
        def empty(op) -> None:
            for each in functions(op):
                each.operation.erase()

        compile_with("start", calls(empty))

    @pytest.mark.parametrize("phase", PHASES[:-1])
    def test_an_operation_no_dialect_defines(self, phase: str, calls, refused) -> None:
        error = refused(phase, calls(unknown_op))
        assert type(error) is CompileError
        assert error.op == "acme.unknown"
        assert "nothing lowered 'acme.unknown'" in error.cause
        assert error.location
        assert "loc(" not in error.location

    def test_one_that_a_later_pass_lowers(self, calls) -> None:
        def lower(op) -> None:
            for each in list(ireekit.passes.walk(op)):
                if each.name == "acme.unknown":
                    each.erase()

        Pipeline("test").at("start", calls(unknown_op)).at("abi", calls(lower)).compile(
            "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }", cache=False
        )

    def test_one_in_the_model_itself(self, refused, compile_with, calls) -> None:
        model = """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = "acme.twice"(%x) : (tensor<4xf32>) -> tensor<4xf32>
          return %0 : tensor<4xf32>
        }"""
        error = refused("start", model=model)
        assert error.op == "acme.twice"
        assert error.location.endswith(":3:16")
        settings = {"dialects": ["acme"]}
        assert refused("start", model=model, frontend_settings=settings).op == "acme.twice"

        def lower(op) -> None:
            from iree.compiler import ir

            twice = first_op(op)
            with op.context, twice.location, ir.InsertionPoint(twice):
                value = twice.operands[0]
                added = ir.Operation.create("arith.addf", [value.type], [value, value])
            twice.results[0].replace_all_uses_with(added.results[0])
            twice.erase()

        import numpy as np

        artifact = compile_with("start", calls(lower), model=model, frontend_settings=settings)
        np.testing.assert_array_equal(artifact(np.arange(4, dtype=np.float32)), [0, 2, 4, 6])


def test_a_pass_may_make_operations_of_any_dialect(calls, compile_with) -> None:
    # No operation of this dialect is in the module, so the compiler had no reason to load it.
    def isolate(op: ir.Operation) -> None:
        (addition,) = (each for each in ireekit.find(op, "arith.addf"))
        with ir.InsertionPoint.after(addition), addition.location:
            made = ir.Operation.create(
                "iree_tensor_ext.compute_barrier.start", results=[addition.result.type], operands=[addition.result]
            )
        addition.result.replace_all_uses_except(made.result, made)

    compile_with("abi", calls(isolate))
