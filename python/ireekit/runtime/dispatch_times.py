"""Times of every dispatch of a compiled program, by the profiler of IREE's own tools."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from ireekit.errors import CapabilityError, DeviceError, InputError
from ireekit.runtime.device import ALIASES
from ireekit.runtime.dtypes import ABI_DTYPES

_ABI_NAMES = {dtype: name for name, dtype in reversed(ABI_DTYPES.items())}
_EVENT = "host_execution_event"
_DRIVERS = ("local-sync", "local-task")
_SAID_LINES = 8


@dataclass(frozen=True)
class DispatchTime:
    """One dispatch of a call.

    Attributes:
      name: of the function, as the compiler gave it.
      nanoseconds: from its start to its end, the least of all calls.
      median_nanoseconds: the median of all calls.
      busy_nanoseconds: time that workers spent in it together, in the fastest call.
      workgroups: into how many parts it was divided.
    """

    name: str
    nanoseconds: int
    median_nanoseconds: int
    busy_nanoseconds: int
    workgroups: int


@dataclass(frozen=True)
class CallTimes:
    """What calls of an entry point took.

    Attributes:
      dispatches: in the order they ran in.
      calls: that were measured.
      nanoseconds: from the first event of a call to the last, of the fastest call.
      submissions: of work to the device, in a call.
    """

    dispatches: tuple[DispatchTime, ...]
    calls: int
    nanoseconds: int
    submissions: int


def measure_dispatches(
    program: str | os.PathLike[str],
    function: str,
    inputs: Sequence[Any],
    *,
    device: str = "cpu-sync",
    calls: int = 20,
    parameters: Mapping[str, str | os.PathLike[str]] | None = None,
    timeout: float = 600.0,
) -> CallTimes:
    """Call a program some times in a process of its own and time each dispatch.

    Args:
      program: a ``.vmfb``.
      function: the entry point.
      inputs: flat: arrays, and numbers for what is passed by value.
      device: ``"cpu-sync"`` (one thread), ``"cpu"`` or ``"cpu?threads=N"``.
      calls: how many; times are minima and medians over them.
      parameters: scope -> archive with weights.
      timeout: in seconds, for all calls.

    Raises:
      CapabilityError: the device cannot time dispatches, or this installation lacks the tools.
      DeviceError: the program does not run there.
      InputError: an input is of a data type that the tools do not take.
    """
    driver, topology = _device_flags(device)
    with tempfile.TemporaryDirectory(prefix="ireekit-profile-") as name:
        folder = Path(name)
        bundle = folder / "profile"
        command = [
            _tool("iree-benchmark-module"),
            f"--device={driver}",
            *topology,
            f"--module={os.fspath(program)}",
            f"--function={function}",
            *(_input_flag(value, folder / f"{index}.bin") for index, value in enumerate(inputs)),
            *(f"--parameters={scope}={os.fspath(path)}" for scope, path in (parameters or {}).items()),
            "--device_profiling_mode=host-execution,queue-events",
            f"--device_profiling_output={bundle}",
            f"--benchmark_min_time={calls}x",
        ]
        _run(command, timeout)
        exported = _run([_tool("iree-profile"), "export", "--format=ireeperf-jsonl", str(bundle)], timeout)
    return _call_times([json.loads(line) for line in exported.splitlines()], calls)


def _device_flags(device: str) -> tuple[str, list[str]]:
    name, _, query = device.partition("?")
    driver = ALIASES.get(name, name)
    if driver not in _DRIVERS:
        raise CapabilityError(
            f"dispatches on {device!r} cannot be timed one by one", remedy="use cpu-sync, cpu or cpu?threads=N"
        )
    settings = dict(parse_qsl(query))
    threads = settings.pop("threads", None)
    if settings or (threads is not None and (not threads.isdecimal() or driver != "local-task")):
        raise DeviceError(f"device {device!r} is not understood", remedy="write cpu?threads=N with N at least 1")
    return driver, [] if threads is None else [f"--task_topology_group_count={threads}"]


def _tool(name: str) -> str:
    found = importlib.util.find_spec("iree._runtime_libs")
    for folder in (found.submodule_search_locations or ()) if found else ():
        tool = Path(folder) / name
        if tool.exists():
            return str(tool)
    raise CapabilityError(
        f"this installation of iree-base-runtime has no {name}", remedy="pip install iree-base-runtime"
    )


def _input_flag(value: Any, file: Path) -> str:
    if isinstance(value, bool | int | float):
        return f"--input={value}"
    array = np.asarray(value)
    if array.dtype.name not in _ABI_NAMES:
        raise InputError(f"inputs of dtype {array.dtype.name} cannot be given to IREE's tools")
    file.write_bytes(array.tobytes())
    return f"--input={'x'.join((*map(str, array.shape), _ABI_NAMES[array.dtype.name]))}=@{file}"


def _run(command: list[str], timeout: float) -> str:
    tool = Path(command[0]).name
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise DeviceError(
            f"{tool} was not done after {timeout:.0f} s", remedy="measure fewer calls, or allow it more time"
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise DeviceError(f"{tool} ended with {done.returncode}", notes=tuple(said[:_SAID_LINES]))
    return done.stdout


def _call_times(records: Sequence[Mapping[str, Any]], calls: int) -> CallTimes:
    events = [record for record in records if record["record_type"] == _EVENT]
    events.sort(key=lambda event: event["start_host_time_ns"])
    spans = list(_parts(events, calls))
    dispatches = [[event for event in span if event["op"] == "dispatch"] for span in spans]
    names = [[event["key"] for event in call] for call in dispatches]
    if not spans or any(call != names[0] for call in names):
        raise DeviceError(
            "the calls of the program differ in their dispatches, so that they cannot be compared",
            remedy="give inputs with which every call does the same, or measure one call",
        )
    return CallTimes(
        tuple(_dispatch_time(position) for position in zip(*dispatches, strict=True)),
        calls,
        min(map(_length, spans)),
        sum(event["op"] == "execute" for event in spans[0]),
    )


def _parts(events: Sequence[Mapping[str, Any]], count: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Equal ones; every call does the same."""
    size, rest = divmod(len(events), count)
    if size and not rest:
        for start in range(0, len(events), size):
            yield events[start : start + size]


def _dispatch_time(events: Sequence[Mapping[str, Any]]) -> DispatchTime:
    fastest = min(events, key=lambda event: event["duration_ns"])
    return DispatchTime(
        fastest["key"],
        fastest["duration_ns"],
        int(statistics.median(event["duration_ns"] for event in events)),
        fastest["tile_duration_sum_ns"],
        int(np.prod(fastest["workgroup_count"])),
    )


def _length(events: Sequence[Mapping[str, Any]]) -> int:
    return max(event["end_host_time_ns"] for event in events) - events[0]["start_host_time_ns"]
