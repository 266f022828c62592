"""Profiles: times and facts of dispatches, joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ireekit.profiling.facts import DispatchFacts, Origin
from ireekit.profiling.machine import Machine
from ireekit.profiling.work import flops_by_name
from ireekit.runtime.dispatch_times import CallTimes, DispatchTime


@dataclass(frozen=True)
class DispatchProfile:
    """All dispatches of a function in one call.

    Attributes:
      name: of the function, without what is the same for all.
      count: of dispatches in a call.
      milliseconds: they take together, the least of all calls.
      median_milliseconds: the same, of medians.
      busy_milliseconds: that workers spent in them together.
      workgroups: of the first one.
      flops: they need together; ``None`` where it is not known.
      bytes: they move together at least; ``None`` where it is not known.
      least_milliseconds: what the machine needs for that at least; ``None`` where it is not known.
      bound: ``"compute"`` or ``"memory"``, whichever needs more; ``None`` where neither is known.
      operations: names of the operations on tensors in it.
      origins: where it is dispatched from, each once.
      layers: of everything that was fused into it, its origins first.
      unknown: why its work is not known; empty where it is.
    """

    name: str
    count: int
    milliseconds: float
    median_milliseconds: float
    busy_milliseconds: float
    workgroups: int
    flops: int | None
    bytes: int | None
    least_milliseconds: float | None
    bound: str | None
    operations: tuple[str, ...]
    origins: tuple[Origin, ...]
    layers: tuple[str, ...]
    unknown: str = ""

    @property
    def gflops_per_second(self) -> float | None:
        return self.flops / self.milliseconds / 1e6 if self.flops and self.milliseconds else None

    @property
    def gigabytes_per_second(self) -> float | None:
        return self.bytes / self.milliseconds / 1e6 if self.bytes and self.milliseconds else None

    @property
    def of_roof(self) -> float | None:
        """The share of its time that the machine needs at least: 1.0 is as good as it gets."""
        least = self.least_milliseconds
        return least / self.milliseconds if least is not None and self.milliseconds else None

    @property
    def lost_milliseconds(self) -> float | None:
        """What could be won at most."""
        least = self.least_milliseconds
        return max(0.0, self.milliseconds - least) if least is not None else None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "count": self.count,
            "ms": self.milliseconds,
            "median_ms": self.median_milliseconds,
            "busy_ms": self.busy_milliseconds,
            "workgroups": self.workgroups,
            "flops": self.flops,
            "bytes": self.bytes,
            "least_ms": self.least_milliseconds,
            "bound": self.bound,
            "operations": list(self.operations),
            "origins": [{"layer": origin.layer, "source": origin.source} for origin in self.origins],
            "layers": list(self.layers),
            "unknown": self.unknown,
        }


@dataclass(frozen=True)
class Profile:
    """Where the time of a call goes.

    Attributes:
      entry_point: that was called.
      device: it ran on.
      machine: it is compared with.
      calls: that were measured.
      milliseconds: of the fastest call, from its first event to its last.
      submissions: of work to the device, in a call.
      dispatches: the longest first.
    """

    entry_point: str
    device: str
    machine: Machine
    calls: int
    milliseconds: float
    submissions: int
    dispatches: tuple[DispatchProfile, ...]

    @property
    def dispatch_milliseconds(self) -> float:
        """Of all dispatches, one after the other."""
        return sum(dispatch.milliseconds for dispatch in self.dispatches)

    @property
    def least_milliseconds(self) -> float:
        """What the machine needs at least for all dispatches whose work is known."""
        return sum(dispatch.least_milliseconds or 0.0 for dispatch in self.dispatches)

    @property
    def flops(self) -> int:
        """Of all dispatches whose work is known."""
        return sum(dispatch.flops or 0 for dispatch in self.dispatches)

    def to_json(self) -> dict[str, Any]:
        return {
            "entry_point": self.entry_point,
            "device": self.device,
            "machine": {
                "name": self.machine.name,
                "threads": self.machine.threads,
                "gflops": self.machine.gflops,
                "bandwidths": [list(pair) for pair in self.machine.bandwidths],
            },
            "calls": self.calls,
            "ms": self.milliseconds,
            "dispatch_ms": self.dispatch_milliseconds,
            "least_ms": self.least_milliseconds,
            "submissions": self.submissions,
            "dispatches": [dispatch.to_json() for dispatch in self.dispatches],
        }


def join(entry_point: str, device: str, machine: Machine, times: CallTimes, facts: Iterable[DispatchFacts]) -> Profile:
    """Put together what was measured and what the compiler knows; functions without facts are known by name."""
    known = {each.name: each for each in facts}
    groups: dict[str, list[DispatchTime]] = {}
    for dispatch in times.dispatches:
        groups.setdefault(dispatch.name, []).append(dispatch)
    prefix = _common_prefix(groups)
    joined = [_dispatch(name, group, known.get(name), machine, prefix) for name, group in groups.items()]
    joined.sort(key=lambda dispatch: -dispatch.milliseconds)
    return Profile(entry_point, device, machine, times.calls, times.nanoseconds / 1e6, times.submissions, tuple(joined))


def _dispatch(
    name: str, times: Sequence[DispatchTime], facts: DispatchFacts | None, machine: Machine, prefix: str
) -> DispatchProfile:
    count = len(times)
    flops = flops_by_name(name) if facts is None else facts.flops
    moved = None if facts is None else facts.bytes
    limits = machine.limits(flops, moved)
    bound = max(limits, key=lambda each: limits[each]) if limits else None
    origins = () if facts is None else tuple(dict.fromkeys(facts.origins))
    layers = [origin.layer for origin in origins if origin.layer]
    if facts is not None and len(origins) <= 1:
        layers += facts.layers
    return DispatchProfile(
        name=name.removeprefix(prefix),
        count=count,
        milliseconds=sum(time.nanoseconds for time in times) / 1e6,
        median_milliseconds=sum(time.median_nanoseconds for time in times) / 1e6,
        busy_milliseconds=sum(time.busy_nanoseconds for time in times) / 1e6,
        workgroups=times[0].workgroups,
        flops=None if flops is None else count * flops,
        bytes=None if moved is None else count * moved,
        least_milliseconds=None if bound is None else 1e3 * count * limits[bound],
        bound=bound,
        operations=() if facts is None else facts.operations,
        origins=origins,
        layers=tuple(dict.fromkeys(layers)),
        unknown=_unknown(flops, facts),
    )


def _unknown(flops: int | None, facts: DispatchFacts | None) -> str:
    if flops is not None:
        return ""
    return "only its name is known" if facts is None else facts.unknown


def _common_prefix(names: Iterable[str]) -> str:
    """``"main$async_dispatch_"``, where all names begin so."""
    heads = Counter(name.partition("_dispatch_")[0] for name in names if "_dispatch_" in name)
    return f"{heads.most_common(1)[0][0]}_dispatch_" if heads else ""
