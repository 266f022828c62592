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
    """

    name: str
    triple: str
    feature: str
    vector_bytes: int
    vector_registers: int
    l1_bytes: int
    l2_bytes: int
    rows: int

    def lanes(self, element_bytes: int) -> int:
        """Elements of that size in a vector register."""
        return max(1, self.vector_bytes // element_bytes)


MACHINES = (
    Machine("avx512", "x86_64", "avx512f", 64, 32, 32 << 10, 1 << 20, 8),
    Machine("avx2", "x86_64", "avx2", 32, 16, 32 << 10, 512 << 10, 6),
    Machine("sse", "x86_64", "", 16, 16, 32 << 10, 256 << 10, 6),
    Machine("neon", "aarch64", "", 16, 32, 64 << 10, 512 << 10, 8),
    Machine("neon", "arm64", "", 16, 32, 64 << 10, 512 << 10, 8),
    Machine("rvv", "riscv64", "v", 32, 32, 32 << 10, 256 << 10, 8),
    Machine("wasm", "wasm32", "simd128", 16, 16, 32 << 10, 256 << 10, 4),
)
"""Families; of those with the same triple the one with the widest vectors comes first."""


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
