"""The bench's end of a worker's pipe."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from suite.failures import BenchError

_ENDING_SECONDS = 10.0


class Client:
    """A worker process: :mod:`suite.worker`.

    Args:
      command: that starts it.
      environment: of the process.
      log: gets what it prints.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env=dict(environment),
                start_new_session=True,
            )

    def ask(self, do: str, *, timeout: float, **arguments: Any) -> dict[str, Any]:
        """One request.

        Raises:
          BenchError: the worker says why not, died, or took longer than ``timeout`` seconds; it is ended then.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            self._process.stdin.flush()
            line = self._read_line(time.monotonic() + timeout)
        except BrokenPipeError:
            line = b""
        if line is None:
            self.close(at_once=True)
            raise BenchError(f"{do}: not done after {timeout:.0f} s")
        if not line:
            raise BenchError(f"{do}: {self._how_it_ended()}; see {self._log}")
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise BenchError(answer["problem"])
        return answer

    def _read_line(self, deadline: float) -> bytes | None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        found = b""
        while not found.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            part = os.read(descriptor, 1 << 16)
            if not part:
                return b""
            found += part
        return found

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING_SECONDS)
        code = self._process.returncode
        if code is None:
            return "the process closed its pipe"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"the process ended with {code}"

    def close(self, *, at_once: bool = False) -> None:
        """End the process, and whatever it started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if not at_once:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)
