"""The search by itself, on times that a formula gives."""

from __future__ import annotations

import math

import pytest

from ireekit.codegen import CompilationInfo, LoweringConfig, Translation
from ireekit.codegen.tuned.kernels import Loops
from ireekit.targets.machines import MACHINES, Machine
from ireekit.tuning.candidates import first_candidates, is_sensible, neighbours
from ireekit.tuning.measuring import Measured
from ireekit.tuning.search import Search

AVX512, AVX2, *_, NEON = (each for each in MACHINES if each.name in ("avx512", "avx2", "neon"))
MATMUL = Loops("linalg.generic", (197, 96, 128), (False, False, True), 1, 4, images=False)
IMAGE = Loops("linalg.conv_2d_nhwc_hwcf", (1, 14, 14, 64, 3, 3, 32), (False,) * 4 + (True,) * 3, 3, 4, images=True)
ADDITION = Loops("linalg.generic", (56, 40), (False, False), 1, 4, images=False)


def _reference(loops: Loops) -> CompilationInfo:
    zero = (0,) * loops.count
    parallel = tuple(0 if summed else 1 for summed in loops.summed)
    reduction = tuple(1 if summed else 0 for summed in loops.summed)
    return CompilationInfo(
        LoweringConfig({"distribution": zero, "vector_common_parallel": parallel, "vector_reduction": reduction}),
        Translation("DoubleTilingExpert"),
    )


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: f"{machine.triple}-{machine.name}")
@pytest.mark.parametrize("loops", [MATMUL, IMAGE, ADDITION], ids=["product", "convolution", "addition"])
def test_candidates_fit_the_machine(loops: Loops, machine: Machine) -> None:
    reference = _reference(loops)
    found = list(first_candidates(loops, machine, reference))
    assert found
    assert len({str(each) for each in (reference, *found)}) == len(found) + 1
    for each in found:
        assert each.lowering.loops == loops.count
        assert is_sensible(each, loops, machine)
        tiles = each.lowering.tiles["vector_common_parallel"]
        assert tiles[loops.innermost] % machine.lanes(loops.element_bytes) == 0
        assert math.prod(max(1, size) for size in tiles) <= machine.vector_registers * machine.lanes(4)


def test_neighbours_are_one_step_away() -> None:
    info = next(first_candidates(MATMUL, AVX512, _reference(MATMUL)))
    for other in neighbours(info, MATMUL, AVX512):
        changed = sum(
            before != after
            for level in info.lowering.tiles
            for before, after in zip(info.lowering.tiles[level], other.lowering.tiles[level], strict=True)
        )
        assert changed + (info.translation != other.translation) == 1


def _time(info: CompilationInfo) -> float:
    """Best: eight rows of 32, four summands at a time, peeled."""
    wanted = {"vector_common_parallel": (8, 32, 0), "vector_reduction": (0, 0, 4)}
    steps = sum(
        abs(math.log2(max(1, size)) - math.log2(max(1, best)))
        for level, sizes in wanted.items()
        for size, best in zip(info.lowering.tiles[level], sizes, strict=True)
    )
    return 100.0 + 50.0 * steps + (0.0 if info.translation.flags else 20.0)


def _searched(seed: int, limit: int = 100) -> tuple[Search, list[str]]:
    reference = _reference(MATMUL)
    search = Search(MATMUL, AVX512, reference, limit=limit, seed=seed)
    order: list[str] = []
    while infos := search.next(4):
        for info in infos:
            order.append(str(info))
            search.note(info, Measured("ok", _time(reference), _time(info)))
    return search, order


def test_finds_the_best() -> None:
    search, order = _searched(0)
    assert _time(search.best) == 100.0
    assert len(set(order)) == len(order) == search.tried


def test_the_same_seed_gives_the_same_order() -> None:
    assert _searched(1)[1] == _searched(1)[1]
    assert _searched(1)[1] != _searched(2)[1]


def test_tries_no_more_than_it_may() -> None:
    search, order = _searched(0, limit=7)
    assert len(order) == search.tried == 7


def test_what_fails_is_no_step_forward() -> None:
    reference = _reference(MATMUL)
    search = Search(MATMUL, AVX512, reference, limit=20, seed=0)
    while infos := search.next(4):
        for info in infos:
            assert not search.note(info, Measured("failed", reason="it crashed"))
    assert search.best == reference
    assert search.outcome is None
