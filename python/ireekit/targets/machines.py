"""What kernels have to know of a CPU: its registers and caches, by family of instruction sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """A family of CPU cores.

    Attributes:
      name: of the family.
      triple: how target triples of it begin.
      feature: what its members have; ``""`` for the baseline of the triple.
      vector_bytes: of a vector register.
      vector_registers: how many there are.
      l1_bytes, l2_bytes: data caches of one core, of its common members.
      rows: of the tile of results that a matrix product keeps in registers, two vectors wide: best of those measured
        for AVX-512 (6 to 14 are within 3 %), as many as fit with operands for the others.
      last_level_bytes: of the last cache that kernels can count on, one core's share.
      memory_flops: operations on f32 in the time that a byte takes from memory.
      cache_flops: the same for a byte that a kernel of little arithmetic passes through the second-level cache.
    """

    name: str
    triple: str
    feature: str
    vector_bytes: int
    vector_registers: int
    l1_bytes: int
    l2_bytes: int
    rows: int
    last_level_bytes: int
    memory_flops: float
    cache_flops: float

    def lanes(self, element_bytes: int) -> int:
        """Elements of that size in a vector register."""
        return max(1, self.vector_bytes // element_bytes)


MACHINES = (
    Machine("avx512", "x86_64", "avx512f", 64, 32, 32 << 10, 1 << 20, 8, 6 << 20, 5.5, 2.0),
    Machine("avx2", "x86_64", "avx2", 32, 16, 32 << 10, 512 << 10, 6, 3 << 20, 5.0, 2.0),
    Machine("sse", "x86_64", "", 16, 16, 32 << 10, 256 << 10, 6, 2 << 20, 1.3, 0.5),
    Machine("sve", "aarch64", "sve", 16, 32, 64 << 10, 1 << 20, 8, 4 << 20, 3.3, 1.3),
    Machine("sve", "arm64", "sve", 16, 32, 64 << 10, 1 << 20, 8, 4 << 20, 3.3, 1.3),
    Machine("neon", "aarch64", "", 16, 32, 64 << 10, 512 << 10, 8, 2 << 20, 2.1, 0.8),
    Machine("neon", "arm64", "", 16, 32, 64 << 10, 512 << 10, 8, 2 << 20, 2.1, 0.8),
    Machine("rvv", "riscv64", "v", 32, 32, 32 << 10, 256 << 10, 8, 1 << 20, 3.2, 1.3),
    Machine("wasm", "wasm32", "simd128", 16, 16, 32 << 10, 256 << 10, 4, 1 << 20, 1.3, 0.5),
)
"""Families; of those with the same triple the one with the widest vectors comes first.

Costs of AVX-512 are measured, on one core of an AMD EPYC (Zen 4): 110 GFLOP/s, 20 GB/s from memory, 50 GB/s through the
caches in the kernels that transform images. Those of AVX2 take its bandwidths, and 100 GFLOP/s measured with code for
it. The others are derived: from
multiply-adds a cycle of common members (SSE 4 lanes once, without fusing; NEON twice 4 lanes, as Neoverse N1; SVE four
times 4 lanes, as Neoverse V1 and V2, since the compiler makes vectors of 128 bits for it; RVV and WebAssembly once) at
2.6 to 3 GHz, 20 to 25 GB/s from memory, 32 bytes a cycle from the second-level cache. ``ireekit profile
--measure-machine`` prints what this machine has, ``ireekit tune --forms`` tries it.
"""


def machine_of(triple: str, features: Iterable[str]) -> Machine | None:
    """The family of a CPU, or ``None`` where the table has none that its code could be tuned for.

    Args:
      triple: of the target, ``"x86_64-unknown-linux-gnu"``.
      features: with their signs, ``"+avx2"``; the last mention of one counts.
    """
    said = {feature[1:]: feature[0] == "+" for feature in features if len(feature) > 1}
    fits = (
        machine
        for machine in MACHINES
        if triple.startswith(machine.triple) and (not machine.feature or said.get(machine.feature, False))
    )
    return next(fits, None)


def host_machine() -> Machine | None:
    """The family of this machine's CPU; of its baseline where the system does not say what it has."""
    import platform
    from pathlib import Path

    architecture = platform.machine().lower().replace("amd64", "x86_64")
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    said = next((line for line in lines if line.partition(":")[0].strip() in ("flags", "Features")), "")
    return machine_of(f"{architecture}-", (f"+{flag}" for flag in said.partition(":")[2].split()))
