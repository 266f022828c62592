"""What was not done quite as asked is said, also by a program that comes out of the cache."""

import pytest

import mypipeline
from ireekit.compiler import host
from ireekit.errors import CompileError, CompileWarning

MODULE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def test_a_fallback_is_said_again_from_the_cache(tmp_path, monkeypatch):
    attempt = host._attempt

    def refuse_fusion(pipeline, session, module, original, options, finish):
        if "--iree-opt-level=O2" in session.flags:
            raise CompileError("cannot be generated", phase="phase executable-targets", location="model.py:3")
        return attempt(pipeline, session, module, original, options, finish)

    monkeypatch.setattr(host, "_attempt", refuse_fusion)
    with pytest.warns(CompileWarning, match=r"compiled at O1.*cannot be generated at model.py:3"):
        first = mypipeline.compile(MODULE, cache=tmp_path)
    with pytest.warns(CompileWarning, match=r"compiled at O1.*cannot be generated at model.py:3"):
        second = mypipeline.compile(MODULE, cache=tmp_path)
    assert not first.from_cache
    assert second.from_cache
    assert second.metadata is not None
    assert "--iree-opt-level=O1" in second.metadata.flags


def test_progress_is_printed_line_by_line_outside_a_terminal(capfd):
    mypipeline.compile(MODULE, cache=False, progress=True)
    lines = capfd.readouterr().err.splitlines()
    assert "compiling for cpu:host: executable-targets" in lines
    mypipeline.compile(MODULE, cache=False)
    assert capfd.readouterr().err == ""
