"""One thread per program that runs submitted calls in order."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from ireekit.errors import DeviceError
from ireekit.runtime import lifetime

if TYPE_CHECKING:
    from ireekit.runtime.arrays import Returns
    from ireekit.runtime.function import Function

_Job = tuple["Future[Any]", "Function", Any, "Returns | None"]


class Worker:
    """Runs calls one after another on a thread of its own, started with the first of them."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        lifetime.register(lifetime.CALLERS, self)

    def submit(
        self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], returns: Returns | None
    ) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            arguments = function.prepare(args, kwargs)
        except Exception as error:
            future.set_exception(error)
            return future
        with self._lock:
            if self._closed:
                future.set_exception(DeviceError("the program is closed", remedy="load it again"))
                return future
            if self._thread is None:
                self._thread = threading.Thread(target=_work, args=(self._jobs,), name="ireekit-worker", daemon=True)
                self._thread.start()
            self._jobs.put((future, function, arguments, returns))
        return future

    def close(self) -> None:
        """Cancels what has not begun and waits for what has."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                job[0].cancel()
        if thread is not None:
            self._jobs.put(None)
            if thread is not threading.current_thread():
                thread.join()

    def __del__(self) -> None:
        # The thread holds only the queue, so a program dropped without close() ends its thread here.
        if self._thread is not None and not self._closed:
            self._jobs.put(None)


def _work(jobs: queue.SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        future, function, arguments, returns = job
        if future.set_running_or_notify_cancel():
            try:
                result = function.run(arguments, returns)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
        del job, future, function, arguments
