"""Phases: where passes run, on what, and that stepping through them changes nothing."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ireekit import NativePasses, Pipeline
from ireekit.bindings import PHASES, CompilerSession
from ireekit.compiler import CompileOptions, import_for
from ireekit.compiler.phases import PhaseRunner
from ireekit.compiler.progress import Dump, ProgressLine, Timings

# An operation that only programs past the phase hold, or hold no longer.
MARKS = {
    "start": (r"func\.func @main", r"util\.func"),
    "abi": (r"util\.func public @main", r"func\.func"),
    "dispatch-creation": (r"flow\.dispatch", r"stream\.executable"),
    "flow": (r"flow\.executable", r"stream\.executable"),
    "stream": (r"stream\.executable", r"flow\.executable"),
    "executable-sources": (r"hal\.executable\.variant", r"flow\.executable"),
    "hal": (r"hal\.executable", r"stream\.cmd"),
    "vm": (r"vm\.call @hal\.", r"util\.func"),
}


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def iree_compile():
    from iree.compiler.tools.binaries import find_tool

    def compile_(path: Path, flags: tuple[str, ...]) -> bytes:
        done = subprocess.run([find_tool("iree-compile"), path, "-o", "-", *flags], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return compile_


@pytest.mark.parametrize("target", ["cpu", "vulkan:llvmpipe"])
def test_stepping_gives_what_the_stock_compiler_gives(
    module_text: str, target: str, iree_compile, tmp_path: Path
) -> None:
    # A file, since programs hold the name of their source.
    path = tmp_path / "model.mlir"
    path.write_text(module_text)
    artifact = Pipeline("empty").compile(path, target=target, cache=False)
    ours, stock = entries(artifact.data), entries(iree_compile(path, artifact.metadata.flags))
    del ours["ireekit.json"]
    assert ours == stock


def test_every_phase_runs_once_in_order(calls, compile_with) -> None:
    seen: list[str] = []
    pipeline = Pipeline("test")
    for phase in reversed(PHASES):
        pipeline.at(phase, calls(lambda op, phase=phase: seen.append(phase)))
    pipeline.compile("func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }", cache=False)
    assert seen == list(PHASES)


def test_steps_of_a_phase_run_in_the_order_given(calls, compile_with) -> None:
    seen: list[int] = []
    compile_with("input", *(calls(lambda op, n=n: seen.append(n)) for n in range(4)))
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("phase", MARKS)
def test_a_pass_sees_the_live_program_of_its_phase(phase: str, calls, compile_with) -> None:
    texts: list[str] = []
    compile_with(phase, calls(lambda op: texts.append(str(op))))
    present, absent = MARKS[phase]
    assert len(texts) == 1
    assert re.search(present, texts[0])
    assert not re.search(absent, texts[0])


def test_passes_share_one_context_and_one_module(calls) -> None:
    from iree.compiler import ir

    contexts, names = [], []

    def mark(op: ir.Operation) -> None:
        contexts.append(op.context)
        op.attributes["test.mark"] = ir.UnitAttr.get(op.context)

    def look(op: ir.Operation) -> None:
        contexts.append(op.context)
        names.append("test.mark" in op.attributes)

    Pipeline("test").at("start", calls(mark)).at("abi", calls(look)).at("stream", calls(look)).compile(
        "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }", cache=False
    )
    assert names == [True, True]
    assert contexts[0] == contexts[1] == contexts[2]


def test_what_a_pass_changes_is_what_runs(calls, compile_with) -> None:
    from iree.compiler import ir

    def subtract_instead(op: ir.Operation) -> None:
        for function in op.regions[0].blocks[0].operations:
            for each in list(function.regions[0].blocks[0].operations):
                if each.operation.name != "arith.addf":
                    continue
                with op.context, each.location, ir.InsertionPoint(each):
                    new = ir.Operation.create("arith.subf", [each.results[0].type], list(each.operands))
                each.results[0].replace_all_uses_with(new.results[0])
                each.operation.erase()

    artifact = compile_with("abi", calls(subtract_instead))
    x, y = np.arange(4, dtype=np.float32), np.full(4, 3, np.float32)
    np.testing.assert_array_equal(artifact(x, y), x - y)


def test_anchors_give_each_operation_in_turn(calls, compile_with, modules) -> None:
    seen: list[str] = []
    note = lambda op: seen.append(f"{op.name} {op.attributes['sym_name'].value}")  # noqa: E731
    compile_with("start", calls(note, "func.func"), model=modules["two entry points"])
    assert seen == ["func.func main", "func.func other"]
    seen.clear()
    compile_with("abi", calls(note, "util.func"), model=modules["two entry points"])
    assert seen[0] == "util.func main"
    assert {"util.func main", "util.func other"} <= set(seen)


def test_an_anchor_that_is_nowhere_runs_nothing(calls, compile_with) -> None:
    seen: list[str] = []
    compile_with("start", calls(seen.append, "util.func"))
    assert seen == []


def test_steps_for_other_targets_do_not_run(calls) -> None:
    seen: list[str] = []
    pipeline = Pipeline("test").at("start", calls(lambda op: seen.append("gpu")), targets=("cuda", "rocm"))
    pipeline.at("start", calls(lambda op: seen.append("cpu")), targets=["cpu"])
    text = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
    artifact = pipeline.compile(text, target="cpu", cache=False)
    assert seen == ["cpu"]
    assert len(artifact.metadata.passes) == 1
    seen.clear()
    pipeline.compile(text, target="cpu,cuda", cache=False)
    assert seen == []


def test_running_up_to_a_phase_stops_there() -> None:
    session = import_for(
        Pipeline("test"),
        "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }",
        (),
        target="cpu",
        options=CompileOptions(),
    )
    with session.compiler.invocation() as invocation:
        invocation.import_module(session.imported.module.operation)
        timings = Timings()
        PhaseRunner(invocation, (), None, timings, ProgressLine("", False), Dump(None)).run("abi")
        assert "util.func public @main" in str(invocation.export_module())
    assert list(timings.seconds) == ["input", "abi"]


def test_the_time_of_every_phase_and_pass_is_kept(calls, compile_with) -> None:
    artifact = compile_with("abi", calls())
    names = list(artifact.phase_seconds)
    assert names[:2] == ["import", "digest"]
    assert [name for name in names if name in PHASES] == list(PHASES[1:])
    assert names.index("abi") < names.index("test-calls") < names.index("preprocessing")
    assert all(seconds >= 0 for seconds in artifact.phase_seconds.values())


def test_dump_holds_the_program_after_each_phase_and_pass(calls, compile_with, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "dump"
    compile_with("abi", calls(), NativePasses("tidy/up: now", "canonicalize"), dump=folder)
    files = sorted(path.name for path in folder.iterdir())
    assert [name[:2] for name in files] == [f"{n:02}" for n in range(len(PHASES) + 2)]
    assert files[2:6] == ["02-abi.mlir", "03-test-calls.mlir", "04-tidy-up-now.mlir", "05-preprocessing.mlir"]
    assert "func.func @main" in (folder / "00-start.mlir").read_text()
    assert "vm.module" in next(folder.glob("*-end.mlir")).read_text()
    CompilerSession()  # a later session is not disturbed


def test_dump_elides_weights(compile_with, tmp_path: Path) -> None:
    values = ", ".join(str(n) for n in range(1000))
    compile_with(
        "start",
        dump=tmp_path,
        model=f"""func.func @main() -> tensor<1000xi32> {{
          %0 = arith.constant dense<[{values}]> : tensor<1000xi32>
          return %0 : tensor<1000xi32>
        }}""",
    )
    assert (tmp_path / "00-start.mlir").stat().st_size < 1000


def test_a_dump_that_cannot_be_written_is_an_error(refused, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refused("start", dump=tmp_path / "file")
    assert "cannot write IR into" in error.cause
    assert str(tmp_path / "file") in error.cause


def test_verify_between_the_compilers_passes_changes_nothing(compile_with, modules) -> None:
    checked = compile_with("start", model=modules["matmul"], verify=True)
    plain = compile_with("start", model=modules["matmul"])
    assert entries(checked.data)["module.fb"] == entries(plain.data)["module.fb"]


def test_progress_names_target_and_phases(compile_with, capfd: pytest.CaptureFixture[str]) -> None:
    compile_with("start", progress=False)
    assert capfd.readouterr().err == ""
    with ProgressLine("compiling for cpu", True) as line:
        line.show("stream")
    assert capfd.readouterr().err == "compiling for cpu: stream\n"
