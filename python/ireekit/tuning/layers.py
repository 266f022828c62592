"""Where each layer of a model is fastest, of several ways to compile the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ireekit.profiling import Profile

_WORTH = 0.9
"""A layer gets another value than the rest of the model where it takes at most this share of its time."""


def layer_times(profile: Profile) -> dict[str, float]:
    """Milliseconds that the dispatches of each layer take; those of a function that layers share are shared out."""
    times: dict[str, float] = {}
    for each in profile.dispatches:
        layers = [origin.layer for origin in each.origins]
        for layer in layers:
            if layer is not None:
                times[layer] = times.get(layer, 0.0) + each.milliseconds / len(layers)
    return times


def choices(times: Mapping[str, Mapping[str, float]], kept: str) -> dict[str, str]:
    """Layers that another value suits better than the one kept for the model.

    Args:
      times: by value, milliseconds by layer; layers that one of them lacks are left out.
      kept: a value.
    """
    if kept not in times:
        return {}
    found: dict[str, str] = {}
    for layer, milliseconds in times[kept].items():
        others = {value: each[layer] for value, each in times.items() if layer in each}
        best = min(others, key=lambda value: others[value])
        if len(others) == len(times) and others[best] < _WORTH * milliseconds:
            found[layer] = best
    return found
