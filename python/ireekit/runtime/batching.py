"""Many small calls from many threads, run as few large ones."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ireekit.errors import DeviceError, InputError, IreekitError
from ireekit.runtime import lifetime
from ireekit.runtime.program import Program

if TYPE_CHECKING:
    from ireekit.runtime.arrays import ArrayKind
    from ireekit.runtime.function import Function
    from ireekit.signature import EntryPoint, Leaf


@dataclass(slots=True)
class _Request:
    values: list[Any]
    kind: ArrayKind
    rows: int
    shapes: tuple[tuple[int, ...], ...]
    arrived: float
    future: Future[Any] = field(default_factory=Future[Any])


class Batcher:
    """Gathers independent calls into one along a dynamic dimension, and hands each its part.

    Calls wait at most ``max_delay_s`` for others. Only calls whose other dimensions agree are joined.
    A call that fails takes no other with it: a failed batch is run again one by one.

    Args:
      function: an entry point, or a program with a main one; every argument and every result must be
        an array whose dimension ``axis`` is dynamic. It must keep no state.
      max_batch: most rows (extents along ``axis``, summed) in one batch; a larger call runs alone.
      max_delay_s: seconds the first call of a batch waits for more.
      axis: the dimension to join along.

    Raises:
      InputError: the entry point does not have that form.
    """

    def __init__(
        self,
        function: Function | Program,
        *,
        max_batch: int = 32,
        max_delay_s: float = 0.002,
        axis: int = 0,
    ) -> None:
        self._function = function.main if isinstance(function, Program) else function
        _check(self._function.entry_point, axis)
        if max_batch < 1 or max_delay_s < 0:
            raise InputError(
                f"a batch of {max_batch} rows within {max_delay_s} s is not possible",
                remedy="give max_batch of at least 1 and max_delay_s of at least 0",
            )
        self._max_batch = max_batch
        self._max_delay = max_delay_s
        self._axis = axis
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.batches = 0
        self.requests = 0
        self._thread = threading.Thread(target=self._serve, name="ireekit-batcher", daemon=True)
        self._thread.start()
        lifetime.register(lifetime.CALLERS, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As the function itself; returns when the batch with this call is done."""
        return self.submit(*args, **kwargs).result()

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queues a call. Arguments must not change until it is done; every error lands in the future."""
        try:
            request = self._request(args, kwargs)
        except IreekitError as error:
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed
        with self._changed:
            if self._closed:
                request.future.set_exception(DeviceError("the batcher is closed", remedy="make another one"))
                return request.future
            self.requests += 1
            self._waiting.append(request)
            self._changed.notify_all()
        return request.future

    def close(self) -> None:
        """Runs what is queued, takes nothing new, and returns when all is done."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _request(self, args: Sequence[Any], kwargs: dict[str, Any]) -> _Request:
        values, kind = self._function.hosts(args, kwargs)
        rows = {value.shape[self._axis] for value in values}
        if len(rows) != 1:
            raise InputError(
                f"the arguments of one call have {sorted(rows)} rows",
                op=self._function.entry_point.name,
                remedy=f"give every argument the same extent along dimension {self._axis}",
            )
        axis = self._axis
        shapes = tuple((*value.shape[:axis], *value.shape[axis + 1 :]) for value in values)
        return _Request(values, kind, rows.pop(), shapes, time.monotonic())

    def _serve(self) -> None:
        while batch := self._next_batch():
            self._run(batch)
            batch.clear()

    def _next_batch(self) -> list[_Request]:
        """Waits for calls that belong together; empty when closed and drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return []
            deadline = self._waiting[0].arrived + self._max_delay
            self._changed.wait_for(self._is_full, timeout=max(0.0, deadline - time.monotonic()))
            first = self._waiting.popleft()
            batch, rows, others = [first], first.rows, deque[_Request]()
            while self._waiting:
                request = self._waiting.popleft()
                if request.shapes == first.shapes and rows + request.rows <= self._max_batch:
                    batch.append(request)
                    rows += request.rows
                else:
                    others.append(request)
            self._waiting = others
            return batch

    def _is_full(self) -> bool:
        return self._closed or sum(request.rows for request in self._waiting) >= self._max_batch

    def _run(self, batch: list[_Request]) -> None:
        batch[:] = [request for request in batch if request.future.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            results = self._call([request.values for request in batch])
            self._check_rows(results, sum(request.rows for request in batch))
        except Exception as error:
            if len(batch) == 1:
                batch[0].future.set_exception(error)
                return
            for request in batch:
                self._run_alone(request)
            return
        start = 0
        for request in batch:
            part = [self._rows(result, start, request.rows, len(batch)) for result in results]
            self._finish(request, part)
            start += request.rows

    def _run_alone(self, request: _Request) -> None:
        try:
            results = self._call([request.values])
        except Exception as error:
            request.future.set_exception(error)
            return
        self._finish(request, results)

    def _finish(self, request: _Request, results: list[Any]) -> None:
        try:
            request.future.set_result(self._function.fold(results, request.kind))
        except Exception as error:
            request.future.set_exception(error)

    def _call(self, calls: list[list[Any]]) -> list[Any]:
        self.batches += 1
        if len(calls) == 1:
            return self._function.run_hosts(calls[0])
        joined = [np.concatenate(parts, axis=self._axis) for parts in zip(*calls, strict=True)]
        return self._function.run_hosts(joined)

    def _check_rows(self, results: list[Any], rows: int) -> None:
        for leaf, result in zip(self._function.entry_point.results, results, strict=True):
            if result.shape[self._axis] != rows:
                raise InputError(
                    f"{rows} rows went in, but {leaf.name} has {result.shape[self._axis]}",
                    op=self._function.entry_point.name,
                    remedy="batch only functions that treat rows independently",
                )

    def _rows(self, result: Any, start: int, count: int, calls: int) -> Any:
        if calls == 1:
            return result
        index = (slice(None),) * self._axis + (slice(start, start + count),)
        return result[index].copy()


def _check(entry: EntryPoint, axis: int) -> None:
    if not entry.inputs or entry.stateful:
        raise InputError(
            f"calls of {entry.name} cannot be batched: it "
            + ("keeps state between calls" if entry.stateful else "takes no arguments"),
            op=entry.name,
            remedy="call it directly",
        )
    for leaf in (*entry.inputs, *entry.results):
        if not _is_dynamic(leaf, axis):
            raise InputError(
                f"calls of {entry.name} cannot be batched: dimension {axis} of {leaf} is not dynamic",
                op=entry.name,
                remedy="compile the model with a dynamic batch dimension",
            )


def _is_dynamic(leaf: Leaf, axis: int) -> bool:
    shape = leaf.shape
    return shape is not None and 0 <= axis < len(shape) and isinstance(shape[axis], str)
