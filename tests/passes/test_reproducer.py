"""Files that replay a failing pass."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iree.compiler import ir

from ireekit.bindings.library import library_path
from ireekit.errors import IreekitError, PassError, PipelineError
from ireekit.passes import parse_pipeline
from ireekit.passes.instrumentation import Reproducer, read_reproducer, reproducer_text

Functions = Callable[[int], ir.Module]

RESOURCE = """
func.func @f() -> tensor<2xf32> {
  %0 = arith.constant dense_resource<weights> : tensor<2xf32>
  return %0 : tensor<2xf32>
}
{-#
  dialect_resources: { builtin: { weights: "0x040000000000803F00000040" } }
#-}
"""


def iree_opt(*arguments: str) -> subprocess.CompletedProcess[str]:
    tool = library_path().parent / "iree-opt"
    return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60, check=False)


def failed(module: Any, text: str, passes: Any, reproducer: Reproducer) -> PassError:
    with pytest.raises(PassError) as caught:
        parse_pipeline(text, passes).run(module, instrumentation=reproducer)
    return caught.value


def test_the_ir_before_the_failing_pass_and_that_pass(functions: Functions, passes: Any, tmp_path: Path) -> None:
    path = tmp_path / "new" / "repro.mlir"
    reproducer = Reproducer(path, command=["ireekit", "opt", "a b.mlir"], loads=[str(tmp_path / "mine.py")])
    text = "builtin.module(func.func(cse,test-mark{label='{x}'},test-fail{at=f1}),symbol-dce)"
    error = failed(functions(2), text, passes, reproducer)
    assert reproducer.written
    assert error.details == path
    assert error.remedy == f"replay it: ireekit opt {path} --run-reproducer"
    content = path.read_text()
    assert content.startswith("// pass test-fail{at=f1} on func.func @f1: ValueError: not this one\n")
    assert "// command: ireekit opt 'a b.mlir'\n" in content
    assert content.count("arith.addi") == 2  # CSE ran
    read = read_reproducer(content)
    assert read.pipeline == "builtin.module(func.func(test-fail{at=f1}))"
    assert read.loads == (str(tmp_path / "mine.py"),)
    assert read.verify_each
    assert read.disable_threading
    assert list(path.parent.iterdir()) == [path]
    # And it fails again.
    again = ir.Module.parse(content, ir.Context())
    with pytest.raises(PassError, match="not this one"):
        parse_pipeline(read.pipeline, passes).run(again)


def test_a_pass_that_is_not_at_its_anchor(context: ir.Context, passes: Any, tmp_path: Path) -> None:
    module = ir.Module.parse("module @inner { func.func private @f0() }", context)
    path = tmp_path / "repro.mlir"
    failed(module, "any(test-fail)", passes, Reproducer(path))
    read = read_reproducer(path.read_text())
    assert read.pipeline == "builtin.module(test-fail)"
    with pytest.raises(PassError, match="not this one"):
        parse_pipeline(read.pipeline, passes).run(ir.Module.parse(path.read_text(), ir.Context()))


def test_success_writes_nothing(functions: Functions, passes: Any, tmp_path: Path) -> None:
    for eager in (False, True):
        reproducer = Reproducer(tmp_path / "repro.mlir", eager=eager)
        parse_pipeline("builtin.module(func.func(cse),test-mark)", passes).run(functions(2), instrumentation=reproducer)
        assert list(tmp_path.iterdir()) == []
        assert not reproducer.written


def test_a_native_pass_replays_in_the_stock_tool(context: ir.Context, tmp_path: Path) -> None:
    module = ir.Module.parse(
        "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {\n"
        "  %0 = stablehlo.add %x, %x : tensor<4xf32>\n  return %0 : tensor<4xf32>\n}",
        context,
    )
    path = tmp_path / "repro.mlir"
    error = failed(module, "cse,iree-verify-input-legality", (), Reproducer(path))
    assert error.op == "stablehlo.add"
    assert read_reproducer(path.read_text()).pipeline == "builtin.module(iree-verify-input-legality)"
    done = iree_opt("--run-reproducer", str(path))
    assert done.returncode != 0
    assert "stablehlo.add" in done.stderr


def test_contents_of_constants_are_kept(passes: Any, tmp_path: Path) -> None:
    module = ir.Module.parse(RESOURCE, ir.Context())
    path = tmp_path / "repro.mlir"
    failed(module, "func.func(test-fail{at=f})", passes, Reproducer(path))
    text = path.read_text()
    assert text.count("{-#") == 1
    again = ir.Module.parse(text, ir.Context())
    assert "0x040000000000803F00000040" in str(again)
    assert read_reproducer(text).pipeline == "builtin.module(func.func(test-fail{at=f}))"
    assert iree_opt(str(path)).returncode == 0


def test_a_process_that_dies_leaves_the_file(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from iree.compiler import ir
        from ireekit.passes import Pass, PassPipeline
        from ireekit.passes.instrumentation import Reproducer

        class Die(Pass):
            name = "test-die"
            def run(self, op):
                os._exit(7)

        module = ir.Module.parse("func.func private @f()", ir.Context())
        PassPipeline("builtin.module", ["cse", Die()]).run(
            module, instrumentation=Reproducer(Path(sys.argv[1]), eager=True))
        """
    )
    path = tmp_path / "repro.mlir"
    done = subprocess.run([sys.executable, "-c", script, str(path)], timeout=60, check=False)
    assert done.returncode == 7
    assert read_reproducer(path.read_text()).pipeline == "builtin.module(test-die)"


def test_a_file_that_cannot_be_written(functions: Functions, passes: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IreekitError, match="the reproducer cannot be written"):
        parse_pipeline("func.func(test-fail)", passes).run(
            functions(1), instrumentation=Reproducer(tmp_path / "file" / "repro.mlir")
        )


@pytest.mark.parametrize("text", ["", "module {}", "{-# external_resources: { mlir_reproducer: { a: 1 } } #-}"])
def test_other_files(text: str) -> None:
    with pytest.raises(PipelineError, match="holds no reproducer"):
        read_reproducer(text)


def test_files_of_mlir_opt() -> None:
    text = """module {}
{-#
  external_resources: {
    mlir_reproducer: {
      pipeline: "builtin.module(func.func(cse{a=\\22b\\22}))",
      disable_threading: false,
      verify_each: false
    }
  }
#-}"""
    read = read_reproducer(text)
    assert read.pipeline == 'builtin.module(func.func(cse{a="b"}))'
    assert not read.verify_each
    assert not read.disable_threading


@given(st.text())
def test_any_text_of_a_pipeline_comes_back(pipeline: str) -> None:
    try:
        pipeline.encode()
    except UnicodeEncodeError:
        return
    assert read_reproducer(reproducer_text("module {}", pipeline, ["head"])).pipeline == pipeline
