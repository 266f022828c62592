"""From the compiler's diagnostics to one short error."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import ireekit
from ireekit import Pipeline
from ireekit.bindings import Diagnostic
from ireekit.compiler.diagnostics import compile_error, split_location
from ireekit.errors import (
    MAX_LINES,
    CompileError,
    CompileWarning,
    IreekitError,
    UnsupportedOpsError,
)
from ireekit.locations import describe_location

SPLAT = """
func.func @main(%n: i32) -> tensor<2x3xi32> {
  %0 = tensor.splat %n : tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}
"""


def located(location: str) -> str:
    return SPLAT.replace(": tensor<2x3xi32>\n  return", f": tensor<2x3xi32> {location}\n  return")


class TestErrorText:
    @pytest.mark.parametrize("lines", [1, 5, 50])
    @pytest.mark.parametrize("notes", [0, 3, 500])
    def test_never_more_than_twenty_lines(self, lines: int, notes: int) -> None:
        error = IreekitError(
            "\n".join(["cause"] * lines),
            op="op\n" * 30,
            location="a\nb\n" * 30,
            phase="phase\n" * 5,
            remedy="remedy\n" * 40,
            notes=tuple("note\nsecond line" for _ in range(notes)),
            details=Path("/tmp/x"),
        )
        text = str(error)
        assert len(text.splitlines()) <= MAX_LINES
        assert all(len(line) <= 220 for line in text.splitlines())
        assert text.startswith("cause")
        assert "  op: op" in text
        assert "  details: /tmp/x" in text
        if notes == 500:
            assert "more" in text

    def test_long_words_are_cut_and_not_dropped(self) -> None:
        text = str(IreekitError("x" * 5000))
        assert text.startswith("x" * 100)
        assert len(text) <= 200

    def test_long_sentences_end_at_a_word(self) -> None:
        assert str(IreekitError("word " * 500)).endswith("word ...")

    def test_fields_that_are_not_there_are_not_shown(self) -> None:
        assert str(IreekitError("cause")) == "cause"
        assert str(IreekitError("cause", op="x.y")) == "cause\n  op: x.y"

    def test_unsupported_operators_are_all_listed(self) -> None:
        error = UnsupportedOpsError(
            "torch 2.13", (("aten.a", "layer.0", "m.py:1"), ("aten.b", None, None), ("aten.c", "layer.2", None))
        )
        assert error.cause == "torch 2.13 operator aten.a cannot be imported (and 2 more)"
        assert error.location == "layer.0, m.py:1"
        assert error.notes == ("also unsupported: aten.b", "also unsupported: aten.c at layer.2")
        many = UnsupportedOpsError("onnx", tuple((f"op{n}", None, None) for n in range(100)))
        assert len(str(many).splitlines()) <= MAX_LINES
        assert len(many.unsupported) == 100


class TestLocations:
    @pytest.mark.parametrize(
        ("location", "text"),
        [
            ('loc("m.py":3:7)', "m.py:3:7"),
            ('loc("-":3:7)', "<text>:3:7"),
            ('loc("layer.0"("m.py":3:7))', "layer.0, m.py:3:7"),
            ('loc("outer"("inner"("m.py":3:7)))', "outer, m.py:3:7"),
            ('loc(callsite("a.py":1:2 at "b.py":3:4))', "a.py:1:2"),
            ('loc(callsite("f"("a.py":1:2) at "main"("b.py":3:4)))', "f, a.py:1:2"),
            ('loc(fused["a.py":1:2, "b.py":3:4])', "a.py:1:2"),
            ('loc(fused<"meta">["x"("a.py":1:2)])', "meta, a.py:1:2"),
            ('loc("only a name")', "only a name"),
            ("loc(unknown)", None),
            ('loc("":0:0)', None),
        ],
    )
    def test_as_people_read_them(self, location: str, text: str | None) -> None:
        assert describe_location(location) == text

    @pytest.mark.parametrize(
        ("message", "at", "rest"),
        [
            ("m.py:3:7: error: failed", "m.py:3:7", "failed"),
            ("m.py:3:7: failed: badly", "m.py:3:7", "failed: badly"),
            ("<unknown>:0: failed", None, "failed"),
            ("-:3:7: failed", None, "failed"),
            ("loc(unknown): error: failed", None, "failed"),
            ('loc("a"("b":1:2)): error: failed', 'loc("a"("b":1:2))', "failed"),
            ("failed at once", None, "failed at once"),
        ],
    )
    def test_of_a_diagnostic(self, message: str, at: str | None, rest: str) -> None:
        assert split_location(message) == (at, rest)


class TestCompiled:
    """Errors of real compilations. Nothing in the compiler lowers a splat of an argument."""

    @pytest.mark.parametrize(
        ("location", "where"),
        [
            ('loc("model.py":12:4)', "model.py:12:4"),
            ('loc("encoder.layer.0"("model.py":12:4))', "encoder.layer.0, model.py:12:4"),
            ('loc("encoder"("inner"("model.py":12:4)))', "encoder, model.py:12:4"),
            ('loc(callsite("f.py":1:2 at "model.py":12:4))', "f.py:1:2"),
            ('loc(fused["model.py":12:4, "other.py":1:1])', "model.py:12:4"),
        ],
    )
    def test_operation_and_place(self, location: str, where: str, refused) -> None:
        error = refused("start", model=located(location))
        assert error.op == "tensor.splat"
        assert error.cause == "failed to legalize operation 'tensor.splat'"
        assert where.rpartition(", ")[2] in error.location
        assert where.rpartition(", ")[0] in error.location

    def test_details_hold_the_diagnostics_and_the_program(self, refused) -> None:
        error = refused("start", model=SPLAT)
        assert f"details: {error.details}" in str(error)
        text = error.details.read_text()
        assert "// error: " in text
        assert "failed to legalize operation 'tensor.splat'" in text
        assert '"tensor.splat"' in text.partition("\n")[2]

    def test_without_room_for_details(self, refused, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("ireekit.compiler.diagnostics.tempfile.NamedTemporaryFile", full)
        error = refused("start", model=SPLAT)
        assert error.details is None
        assert error.op == "tensor.splat"

    def test_a_phase_is_named(self, refused) -> None:
        assert refused("start", model=SPLAT).phase.startswith("phase ")

    @pytest.mark.parametrize(
        ("message", "remedy"),
        [
            ("x.py:1:1: 'func.func' op exceeded stack allocation limit of 32768 bytes", "stack-allocation-limit"),
            ("failed to legalize operation 'stablehlo.custom_call'", "library function"),
            ("failed to legalize operation 'torch.aten.frob'", "MyLowering"),
            ("missing GPU target in #hal.executable.target", "ireekit targets"),
            ("unsupported type f64 here", "data_types"),
        ],
    )
    def test_remedies(self, message: str, remedy: str) -> None:
        assert remedy in compile_error([Diagnostic("error", message)], "phase flow", None).remedy

    def test_an_operator_of_a_framework_is_named(self) -> None:
        message = """m.py:1:2: failed to legalize operation 'torch.operator' that was explicitly marked illegal: \
