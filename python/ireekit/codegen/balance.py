"""Into how many workgroups work is divided, so that all threads end at about the same time.

The worker threads of IREE's CPU device take the workgroups of a dispatch from one counter: one at a time where there
are fewer than eight for each thread, otherwise eight at a time. So one of two threads gets 16 of 24 workgroups: as if
there were one and a half threads. 8, 12, 16 or 32 keep both busy. How many threads there will be is not known when a
program is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import log2, prod

THREADS = ((2, 3), (4, 2), (8, 1), (16, 1))
"""Numbers of threads that work is divided for, and how much each counts."""

_TAKEN = 8
"""Workgroups that a thread takes at a time where each thread has at least as many."""
_WAITING = 0.08
"""What a thread that starts late or is interrupted costs at the end, in units of what threads take at a time."""
_SHARES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96)
_MOST = 512
"""Workgroups: more of them only cost time to begin."""
_BEGINNING = 2e-4
"""What each workgroup costs, compared with the whole."""
_GAIN = 0.05
"""Less is not worth a change."""
_CHANGE = 0.03
"""What twice or half as many workgroups have to gain: the present number had its reasons, such as caches."""


def busiest(count: int, threads: int) -> int:
    """Workgroups that the busiest of ``threads`` computes, where all workgroups take as long.

    >>> busiest(24, 2), busiest(12, 2), busiest(32, 2)
    (16, 6, 16)
    """
    taken = _taken(count, threads)
    turns = -(-count // taken)
    full, rest = divmod(turns, threads)
    if rest == 0:
        last = count - (turns - 1) * taken
        return full * taken if threads > 1 else (full - 1) * taken + last
    if rest == 1:
        return full * taken + count - (turns - 1) * taken
    return (full + 1) * taken


@lru_cache(maxsize=4096)
def cost(count: int) -> float:
    """How many times longer ``count`` equal workgroups take than the same work in perfectly equal shares.

    Weighted over :data:`THREADS`; with what it costs to wait for a thread that is late.
    """
    total = 0.0
    for threads, weight in THREADS:
        fair = count / threads
        total += weight * (busiest(count, threads) + _WAITING * min(_taken(count, threads), count)) / fair
    return total / sum(weight for _, weight in THREADS) + _BEGINNING * count


def choose(
    extents: Sequence[int], tiles: Sequence[int], choices: Sequence[Sequence[int]], *, most: int = _MOST
) -> tuple[int, ...]:
    """Tiles of a workgroup that are shared out best.

    Args:
      extents: of the loops that are distributed.
      tiles: as they are: they stay where nothing is better by some percent.
      choices: of tiles for each loop.
      most: workgroups that there may be, unless there are more already.
    """
    present = _count(extents, tiles)
    found, best = tuple(tiles), _divided(extents, tiles) - _GAIN
    for each in product(*choices):
        count = _count(extents, each)
        if count > max(min(most, _MOST), present):
            continue
        divided = _divided(extents, each) + _CHANGE * abs(log2(count / present))
        if divided < best:
            found, best = each, divided
    return found


@lru_cache(maxsize=4096)
def shares(extent: int, least: int, most: int, step: int, *, equal: bool = False) -> tuple[int, ...]:
    """Tiles that divide ``extent`` into nearly equal parts.

    Args:
      least, most: sizes that tiles may have.
      step: tiles are multiples of it, but for one that is the whole.
      equal: only those that divide the extent.
    """
    made: set[int] = set()
    for count in _SHARES:
        share = -(-extent // count)
        size = min(-(-share // step) * step, extent)
        if least <= size <= most and not (equal and extent % size):
            made.add(size)
    return tuple(sorted(made))


def _taken(count: int, threads: int) -> int:
    return _TAKEN if count >= _TAKEN * threads else 1


def _count(extents: Sequence[int], tiles: Sequence[int]) -> int:
    return prod(-(-extent // tile) for extent, tile in zip(extents, tiles, strict=True))


def _divided(extents: Sequence[int], tiles: Sequence[int]) -> float:
    """The cost of tiles; where the last one of a loop is smaller, of what the others have more than their share."""
    uneven = 1.0
    for extent, tile in zip(extents, tiles, strict=True):
        parts = -(-extent // tile)
        uneven *= 1 + (tile * parts / extent - 1) / parts
    return cost(_count(extents, tiles)) * uneven
