"""At exit, devices end only when their worker threads have nothing left to do."""

from __future__ import annotations

import ctypes
import sys
import threading
import time

import pytest

from ireekit.runtime import lifetime

_SET_NAME = 15  # prctl


@pytest.mark.skipif(sys.platform != "linux", reason="what threads do is told by /proc, which only Linux has")
def test_threadsworkers_busy_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def work() -> None:
        ctypes.CDLL(None).prctl(_SET_NAME, b"iree-worker-9", 0, 0, 0)
        while not stop.is_set():
            pass

    thread = threading.Thread(target=work)
    monkeypatch.setattr(lifetime, "_PATIENCE_SECONDS", 0.05)
    thread.start()
    started = time.monotonic()
    while not lifetime.workers_busy():
        assert time.monotonic() - started < 10, "a busy worker thread was not seen"
    started = time.monotonic()
    lifetime.let_threads_finish()
    assert time.monotonic() - started >= 0.05, "it was not waited for"
    stop.set()
    thread.join()
    monkeypatch.setattr(lifetime, "_PATIENCE_SECONDS", 10.0)
    started = time.monotonic()
    lifetime.let_threads_finish()
    assert time.monotonic() - started < 5, "a thread that ended was waited for"
