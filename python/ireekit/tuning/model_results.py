"""Results of whole programs, to be compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ireekit.artifact import Artifact
from ireekit.signature import EntryPoint

TOLERANCE = 1e-3
"""Largest difference of a result to that of the program as it was, as a share of the result's largest value."""


def results(artifact: Artifact, entry_point: str, values: Sequence[Any], device: str) -> list[np.ndarray[Any, Any]]:
    """What an entry point gives, flat."""
    assert artifact.metadata is not None
    entries = tuple(
        EntryPoint.flat(entry.name, entry.inputs, entry.results, stateful=entry.stateful)
        for entry in artifact.metadata.entry_points
    )
    flat = Artifact(artifact.path or artifact.data, dataclasses.replace(artifact.metadata, entry_points=entries))
    program = flat.load(device)
    found: Any = program[entry_point](*values, returns="numpy")
    listed: Sequence[Any] = found if isinstance(found, tuple | list) else (found,)
    return [np.array(each) for each in listed]


def largest_difference(expected: Sequence[np.ndarray[Any, Any]], got: Sequence[np.ndarray[Any, Any]]) -> float:
    """Between results, as a share of the largest value of each."""
    worst = 0.0
    for left, right in zip(expected, got, strict=True):
        if left.dtype.kind in "biu":
            worst = max(worst, 0.0 if np.array_equal(left, right) else float("inf"))
            continue
        wide, other = left.astype(np.float64), right.astype(np.float64)
        if not np.array_equal(np.isfinite(wide), np.isfinite(other)):
            return float("inf")
        finite = np.isfinite(wide)
        if finite.any():
            scale = float(np.abs(wide[finite]).max()) or 1.0
            worst = max(worst, float(np.abs(wide[finite] - other[finite]).max()) / scale)
    return worst
