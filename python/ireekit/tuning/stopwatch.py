"""The process that measures: reads what to measure from standard input, writes the outcome to standard output."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

TOLERANCES = {"f64": 1e-10, "f32": 1e-4, "f16": 1e-2, "bf16": 5e-2}
"""Largest difference to the reference by type of elements, as a share of the largest value of the tensor. Other
types must be equal."""

_FLOATS: dict[str, Any] = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}
_INTEGERS = {"i1": np.int8, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64}
_SEED = 0
_ROUND_NS = 2e6
_LEAST_ROUNDS = 5
_HOPELESS, _HOPELESS_ROUNDS = 2.5, 3


def main() -> int:
    """Measure one job."""
    job: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    outcome = _measure(job)
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()
    return 0


def _measure(job: Mapping[str, Any]) -> dict[str, Any]:
    buffers: list[dict[str, Any]] = job["buffers"]
    run = _Runner(int(job["threads"]))
    contents = [_contents(each, np.random.default_rng(_SEED + at)) for at, each in enumerate(buffers)]
    reference, candidate = run.load(job["reference"]), run.load(job["candidate"])
    expected_views, got_views = run.views(contents), run.views(contents)
    run.call(reference, expected_views, 1)
    run.call(candidate, got_views, 1)
    error = 0.0
    for at, each in enumerate(buffers):
        expected, got = run.read(expected_views[at]), run.read(got_views[at])
        for region in each["buffer"]["regions"]:
            difference = _difference(region, expected, got)
            if difference > TOLERANCES.get(region["element"], 0.0):
                reason = f"its numbers differ by {difference:.2g} of the largest"
                return {"status": "wrong", "error": min(difference, 1e30), "reason": reason}
            error = max(error, difference)
    del got_views
    times = _times(
        lambda count: run.time(reference, expected_views, count),
        lambda count: run.time(candidate, expected_views, count),
        float(job["seconds"]),
    )
    return {"status": "ok", "reference_ns": times[0], "candidate_ns": times[1], "error": error}


def _times(reference: Callable[[int], float], candidate: Callable[[int], float], seconds: float) -> tuple[float, float]:
    """The least time of one dispatch of either, in nanoseconds, called in turn."""
    both = (reference, candidate)
    # Each for itself: how many dispatches make a round of a fair length.
    once = [min(each(1) for _ in range(2)) for each in both]
    counts = [max(1, math.ceil(_ROUND_NS / max(1.0, nanoseconds))) for nanoseconds in once]
    least = [each(count) / count for each, count in zip(both, counts, strict=True)]
    started = time.perf_counter()
    rounds = 0
    while rounds < _LEAST_ROUNDS or time.perf_counter() - started < seconds:
        for at, each in enumerate(both):
            least[at] = min(least[at], each(counts[at]) / counts[at])
        rounds += 1
        if rounds >= _HOPELESS_ROUNDS and least[1] > _HOPELESS * least[0]:
            break
    return least[0], least[1]


def _contents(placed: Mapping[str, Any], random: np.random.Generator) -> NDArray[Any]:
    """The bytes of a buffer: floats between 0 and 1, integers 0 and 1, so that nothing is out of range."""
    one = np.zeros(placed["stride"], np.uint8)
    for region in placed["buffer"]["regions"]:
        start, element, count = region["offset"], region["element"], math.prod(region["shape"])
        if element in _FLOATS:
            values = random.random(count, dtype=np.float32).astype(_FLOATS[element])
        elif element in _INTEGERS:
            values = random.integers(0, 2, count).astype(_INTEGERS[element])
        else:
            continue
        raw = values.view(np.uint8)
        one[start : start + raw.size] = raw
    return np.tile(one, placed["copies"])


def _difference(region: Mapping[str, Any], expected: NDArray[Any], got: NDArray[Any]) -> float:
    if not region["written"]:
        return 0.0
    dtype = _FLOATS.get(region["element"])
    start = region["offset"]
    if dtype is None:
        bits = 8 if region["element"] == "i1" else int("".join(filter(str.isdigit, region["element"])) or 64)
        stop = start + math.ceil(math.prod(region["shape"]) * bits / 8)
        return 0.0 if np.array_equal(expected[start:stop], got[start:stop]) else math.inf
    stop = start + math.prod(region["shape"]) * np.dtype(dtype).itemsize
    left, right = (each[start:stop].view(dtype).astype(np.float64) for each in (expected, got))
    finite = np.isfinite(left)
    if not np.array_equal(finite, np.isfinite(right)) or not np.array_equal(
        left[~finite], right[~finite], equal_nan=True
    ):
        return math.inf
    if not finite.any():
        return 0.0
    scale = float(np.abs(left[finite]).max()) or 1.0
    return float(np.abs(left[finite] - right[finite]).max()) / scale


class _Runner:
    """Programs on this machine, by IREE's runtime itself: a call is to cost as little as it can."""

    def __init__(self, threads: int) -> None:
        from iree import runtime

        self._runtime: Any = runtime
        self._inline = threads == 1
        if threads == 1:
            self._device = runtime.get_device("local-sync")
        else:
            # As programs get them from ireekit.runtime.
            runtime.flags.parse_flags(f"--task_topology_group_count={threads}", "--task_worker_stack_size=1048576")
            self._device = runtime.get_device("local-task")
        self._instance = runtime.VmInstance()
        self._hal = runtime.create_hal_module(self._instance, self._device)
        self._now = time.thread_time_ns if self._inline else time.perf_counter_ns

    def load(self, file: str) -> tuple[Any, Any]:
        module = self._runtime.VmModule.mmap(self._instance, file)
        context = self._runtime.VmContext(self._instance, [self._hal, module])
        return context, module.lookup_function("run")

    def views(self, contents: Sequence[NDArray[Any]]) -> list[Any]:
        kinds = self._runtime
        return [
            self._device.allocator.allocate_buffer_copy(
                memory_type=kinds.MemoryType.DEVICE_LOCAL | kinds.MemoryType.HOST_VISIBLE,
                allowed_usage=kinds.BufferUsage.DEFAULT | kinds.BufferUsage.MAPPING,
                device=self._device,
                buffer=each,
                element_type=kinds.HalElementType.UINT_8,
            )
            for each in contents
        ]

    def call(self, program: tuple[Any, Any], views: Sequence[Any], count: int) -> None:
        arguments = self._runtime.VmVariantList(1 + len(views))
        arguments.push_int(count)
        for view in views:
            arguments.push_ref(view)
        program[0].invoke(program[1], arguments, self._runtime.VmVariantList(0))

    def time(self, program: tuple[Any, Any], views: Sequence[Any], count: int) -> float:
        started = self._now()
        self.call(program, views, count)
        return float(self._now() - started)

    def read(self, view: Any) -> NDArray[Any]:
        mapped = view.map()
        return np.asarray(mapped).view(np.uint8).reshape(-1).copy()


if __name__ == "__main__":
    sys.exit(main())
