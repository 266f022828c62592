"""Profiling a model or a program."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import numpy as np

from ireekit.artifact import Artifact
from ireekit.errors import InputError
from ireekit.pipeline import PipelineDefinition
from ireekit.profiling.facts import PHASE, CollectFacts, DispatchFacts
from ireekit.profiling.machine import Machine, measured_machine
from ireekit.profiling.result import Profile, join
from ireekit.runtime.dispatch_times import measure_dispatches
from ireekit.runtime.dtypes import numpy_dtype
from ireekit.signature import EntryPoint, Leaf

AnyPipeline = TypeVar("AnyPipeline", bound=PipelineDefinition)

_SEED = 0


def collecting(pipeline: AnyPipeline) -> tuple[AnyPipeline, list[DispatchFacts]]:
    """A copy of ``pipeline`` that notes the facts of dispatches in the list returned beside it, as it compiles.

    The copy must compile with ``cache=False``: nothing is noted where the compiler does not run.
    """
    found: list[DispatchFacts] = []
    return pipeline.extended().at(PHASE, CollectFacts(found)), found


def profile(
    program: Artifact | str | os.PathLike[str],
    *inputs: Any,
    facts: Sequence[DispatchFacts] = (),
    entry_point: str | None = None,
    device: str = "cpu-sync",
    calls: int = 20,
    machine: Machine | None = None,
    timeout: float = 600.0,
) -> Profile:
    """Measure each dispatch of a compiled program, and compare it with what the machine can do.

    Args:
      program: an artifact, or a ``.vmfb``.
      inputs: flat, as the entry point lists them; none: random values, where its shapes are static.
      facts: what :func:`collecting` noted when the program was compiled. Without them work is known only where it can
        be told from the name of a dispatch, and layers not at all.
      entry_point: its name; ``None``: the only one, or ``main``.
      device: ``"cpu-sync"`` (one thread), ``"cpu"`` or ``"cpu?threads=N"``.
      calls: how many; times are minima over them.
      machine: to compare with; ``None``: this one, with as many threads as ``device``.
      timeout: in seconds, for all calls.

    Raises:
      InputError: there is no such entry point, or inputs are missing or do not fit.
      CapabilityError, DeviceError: see :func:`ireekit.runtime.measure_dispatches`.
    """
    artifact = program if isinstance(program, Artifact) else Artifact.open(program)
    entry = chosen_entry_point(artifact, entry_point)
    values = entry_values(entry, inputs)
    with tempfile.TemporaryDirectory(prefix="ireekit-profile-") as folder:
        file = artifact.path or _written(artifact, Path(folder) / "program.vmfb")
        times = measure_dispatches(
            file,
            entry.name,
            values,
            device=device,
            calls=calls,
            parameters=artifact.parameter_paths(),
            timeout=timeout,
        )
    return join(entry.name, device, machine or measured_machine(thread_count(device)), times, facts)


def _written(artifact: Artifact, path: Path) -> Path:
    path.write_bytes(artifact.data)
    return path


def chosen_entry_point(artifact: Artifact, name: str | None) -> EntryPoint:
    """The entry point of that name; ``None``: the only one, or ``main``.

    Raises:
      InputError: there is none.
    """
    entries = {entry.name: entry for entry in artifact.entry_points}
    wanted = name or (next(iter(entries)) if len(entries) == 1 else "main")
    if wanted not in entries:
        raise InputError(
            f"the program has no entry point {wanted!r}" if name else "the program has several entry points",
            remedy=f"choose one of {', '.join(entries)}",
        )
    return entries[wanted]


def entry_values(entry: EntryPoint, given: Sequence[Any]) -> list[Any]:
    """``given``, or else random values of the shapes that an entry point takes.

    Raises:
      InputError: there are too few or too many, or a shape is dynamic and none are given.
    """
    if given:
        if len(given) != len(entry.inputs):
            raise InputError(
                f"{len(given)} inputs are given, the entry point takes {len(entry.inputs)}",
                op=entry.name,
                remedy=f"the entry point is {entry}",
            )
        return list(given)
    return [_random_value(leaf, seed) for seed, leaf in enumerate(entry.inputs, _SEED)]


def _random_value(leaf: Leaf, seed: int) -> Any:
    if leaf.shape is None:
        return 1 if leaf.dtype.startswith("i") else 1.0
    shape = [extent for extent in leaf.shape if isinstance(extent, int)]
    if len(shape) < len(leaf.shape):
        raise InputError(
            f"input {leaf.name!r} has no fixed shape: {leaf}", remedy="give inputs of the shapes to be measured"
        )
    random = np.random.default_rng(seed)
    dtype = numpy_dtype(leaf.dtype)
    if dtype.kind in "iub":
        # Zero and one are valid indices of nearly every table.
        return random.integers(0, 2, shape).astype(dtype)
    return random.standard_normal(shape).astype(dtype)


def thread_count(device: str) -> int:
    """How many threads work on a CPU device."""
    name, _, query = device.partition("?")
    if name in ("cpu-sync", "local-sync"):
        return 1
    given = dict(parse_qsl(query)).get("threads", "")
    return int(given) if given.isdecimal() and int(given) else os.cpu_count() or 1