%0 = "torch.operator"(%1) <{name = "onnx.Frobnicate"}> : ..."""
        error = compile_error([Diagnostic("error", message)], "phase input", None)
        assert error.op == "onnx.Frobnicate"
        assert error.cause == "failed to legalize operation 'torch.operator'"
        assert error.location == "m.py:1:2"

    def test_further_errors_are_told_once(self) -> None:
        messages = ["a.py:1:1: first", "a.py:2:1: second", "a.py:3:1: second", "a.py:1:1: first", "note me"]
        diagnostics = [Diagnostic("error", text) for text in messages]
        error = compile_error([Diagnostic("warning", "careful"), *diagnostics], "phase flow", None)
        assert error.cause == "first"
        assert error.notes == ("also: second", "also: note me")

    def test_thousands_of_lines_are_cut(self) -> None:
        message = "a.py:1:1: 'x.y' op is wrong\n" + "\n".join(f"%{n} = long line" for n in range(6000))
        error = compile_error([Diagnostic("error", message)], "phase flow", None, "module {}")
        assert len(str(error).splitlines()) <= 6
        assert error.op == "x.y"
        text = error.details.read_text()
        assert "%5999 = long line" in text
        assert text.endswith("module {}")

    def test_silence_is_told_of(self) -> None:
        error = compile_error([Diagnostic("warning", "careful")], "phase flow", None)
        assert error.cause == "the compiler stopped without saying why"
        assert error.phase == "phase flow"

    def test_operators_nothing_lowers_are_all_listed(self, modules) -> None:
        tensor = "!torch.vtensor<[2,3],f32>"
        unknown = f'  %1 = torch.operator "acme.first"(%x) : ({tensor}) -> {tensor}'
        text = modules["torch"].replace("  return", f"{unknown}\n  return")
        imported = Pipeline("test").import_model(text)
        imported.framework = "acme 1.0"
        imported.unsupported_ops = lambda module: [("acme.first", "layer.0", "m.py:3"), ("acme.second", None, None)]
        with pytest.raises(UnsupportedOpsError) as caught:
            Pipeline("test").compile(imported, cache=False)
        assert caught.value.op == "acme.first"
        assert caught.value.unsupported[1][0] == "acme.second"
        assert isinstance(caught.value.__cause__, CompileError)

    def test_a_model_that_does_not_parse(self, refused) -> None:
        error = refused("start", model="func.func @main() { return %x : f32 }\n")
        assert isinstance(error, ireekit.IreekitError)
        assert ":1:" in error.location


class TestFallback:
    @pytest.fixture
    def failing_at_o2(self, monkeypatch: pytest.MonkeyPatch):
        """A compiler whose code generation fails unless told to use O1, for what no small program provokes."""
        from ireekit.compiler import host

        attempt = host._attempt
        levels: list[str] = []

        def attempt_(pipeline, session, *rest):
            level = next(flag for flag in session.flags if flag.startswith("--iree-opt-level="))
            levels.append(level)
            if level != "--iree-opt-level=O1":
                raise CompileError("failed to distribute", phase="phase executable-targets", location="m.py:1:2")
            return attempt(pipeline, session, *rest)

        monkeypatch.setattr(host, "_attempt", attempt_)
        return levels

    def test_a_lower_level_is_tried_and_told(self, failing_at_o2, compile_with) -> None:
        import numpy as np

        with pytest.warns(CompileWarning, match="compiled at O1, .* failed at O2: failed to distribute at m.py:1:2"):
            artifact = compile_with("start")
        assert failing_at_o2 == ["--iree-opt-level=O2", "--iree-opt-level=O1"]
        assert artifact.metadata.flags.count("--iree-opt-level=O1") == 1
        assert "--iree-opt-level=O2" not in artifact.metadata.flags
        x = np.arange(4, dtype=np.float32)
        np.testing.assert_array_equal(artifact(x, x), x + x)

    @pytest.mark.parametrize("options", [{"optimize": "O0"}, {"flags": ["--iree-opt-level=O3"]}], ids=str)
    def test_not_where_people_chose(self, options: dict, failing_at_o2, refused) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert refused("start", **options).cause == "failed to distribute"
        assert len(failing_at_o2) == 1

    def test_not_where_a_pass_failed(self, calls, refused) -> None:
        runs: list[object] = []

        def fail(op) -> None:
            runs.append(op.name)
            raise ValueError("mine")

        assert refused("executable-targets", calls(fail)).cause == "ValueError: mine"
        assert len(runs) == 1
