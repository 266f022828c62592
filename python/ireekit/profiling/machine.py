"""What a machine can do, measured once: arithmetic, and memory by how much is moved."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ireekit.files import cache_folder, write_atomically

_SECONDS = 0.5
_COPY_SECONDS = 0.1
_LEAST_CALLS = 5
_COPY_SIZES = tuple(1 << power for power in range(16, 29, 2))
_FORMAT = 3
_CACHED_BYTES = 1 << 20


@dataclass(frozen=True)
class _Kernel:
    """An operation of two operands on f32, and how much arithmetic it is."""

    name: str
    operands: tuple[tuple[int, ...], tuple[int, ...]]
    result: tuple[int, ...]
    flops: int

    def program(self) -> str:
        first, second, result = (f"tensor<{'x'.join(map(str, each))}xf32>" for each in (*self.operands, self.result))
        return f"""
          func.func @main(%a: {first}, %b: {second}) -> {result} {{
            %zero = arith.constant 0.0 : f32
            %empty = tensor.empty() : {result}
            %init = linalg.fill ins(%zero : f32) outs(%empty : {result}) -> {result}
            %c = {self.name} ins(%a, %b : {first}, {second}) outs(%init : {result}) -> {result}
            return %c : {result}
          }}"""


_KERNELS = (
    _Kernel("linalg.matmul", ((256, 256), (256, 256)), (256, 256), 2 * 256**3),
    _Kernel(
        "linalg.conv_2d_nhwc_hwcf", ((1, 30, 30, 128), (3, 3, 128, 128)), (1, 28, 28, 128), 2 * (28 * 3 * 128) ** 2
    ),
)


@dataclass(frozen=True)
class Machine:
    """The roof of a roofline.

    Attributes:
      name: of the CPU.
      threads: that it was measured with.
      gflops: 1e9 operations a second on f32, of the best kernel there is.
      bandwidths: ``(bytes, 1e9 bytes a second)``: reads and writes together of a copy that moves so many bytes in
        all, so that caches count as they do for a dispatch of this size; ascending.
    """

    name: str
    threads: int
    gflops: float
    bandwidths: tuple[tuple[int, float], ...]

    def bandwidth(self, moved: float) -> float:
        """1e9 bytes a second where ``moved`` bytes are moved in all."""
        return next((rate for size, rate in self.bandwidths if size >= moved), self.bandwidths[-1][1])

    def costs(self) -> dict[str, float]:
        """What the table of machines (:class:`ireekit.targets.machines.Machine`) says of a family, measured here."""
        return {
            "memory_flops": round(self.gflops / self.bandwidths[-1][1], 1),
            "cache_flops": round(self.gflops / self.bandwidth(_CACHED_BYTES), 1),
        }

    def least_seconds(self, flops: float | None, moved: float | None) -> float | None:
        """The time that arithmetic or memory need at least; ``None`` where neither is known."""
        times = self.limits(flops, moved)
        return max(times.values()) if times else None

    def limits(self, flops: float | None, moved: float | None) -> dict[str, float]:
        """Seconds for ``"compute"`` and ``"memory"``, where known."""
        times: dict[str, float] = {}
        if flops is not None:
            times["compute"] = flops / (1e9 * self.gflops)
        if moved is not None:
            times["memory"] = moved / (1e9 * self.bandwidth(moved))
        return times


def measured_machine(threads: int = 1, *, again: bool = False) -> Machine:
    """This machine; measured at the first call, which takes some seconds, and read from the cache folder later.

    Args:
      threads: that work together.
      again: measure anew, e.g. because the machine was busy before.

    Raises:
      CompileError: a kernel does not compile.
    """
    name = _cpu_name()
    digest = hashlib.sha256(f"{_FORMAT} {name} {platform.node()} {threads}".encode()).hexdigest()[:16]
    file = cache_folder() / "machines" / f"{digest}.json"
    if not again and (known := _read(file)) is not None:
        return known
    machine = Machine(name, threads, _gflops(threads), tuple((size, _copy_rate(size, threads)) for size in _COPY_SIZES))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(machine)).encode())
    except OSError:
        pass  # it is measured again next time
    return machine


def _read(file: Path) -> Machine | None:
    try:
        data: dict[str, Any] = json.loads(file.read_bytes())
        return Machine(
            data["name"], data["threads"], data["gflops"], tuple((size, rate) for size, rate in data["bandwidths"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if sys.platform == "linux" and info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _gflops(threads: int) -> float:
    """Of the fastest of a few kernels of the compiler's own, whose operands fit into caches."""
    return max(_rate(kernel, threads) for kernel in _KERNELS)


def _rate(kernel: _Kernel, threads: int) -> float:
    from ireekit.compiler import CompileOptions, compile_model
    from ireekit.pipeline import PipelineDefinition
    from ireekit.runtime import Program

    pipeline, options = PipelineDefinition("peak"), CompileOptions(progress=False)
    artifact = compile_model(pipeline, kernel.program(), target="cpu", options=options)
    first, second = (np.ones(shape, np.float32) for shape in kernel.operands)
    with tempfile.TemporaryDirectory(prefix="ireekit-peak-") as folder:
        path = artifact.save(Path(folder) / "peak.vmfb")
        device = "cpu-sync" if threads == 1 else f"cpu?threads={threads}"
        with Program.load(path, device=device, entry_points=artifact.entry_points) as program:
            seconds = _least_seconds(lambda: program(first, second), _SECONDS)
    return kernel.flops / seconds / 1e9


def _copy_rate(moved: int, threads: int) -> float:
    """1e9 bytes a second, read and written, by ``threads`` that copy a part each."""
    part = max(moved // 2 // threads, 4096)
    sources = [np.ones(part, np.uint8) for _ in range(threads)]
    targets = [np.zeros(part, np.uint8) for _ in range(threads)]
    rounds = max(1, (1 << 22) // moved)
    if threads == 1:
        return 2 * part * rounds / _least_seconds(lambda: _copy(sources[0], targets[0], rounds), _COPY_SECONDS) / 1e9

    def copy_together() -> None:
        workers = [
            threading.Thread(target=_copy, args=(source, target, rounds))
            for source, target in zip(sources, targets, strict=True)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    return 2 * part * threads * rounds / _least_seconds(copy_together, _COPY_SECONDS) / 1e9


def _copy(source: np.ndarray, target: np.ndarray, rounds: int) -> None:
    for _ in range(rounds):
        np.copyto(target, source)


def _least_seconds(call: Callable[[], object], budget: float) -> float:
    call()
    times: list[float] = []
    stop = time.perf_counter() + budget
    while time.perf_counter() < stop or len(times) < _LEAST_CALLS:
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)
