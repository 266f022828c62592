"""Where candidates are compiled: in processes here, or on a Dask cluster."""

from __future__ import annotations

import concurrent.futures
import importlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ireekit.errors import MissingDependencyError, TuningError

_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Builders:
    """What compiles.

    Attributes:
      executor: takes :func:`ireekit.tuning.building.build`.
      count: how many at a time.
      where: in words.
    """

    executor: concurrent.futures.Executor
    count: int
    where: str


@contextmanager
def builders(jobs: int | None, dask: str | None) -> Generator[Builders]:
    """Something that compiles.

    Args:
      jobs: processes at a time; ``None``: one for each CPU this process may use, or as the cluster has threads.
      dask: address of the scheduler of a cluster, whose workers have ireekit installed.

    Raises:
      MissingDependencyError: dask.distributed is not installed.
      TuningError: there is no cluster at the address, or it has no workers with the same versions.
    """
    if dask is not None:
        with _cluster(jobs, dask) as made:
            yield made
        return
    count = jobs or _usable_cpus()
    # A thread each: the work is done by the compiler, in a process of its own.
    executor = concurrent.futures.ThreadPoolExecutor(count, "ireekit-tune")
    try:
        yield Builders(executor, count, f"{count} local process{'es' if count > 1 else ''}")
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _cluster(jobs: int | None, address: str) -> Generator[Builders]:
    try:
        # Without type hints: it has them for asynchronous use only.
        connect: Any = importlib.import_module("distributed").Client
    except ImportError:
        raise MissingDependencyError("distributed", "dask") from None
    try:
        client: Any = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TuningError(
            f"no Dask cluster answers at {address}: {str(error).splitlines()[0]}",
            remedy="start one with `dask scheduler` and `dask worker ADDRESS`, and give the scheduler's address",
        ) from None
    with client:
        threads: dict[str, int] = client.nthreads()
        if not threads:
            raise TuningError(f"the Dask cluster at {address} has no workers", remedy=f"dask worker {address}")
        count = jobs or sum(threads.values())
        executor = client.get_executor(pure=False, retries=1)
        yield Builders(executor, count, f"{count} threads of {len(threads)} Dask workers")
        executor.shutdown(wait=False)


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
