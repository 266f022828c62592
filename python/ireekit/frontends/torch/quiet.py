"""Keep torch.export's reports off the screen: what matters of them becomes one error."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Generator


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """Silence torch's loggers and warnings; what goes to stderr meanwhile is shown only on success."""
    filters = [
        handler
        for name, logger in logging.Logger.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and name.partition(".")[0] == "torch"
        for handler in logger.handlers
    ]
    kept = io.StringIO()
    for handler in filters:
        handler.addFilter(_refuse)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(kept):
            warnings.simplefilter("ignore")
            yield
    finally:
        for handler in filters:
            handler.removeFilter(_refuse)
    sys.stderr.write(kept.getvalue())


def _refuse(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.CRITICAL
