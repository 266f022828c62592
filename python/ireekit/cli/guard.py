"""From exceptions to exit codes: nobody meets a traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Generator
from typing import Any

from ireekit.errors import IreekitError

REFUSED, INTERNAL, INTERRUPTED, UNREAD = 1, 70, 130, 141

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def guarded(work: Callable[[], int]) -> int:
    """Run ``work``; gives its exit code, or that of the exception it raised, which is told in a few lines."""
    try:
        with _plain_warnings():
            code = work()
        sys.stdout.flush()
    except SystemExit as request:  # argparse, for usage errors, --help and --version
        return _exit_code(request)
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return UNREAD
    except IreekitError as error:
        tell(f"error: {error}")
        return REFUSED
    except Exception as error:  # the last line of defence
        if isinstance(error, OSError) and error.errno in _NO_ROOM and error.filename is None:
            _discard_output()
            tell(f"error: the output cannot be written: {error.strerror}")
            return REFUSED
        tell(_internal_error(error))
        return INTERNAL
    return code


def tell(text: str) -> None:
    """One message to the person at the terminal, on standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def _exit_code(request: SystemExit) -> int:
    if isinstance(request.code, int):
        return request.code
    return 0 if request.code is None else REFUSED


def _internal_error(error: Exception) -> str:
    import tempfile

    head = f"internal error: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="ireekit-internal-error-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return f"{head} (no file could be written for the traceback)"
    return f"{head}; please report it with the traceback in {file.name}"


def _discard_output() -> None:
    # The interpreter flushes at exit once more, and would complain then.
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


@contextlib.contextmanager
def _plain_warnings() -> Generator[None]:
    """Warnings as one line without the source position of whoever gave them."""

    def show(message: Warning | str, *_args: Any, **_kwargs: Any) -> None:
        lines = str(message).strip().splitlines() or [type(message).__name__]
        tell(f"warning: {lines[0]}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
