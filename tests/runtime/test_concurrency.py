"""Threads, futures, batching."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ireekit.errors import DeviceError, InputError
from ireekit.runtime import Batcher, Program
from ireekit.signature import EntryPoint, Leaf

Files = Callable[[str], Path]
DOT = EntryPoint.flat(
    "dot",
    [Leaf("a", "float32", ("batch", 4)), Leaf("b", "float32", ("batch", 4))],
    [Leaf("r", "float32", ("batch", 4))],
)


@pytest.mark.parametrize("device", ["cpu", "cpu-sync"])
def test_threads_share_a_program(program_file: Files, device: str) -> None:
    with Program.load(program_file("many"), device=device) as program:
        one = np.array(1, np.int64)

        def work(seed: int) -> None:
            values = np.random.default_rng(seed).standard_normal((100, 4), np.float32)
            for row in values:
                np.testing.assert_array_equal(program["add"](row, row), row * 2)
                program["count"](one)

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        assert int(program["count"](np.array(0, np.int64))) == 600


def test_other_threads_run_during_a_call(program_file: Files) -> None:
    with Program.load(program_file("slow"), device="cpu-sync") as program:
        x = np.zeros((256, 256), np.float32)
        program(x)
        future = program.submit(x)
        ticks = 0
        while not future.done():
            ticks += 1
            time.sleep(0)
        assert ticks > 5
        assert future.result().shape == (256, 256)


def test_submitted_calls_keep_their_order(program_file: Files) -> None:
    with Program.load(program_file("many")) as program:
        futures = [program["count"].submit(1) for _ in range(200)]
        assert [future.result(10) for future in futures] == list(range(1, 201))


def test_submit_takes_its_arguments_over(program_file: Files) -> None:
    with Program.load(program_file("many")) as program:
        row = np.zeros(4, np.float32)
        futures = []
        for value in range(20):
            row[:] = value
            futures.append(program["add"].submit(row, row))
        assert [float(future.result(10)[0]) for future in futures] == [2.0 * v for v in range(20)]


def test_errors_land_in_the_future(program_file: Files) -> None:
    with Program.load(program_file("many")) as program:
        ok = np.ones(4, np.float32)
        assert isinstance(program["add"].submit(ok).exception(10), InputError)
        assert isinstance(program["positive"].submit(ok, False).exception(10), DeviceError)
        assert program["add"].submit(ok, ok, returns="device").result(10).numpy().tolist() == [2, 2, 2, 2]


def test_closing_cancels_what_waits(program_file: Files) -> None:
    program = Program.load(program_file("slow"), device="cpu-sync")
    x = np.zeros((256, 256), np.float32)
    futures = [program.submit(x) for _ in range(20)]
    program.close()
    assert all(future.done() for future in futures)
    with pytest.raises(CancelledError):
        futures[-1].result()
    assert not [thread for thread in threading.enumerate() if thread.name == "ireekit-worker" and thread.is_alive()]


def test_calls_can_be_awaited(program_file: Files) -> None:
    async def main(program: Program) -> list[float]:
        rows = [np.full(4, value, np.float32) for value in range(10)]
        results = await asyncio.gather(*(program["add"].call_async(row, row) for row in rows))
        with pytest.raises(InputError):
            await program["add"].call_async(rows[0])
        return [float(result[0]) for result in results]

    with Program.load(program_file("many")) as program:
        assert asyncio.run(main(program)) == [2.0 * value for value in range(10)]


def test_a_batcher_joins_calls_of_many_threads(program_file: Files) -> None:
    with (
        Program.load(program_file("many"), entry_points=[DOT]) as program,
        Batcher(program, max_batch=16, max_delay_s=0.05) as batcher,
    ):

        def work(seed: int) -> None:
            generator = np.random.default_rng(seed)
            for _ in range(10):
                a, b = generator.standard_normal((2, int(generator.integers(1, 4)), 4), np.float32)
                result = batcher(a, b=b)
                np.testing.assert_array_equal(result, a * b)
                assert result.base is None

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert batcher.requests == 80
        assert batcher.batches < 60


def test_a_batch_waits_no_longer_than_asked(program_file: Files) -> None:
    one = np.ones((1, 4), np.float32)
    with Program.load(program_file("many"), entry_points=[DOT]) as program:
        with Batcher(program, max_batch=4, max_delay_s=30) as batcher:
            futures = [batcher.submit(one, one) for _ in range(4)]
            assert [future.result(10).shape for future in futures] == [(1, 4)] * 4
            assert batcher.batches == 1
        with Batcher(program, max_batch=100, max_delay_s=0.01) as batcher:
            assert batcher.submit(one, one).result(10).shape == (1, 4)
        batcher = Batcher(program, max_batch=100, max_delay_s=30)
        waiting = [batcher.submit(one * value, one) for value in range(3)]
        batcher.close()
        assert [float(future.result(0)[0, 0]) for future in waiting] == [0, 1, 2]
        assert isinstance(batcher.submit(one, one).exception(0), DeviceError)


def test_a_bad_call_fails_alone(program_file: Files) -> None:
    one = np.ones((1, 4), np.float32)
    with (
        Program.load(program_file("many"), entry_points=[DOT]) as program,
        Batcher(program, max_batch=3, max_delay_s=30) as batcher,
    ):
        first = batcher.submit(one, one)
        assert isinstance(batcher.submit(one, one.astype(np.float64)).exception(0), InputError)
        assert isinstance(batcher.submit(one, np.ones((2, 4), np.float32)).exception(0), InputError)
        others = [batcher.submit(one * 2, one) for _ in range(2)]
        assert first.result(10).tolist() == [[1, 1, 1, 1]]
        assert [future.result(10).tolist() for future in others] == [[[2, 2, 2, 2]]] * 2


def test_a_failing_batch_is_run_one_by_one(program_file: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    one = np.ones((1, 4), np.float32)
    with Program.load(program_file("many"), entry_points=[DOT]) as program:
        function = program.main
        run = function.run_hosts

        def fragile(values: list[np.ndarray]) -> list[np.ndarray]:
            if (values[0] < 0).any():
                raise DeviceError("negative")
            return run(values)

        monkeypatch.setattr(function, "run_hosts", fragile)
        with Batcher(function, max_batch=3, max_delay_s=30) as batcher:
            futures = [batcher.submit(one * value, one) for value in (1, -1, 2)]
            assert futures[0].result(10)[0, 0] == 1
            assert str(futures[1].exception(10)) == "negative"
            assert futures[2].result(10)[0, 0] == 2


def test_unfit_entry_points_cannot_be_batched(program_file: Files) -> None:
    with Program.load(program_file("many")) as program:
        for name in ("add", "numbers", "kept"):
            with pytest.raises(InputError, match=f"calls of {name} cannot be batched"):
                Batcher(program[name])
        with pytest.raises(InputError, match="a batch of 0 rows"):
            Batcher(program["dot"], max_batch=0)
