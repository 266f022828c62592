"""Ctrl-C while the compiler works: native code does not listen, so the process ends without it.

Python raises KeyboardInterrupt only once native code returns, which may take a phase of a compilation. Outputs
appear by rename, so ending the process at any time leaves none half written.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Generator

GRACE_SECONDS = 1.0
"""What Python code is given to end by itself; a second Ctrl-C ends the wait."""


@contextlib.contextmanager
def prompt_interruption(exit_code: int) -> Generator[None]:
    """Within, Ctrl-C ends this process soon, whatever the main thread does. Only for who owns the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    previous = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reader, exit_code), name="ireekit-interrupt", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        writer.close()


def _watch(reader: socket.socket, exit_code: int) -> None:
    """Wait for the number of a signal, which Python writes as it arrives, or for the end of the work."""
    with reader:
        while signals := reader.recv(16):
            if signal.SIGINT not in signals:
                continue
            reader.settimeout(GRACE_SECONDS)
            with contextlib.suppress(TimeoutError):
                if not reader.recv(16):
                    return
            with contextlib.suppress(OSError):
                os.write(2, b"interrupted\n")
            os._exit(exit_code)
