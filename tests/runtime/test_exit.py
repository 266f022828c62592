"""Scripts end without a crash, a hang or a word, whatever they still hold.

With ``STRICT`` the leak checker of IREE's bindings stays on: then all must really have been released.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Files = Callable[[str], Path]

PRELUDE = """
import os, sys, threading
import iree.runtime._binding as binding
if os.environ.get("STRICT"):
    binding.disable_leak_checker = lambda: None
import numpy as np
from ireekit.runtime import *
many = Program.load(sys.argv[1], device=os.environ.get("DEVICE", "cpu"))
add, ones = many["add"], np.ones(4, np.float32)
big = np.ones((64, 1024), np.float32)
"""

RELEASED = {
    "everything": """
result, tensor, future = add(ones, ones), add(ones, ones, returns="device"), add.submit(ones, ones)
sync = Program.load(sys.argv[1], device="cpu-sync"); other = sync["add"](ones, ones)
batcher = Batcher(many["dot"]); part = batcher(np.ones((8, 4), np.float32), np.ones((8, 4), np.float32))
try:
    add(ones)
except Exception as error:
    kept = error
    frame = sys.exc_info()
""",
    "function_only": """
call = Program.load(sys.argv[1])["add"]; call(ones, ones); del many, add
""",
    "uncaught": """
tensor = to_device(big); add(ones, big)
""",
    "cycle": """
class Node: pass
node = Node(); node.self = node; node.parts = [many, add, to_device(big), add.submit(ones, ones)]
""",
    "pending": """
futures = [many["double"].submit(big, returns="device") for _ in range(500)]
""",
    "async": """
import asyncio
async def main():
    return await asyncio.gather(*(add.call_async(ones, ones) for _ in range(20)))
results = asyncio.run(main())
""",
    "batcher_waiting": """
batcher = Batcher(many["dot"], max_batch=1000, max_delay_s=60)
futures = [batcher.submit(np.ones((1, 4), np.float32), np.ones((1, 4), np.float32)) for _ in range(5)]
""",
    "sys_exit": """
tensor = to_device(big); sys.exit(0)
""",
    "atexit": """
import atexit
atexit.register(lambda: add(ones, ones)[0] == 2 or os._exit(5))
""",
}

HELD = {
    "large_results": """
result = many["double"](big); rows = result[3:]
""",
    "large_results_in_a_builtin": """
import builtins
cell = [many["double"](big)]; cell.append(cell); builtins.stash = cell
""",
    "raw_handles": """
import iree.runtime as rt
device = open_device("cpu").hal; array = rt.asdevicearray(device, big)
""",
    "daemon_threads": """
def forever():
    while True: add(ones, ones)
for _ in range(3): threading.Thread(target=forever, daemon=True).start()
import time; time.sleep(0.05)
""",
    "late_thread": """
def late():
    import time
    time.sleep(0.2); assert add(ones, ones)[0] == 2
threading.Thread(target=late).start()
""",
}


def run(program: Path, body: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + body, str(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


def check(done: subprocess.CompletedProcess[str], shape: str) -> None:
    assert "nanobind" not in done.stderr, done.stderr
    if shape == "uncaught":
        assert done.returncode == 1
        assert done.stderr.count("Traceback") == 1
        assert "InputError" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    quiet = [line for line in done.stderr.splitlines() if "late" not in line]
    assert shape == "daemon_threads" or not quiet, done.stderr


@pytest.mark.parametrize("shape", RELEASED)
def test_everything_is_really_released(program_file: Files, shape: str) -> None:
    check(run(program_file("many"), RELEASED[shape], STRICT="1"), shape)


@pytest.mark.parametrize("shape", HELD)
@pytest.mark.parametrize("device", ["cpu", "cpu-sync"])
def test_what_is_still_held_stays_valid_and_silent(program_file: Files, shape: str, device: str) -> None:
    check(run(program_file("many"), HELD[shape], DEVICE=device), shape)


def test_torch_results_outlive_everything(program_file: Files) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install 'ireekit[torch]'")
    body = """
import functools, torch
@functools.cache
def results():
    return many["double"](torch.ones(64, 1024)), many["double"](big, returns="torch")
kept = results()
"""
    check(run(program_file("many"), body), "torch")


def test_vulkan_ends_cleanly(program_file: Files, vulkan_device: str) -> None:
    body = f"""
program = Program.load({str(program_file("vulkan"))!r}, device={vulkan_device!r})
tensor = program(ones, ones, returns="device"); result = program(ones, ones)
future = program.submit(ones, ones)
"""
    check(run(program_file("many"), body, STRICT="1"), "vulkan")
