"""Bytecode without copies, and constants where they lie."""

import gc
import io
import subprocess
import sys

import numpy as np
import pytest
from iree.compiler import ir

from ireekit.bindings import CompilerSession
from ireekit.bindings.bytecode import pages, stream_bytecode, write_aligned
from ireekit.passes.constants import constant_attribute, read_constant

TEXT = """
func.func @f() -> tensor<4xi32> {
  %0 = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  return %0 : tensor<4xi32>
}
"""


@pytest.fixture
def module() -> ir.Module:
    return ir.Module.parse(TEXT, context=CompilerSession().context)


def test_the_same_bytes_as_the_bindings_write(module: ir.Module) -> None:
    buffer = io.BytesIO()
    module.operation.write_bytecode(buffer)
    assert write_aligned(module.operation)[:] == buffer.getvalue()


def test_what_a_reader_raises_comes_back(module: ir.Module) -> None:
    def refuse(_address: int, _size: int) -> None:
        raise KeyError("full")

    with pytest.raises(KeyError, match="full"):
        stream_bytecode(module.operation, refuse)


@pytest.mark.parametrize("size", [1, 5 << 20])
def test_pages_are_written_and_read(size: int) -> None:
    memory = pages(size)
    memory.write(b"x" * size)
    assert memory[:1] == memory[-1:] == b"x"
    memory.close()


def test_large_constants_are_read_in_place_and_held(module: ir.Module) -> None:
    with module.context, ir.Location.unknown():
        data = np.arange(5000, dtype=np.float32)
        attribute = constant_attribute(data, ir.Type.parse("tensor<5000xf32>"))
        first, second = (read_constant(attribute) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.shares_memory(first.array, second.array)
    assert not first.array.flags.writeable
    del attribute, second, module
    gc.collect()
    np.testing.assert_array_equal(first.array, data)


def test_linalg_is_imported_whole_only_by_its_name() -> None:
    program = """
import sys
from iree.compiler import ir
from ireekit.bindings import CompilerSession
from ireekit.passes.builders import empty, fill, constant
context = CompilerSession().context
context.load_all_available_dialects()
with context, ir.Location.unknown():
    module = ir.Module.create()
    with ir.InsertionPoint(module.body):
        made = fill(constant(1.0, "f32"), empty([2, 3], "f32"))
    assert module.operation.verify()
    views = [type(each).__name__ for each in module.body.operations]
    assert "FillOp" in views, views
    assert "iree.compiler.dialects.linalg" not in sys.modules
    from iree.compiler.dialects import linalg
    with ir.InsertionPoint(module.body):
        linalg.fill(made.owner.operands[0], outs=[made])
    assert module.operation.verify()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
