"""The accelerator's simulator, by command streams written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from npu import SimulationError, Simulator

MATMUL = """
// a comment
void product(npu_dram a, npu_dram b, npu_dram c) {
  for (int i = 0; i < 32; i += 16) {
    npu_fill(ACC(0x0000), NPU_F32, 256, 0.0f);
    for (int k = 0; k < 32; k += 16) {
      npu_load(SRAM(0x0000), NPU_F32, NPU_ROW, a, i, k, 16, 16, 0);
      npu_load(SRAM(0x0400), NPU_F32, NPU_BLOCKED, b, k, 0, 16, 16, 1);
      npu_wait(0);
      npu_wait(1);
      npu_matmul(ACC(0x0000), SRAM(0x0000), SRAM(0x0400), NPU_F32, 16, 16, 16);
    }
    npu_store(c, i, 0, ACC(0x0000), NPU_F32, 16, 16, 2);
    npu_wait(2);
  }
}
"""


def buffers() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    shapes = [(32, 32), (32, 16)]
    return [*(random.standard_normal(shape, np.float32) for shape in shapes), np.zeros((32, 16), np.float32)]


def run(stream: str) -> list[np.ndarray]:
    arguments = buffers()
    Simulator().run(stream, *arguments)
    return arguments


def test_a_product() -> None:
    a, b, c = run(MATMUL)
    np.testing.assert_allclose(c, a @ b, rtol=1e-5, atol=1e-5)


def test_commands_are_counted() -> None:
    simulator = Simulator()
    simulator.run(MATMUL, *buffers())
    assert simulator.executed == {"fill": 2, "load": 8, "wait": 10, "matmul": 4, "store": 2}


def edited(*edits: tuple[str, str]) -> str:
    stream = MATMUL
    for old, new in edits:
        assert old in stream
        stream = stream.replace(old, new)
    return stream


def test_blocks_of_a_larger_tile_are_put_together_again() -> None:
    stream = edited(
        ("k += 16", "k += 32"),
        ("16, 16, 0);", "16, 32, 0);"),
        ("16, 16, 1);", "32, 16, 1);"),
        ("SRAM(0x0400)", "SRAM(0x0800)"),
        ("NPU_F32, 16, 16, 16);", "NPU_F32, 16, 16, 32);"),
    )
    a, b, c = run(stream)
    np.testing.assert_allclose(c, a @ b, rtol=1e-5, atol=1e-5)


def test_what_is_used_before_it_has_arrived_is_not_a_number() -> None:
    wait = "      npu_wait(1);\n"
    assert np.isnan(run(edited((wait, ""), ("    }\n", f"{wait}    }}\n")))[2]).all()


def test_what_was_never_written_is_not_a_number() -> None:
    assert np.isnan(run(MATMUL.replace("    npu_fill(ACC(0x0000), NPU_F32, 256, 0.0f);\n", ""))[2]).all()


def test_a_store_reads_when_it_is_waited_for() -> None:
    late = MATMUL.replace("    npu_wait(2);", "    npu_fill(ACC(0x0000), NPU_F32, 256, 7.0f);\n    npu_wait(2);")
    assert (run(late)[2] == 7).all()


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("npu_fill", "npu_clear", "unknown command\n  op: npu_clear\n  at: line 5"),
        ("      npu_wait(0);\n", "", "event 0 is still under way"),
        ("    npu_wait(2);\n", "    npu_wait(3);\n", "nothing signals event 3"),
        ("    npu_wait(2);\n", "", "event 2 is still under way"),
        ("i < 32", "i < 64", r"\[32:48, 0:16\] is outside of \(32, 32\)"),
        ("ACC(0x0000), NPU_F32, 256", "ACC(0x3fff), NPU_F32, 256", "1024 bytes do not fit into the 1 that are left"),
        ("NPU_F32, 256, 0.0f", "NPU_F32, 256", "wrong arguments"),
        ("NPU_F32, 256, 0.0f", "NPU_F99, 256, 0.0f", "wrong arguments"),
        ("  for (int i", "  while (int i", "not a command"),
        ("}\n", "", "the stream ends inside a loop"),
        ("void product", "int product", "a command stream begins with"),
    ],
)
def test_faults(old: str, new: str, cause: str) -> None:
    assert old in MATMUL
    with pytest.raises(SimulationError, match=cause):
        run(MATMUL.replace(old, new))


def test_the_last_event_is_waited_for() -> None:
    with pytest.raises(SimulationError, match="nothing waits for event 2"):
        run(MATMUL.replace("i < 32", "i < 16").replace("    npu_wait(2);\n", ""))


def test_the_number_of_buffers_is_checked() -> None:
    with pytest.raises(SimulationError, match="product takes 3 buffers, 2 were given"):
        Simulator().run(MATMUL, *buffers()[:2])


def test_an_empty_stream() -> None:
    with pytest.raises(SimulationError, match="a command stream begins with"):
        Simulator().run("// nothing\n")
