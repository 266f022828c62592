"""Which configurations are worth a trial: first those the machine suggests, then the neighbours of the best one.

A kernel that sums keeps a tile of results in registers. The first candidates are the shapes of such tiles that the
registers hold; steps of twice and half along every loop and level find the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ireekit.codegen.configuration import CompilationInfo, LoweringConfig, Translation
from ireekit.codegen.tuned.kernels import Loops
from ireekit.targets.machines import Machine

_DISTRIBUTION, _PARALLEL, _REDUCTION = "distribution", "vector_common_parallel", "vector_reduction"
_PEELING = "enable_loop_peeling"
_SPARE_REGISTERS = 4
_MOST_UNROLLED = 64
_DEPTHS = (1, 8)

Tiles = Mapping[str, tuple[int, ...]]


def first_candidates(loops: Loops, machine: Machine, reference: CompilationInfo) -> Iterator[CompilationInfo]:
    """Configurations that the machine's registers and vectors suggest, the most likely first, each once."""
    seen = {str(reference)}
    for tiles in _suggested(loops, machine, reference.lowering.tiles):
        info = CompilationInfo(LoweringConfig(tiles), reference.translation)
        for each in (info, _peeled(info)) if _is_ragged(loops, tiles) else (info,):
            if str(each) not in seen and is_sensible(each, loops, machine):
                seen.add(str(each))
                yield each


def neighbours(info: CompilationInfo, loops: Loops, machine: Machine) -> Iterator[CompilationInfo]:
    """Configurations one step away: a tile of half or twice the size, or of the whole loop; loops peeled or not."""
    for level, sizes in info.lowering.tiles.items():
        for loop, size in enumerate(sizes):
            whole = loops.extents[loop] if level == _DISTRIBUTION else 0
            for other in dict.fromkeys((2 * size, size // 2, whole)):
                if other in (0, size):
                    continue
                changed = (*sizes[:loop], min(other, _rounded(loops.extents[loop], machine)), *sizes[loop + 1 :])
                made = CompilationInfo(LoweringConfig({**info.lowering.tiles, level: changed}), info.translation)
                if made != info and is_sensible(made, loops, machine):
                    yield made
    yield _peeled(info)


def is_sensible(info: CompilationInfo, loops: Loops, machine: Machine) -> bool:
    """Whether a configuration can be good: its tiles lie in each other, and registers hold about what they must."""
    tiles = info.lowering.tiles
    parallel, distribution = tiles.get(_PARALLEL, ()), tiles.get(_DISTRIBUTION, ())
    for loop in range(loops.count):
        inner = parallel[loop] if parallel else 0
        outer = distribution[loop] if distribution else 0
        if inner > 1 and outer and inner > outer and outer < loops.extents[loop]:
            return False
    lanes = machine.lanes(loops.element_bytes)
    vectors = math.prod(max(1, size) for size in parallel) / lanes
    depth = math.prod(max(1, size) for size in tiles.get(_REDUCTION, ()))
    return vectors <= 2 * machine.vector_registers and vectors * depth <= _MOST_UNROLLED * machine.vector_registers


def _suggested(loops: Loops, machine: Machine, reference: Tiles) -> Iterator[dict[str, tuple[int, ...]]]:
    if _PARALLEL not in reference:
        return
    lanes, columns = machine.lanes(loops.element_bytes), loops.innermost
    rows = _rows(loops)
    widths = [count * lanes for count in (2, 1, 4) if count * lanes <= max(lanes, loops.extents[columns])]
    for reduction in _reductions(loops, reference):
        for width in widths:
            for height in _heights(loops, rows, width // lanes, machine) if rows is not None else (1,):
                sizes = {columns: width} if rows is None else {columns: width, rows: height}
                parallel = tuple(sizes.get(loop, min(1, size)) for loop, size in enumerate(reference[_PARALLEL]))
                made = {**reference, _PARALLEL: parallel}
                if reduction is not None:
                    made[_REDUCTION] = reduction
                yield from _distributed(loops, made)


def _distributed(loops: Loops, tiles: dict[str, tuple[int, ...]]) -> Iterator[dict[str, tuple[int, ...]]]:
    """With shares that hold whole tiles, as large as they were."""
    given, inner = tiles.get(_DISTRIBUTION), tiles[_PARALLEL]
    if given is None:
        yield tiles
        return
    fitted = tuple(
        size if not size or not tile else min(-(-size // tile) * tile, max(tile, loops.extents[loop]))
        for loop, (size, tile) in enumerate(zip(given, inner, strict=True))
    )
    yield {**tiles, _DISTRIBUTION: fitted}


def _reductions(loops: Loops, reference: Tiles) -> Iterator[tuple[int, ...] | None]:
    given = reference.get(_REDUCTION)
    if given is None or not loops.reductions:
        yield None
        return
    last = loops.reductions[-1]
    for depth in dict.fromkeys((given[last], *(depth for depth in _DEPTHS if depth <= loops.extents[last]))):
        yield (*given[:last], depth, *given[last + 1 :])


def _rows(loops: Loops) -> int | None:
    """The loop whose steps fill registers besides the innermost one: of an image its columns, else the longest."""
    others = [loop for loop in loops.parallel if loop != loops.innermost and loops.extents[loop] > 1]
    if not others:
        return None
    return others[-1] if loops.images else max(others, key=lambda loop: (loops.extents[loop], loop))


def _heights(loops: Loops, rows: int, vectors: int, machine: Machine) -> list[int]:
    """Steps of rows for which registers hold all results: the table's, and the best divisor of the extent."""
    extent = loops.extents[rows]
    most = min(extent, (machine.vector_registers - _SPARE_REGISTERS) // vectors)
    if most < 1:
        return []
    if not any(loops.summed):
        return list(dict.fromkeys((1, min(4, most))))
    divisor = max(size for size in range(1, most + 1) if extent % size == 0)
    return list(dict.fromkeys((min(machine.rows, most), divisor, most)))


def _is_ragged(loops: Loops, tiles: Tiles) -> bool:
    return any(size > 1 and loops.extents[loop] % size for loop, size in enumerate(tiles.get(_PARALLEL, ())))


def _peeled(info: CompilationInfo) -> CompilationInfo:
    flags = info.translation.flags
    others = tuple(each for each in flags if each != _PEELING)
    changed = others if _PEELING in flags else (*others, _PEELING)
    return CompilationInfo(info.lowering, Translation(info.translation.pipeline, changed))


def _rounded(extent: int, machine: Machine) -> int:
    """No tile is larger than its loop, but for filling a vector."""
    lanes = machine.vector_bytes
    return extent if extent >= lanes else 1 << (extent - 1).bit_length()
