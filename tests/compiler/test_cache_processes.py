"""Many processes and one cache folder; processes killed while they write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ireekit import Artifact
from ireekit.compiler import Cache

WORKER = """
import sys
from pathlib import Path
import numpy as np
import ireekit
shared, own, folder = sys.argv[1:]
while not Path(folder, "start").exists():
    pass
for factor in (shared, own, shared):
    text = f'''func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
      %c = arith.constant dense<{factor}.0> : tensor<4xf32>
      %0 = arith.mulf %x, %c : tensor<4xf32>
      return %0 : tensor<4xf32>
    }}'''
    artifact = ireekit.Pipeline("test").compile(text, target="vmvx", cache=f"{folder}/cache")
    assert (artifact(np.ones(4, np.float32)) == float(factor)).all(), factor
assert artifact.from_cache
print("right")
"""

WRITER = """
import sys
from ireekit import Artifact
from ireekit.compiler import Cache
artifact = Artifact.open(sys.argv[1])
cache = Cache(__import__("pathlib").Path(sys.argv[2]))
number = 0
print("writing", flush=True)
while True:
    cache.put(f"{number % 16:064x}", artifact)
    artifact.save(sys.argv[3])
    number += 1
"""

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def test_eight_processes_share_a_folder(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WORKER, "2", str(10 + number // 2), tmp_path],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    (tmp_path / "start").touch()
    results = [worker.communicate(timeout=120) for worker in workers]
    assert [(worker.returncode, *result) for worker, result in zip(workers, results, strict=True)] == [
        (0, "right\n", "")
    ] * 8
    entries = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    # One program that all compiled, four that two each compiled, nothing left over.
    assert len(entries) == 5
    for path in entries:
        Artifact.open(path).check()


def test_a_killed_writer_leaves_nothing_half_written(tmp_path: Path) -> None:
    import ireekit

    program = ireekit.Pipeline("test").compile(TEXT, target="vmvx").save(tmp_path / "program.vmfb")
    saved = tmp_path / "saved.vmfb"
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, program, tmp_path / "cache", saved], stdout=subprocess.PIPE
        )
        assert writer.stdout.readline() == b"writing\n"
        time.sleep(0.05)
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
        assert writer.returncode == -signal.SIGKILL
    expected = program.read_bytes()
    visible = [*tmp_path.glob("cache/??/[!.]*"), saved]
    assert len(visible) > 1
    assert all(path.read_bytes() == expected for path in visible)
    assert Cache(tmp_path / "cache").clear() == len(visible) - 1
    assert not any(path.is_file() for path in (tmp_path / "cache").rglob("*"))
