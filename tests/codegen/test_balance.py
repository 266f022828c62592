"""Shares of work: what the busiest thread computes, and tiles that give threads equally much."""

from __future__ import annotations

import heapq
from math import prod

import pytest

from ireekit.codegen.balance import busiest, choose, cost, shares


def _simulated(count: int, threads: int) -> int:
    """Threads that take what is left whenever they are free."""
    taken = 8 if count >= 8 * threads else 1
    ends, computed = [(0, thread) for thread in range(threads)], [0] * threads
    while count:
        end, thread = heapq.heappop(ends)
        part = min(taken, count)
        count -= part
        computed[thread] += part
        heapq.heappush(ends, (end + part, thread))
    return max(computed)


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 8, 16])
def test_busiest_is_what_threads_do(threads: int) -> None:
    assert [busiest(count, threads) for count in range(1, 300)] == [
        _simulated(count, threads) for count in range(1, 300)
    ]


def test_counts_that_two_threads_share_badly_cost_more() -> None:
    assert cost(24) > cost(12) > cost(16)
    assert cost(17) > cost(16)
    assert cost(1) == max(map(cost, range(1, 200)))


@pytest.mark.parametrize("extents", [(24, 128), (72, 128), (12, 3136), (6, 784), (7, 56), (3, 40)])
def test_choice_covers_everything_and_is_no_worse(extents: tuple[int, int]) -> None:
    tiles = (1, extents[1])
    choices = (shares(extents[0], 1, extents[0], 1), shares(extents[1], 32, extents[1], 8))
    chosen = choose(extents, tiles, choices)
    counts = [prod(-(-extent // tile) for extent, tile in zip(extents, each, strict=True)) for each in (tiles, chosen)]
    assert cost(counts[1]) <= cost(counts[0])
    assert chosen == tiles or (chosen[0] in choices[0] and chosen[1] in choices[1])


def test_present_tiles_stay_where_nothing_is_better() -> None:
    assert choose((32, 128), (1, 128), ((1, 2, 4), (32, 64, 128))) == (1, 128)
    assert choose((24, 128), (1, 128), ((1,), (128,))) == (1, 128)


def test_there_are_not_more_workgroups_than_allowed() -> None:
    choices = (shares(24, 1, 24, 1), shares(128, 8, 128, 8))
    few = choose((24, 128), (24, 128), choices, most=4)
    assert prod(-(-extent // tile) for extent, tile in zip((24, 128), few, strict=True)) == 4


def test_shares_are_multiples_within_limits() -> None:
    found = shares(197, 16, 197, 8)
    assert found[-1] == 197
    assert all(size >= 16 and (size % 8 == 0 or size == 197) for size in found)
    assert shares(197, 1, 197, 8, equal=True) == (197,)
    assert all(96 % size == 0 for size in shares(96, 1, 96, 4, equal=True))
    assert shares(5, 6, 9, 1) == ()
