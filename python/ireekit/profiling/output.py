"""Profiles as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ireekit.profiling.facts import Origin
from ireekit.profiling.machine import Machine
from ireekit.profiling.result import DispatchProfile, Profile

HEADERS = ("dispatch", "calls", "ms", "%", "GFLOP", "GFLOP/s", "MB", "GB/s", "bound", "% of roof", "lost ms", "from")
"""Of :func:`rows`."""

_NO_LAYER = "no layer: made by a pass"


def summary(profile: Profile) -> list[str]:
    """Lines that say what was measured, and what it comes to."""
    machine = profile.machine
    rates = [rate for _, rate in machine.bandwidths]
    between = profile.milliseconds - profile.dispatch_milliseconds
    count = sum(dispatch.count for dispatch in profile.dispatches)
    measured = f"{profile.milliseconds:.3f} ms, the fastest of {_counted(profile.calls, 'call')}"
    parts = f"{_counted(count, 'dispatch', 'dispatches')} of {_counted(len(profile.dispatches), 'function')}"
    outside = f"between them {max(between, 0.0):.3f} ms, {_counted(profile.submissions, 'submission')}"
    roof = f"{machine.gflops:.0f} GFLOP/s on f32, {min(rates):.0f} to {max(rates):.0f} GB/s by size"
    work = f"{profile.flops / 1e9:.3f} GFLOP; at least {profile.least_milliseconds:.3f} ms on this machine"
    return [
        f"{profile.entry_point} on {profile.device}: {measured}",
        f"{parts}: {profile.dispatch_milliseconds:.3f} ms; {outside}",
        f"known work: {work}",
        f"{machine.name}, {_counted(machine.threads, 'thread')}: {roof}",
    ]


def table_comparison(machine: Machine) -> list[str]:
    """Lines that say the costs of a machine, and those of its family in the table that passes choose by."""
    from ireekit.targets.machines import host_machine

    family = host_machine()
    lines = [f"measured: {machine.gflops:.0f} GFLOP/s"]
    for name, cost in machine.costs().items():
        known = "" if family is None else f"; the table has {getattr(family, name)} for {family.name}"
        lines.append(f"  {name} {cost}{known}")
    return lines


def rows(profile: Profile, *, limit: int | None = None) -> list[list[str]]:
    """A line for each function, the longest first; ``limit`` cuts the list."""
    total = profile.dispatch_milliseconds or 1.0
    return [_row(dispatch, total) for dispatch in profile.dispatches[:limit]]


def markdown(profile: Profile, *, limit: int | None = None) -> str:
    """Summary and table."""
    lines = [
        *(f"- {line}" for line in summary(profile)),
        "",
        _line(HEADERS),
        _line(["---"] * len(HEADERS)),
        *(_line([cell.replace("|", "\\|") for cell in row]) for row in rows(profile, limit=limit)),
    ]
    return "\n".join(lines)


def _row(dispatch: DispatchProfile, total: float) -> list[str]:
    return [
        dispatch.name,
        str(dispatch.count),
        f"{dispatch.milliseconds:.3f}",
        f"{100 * dispatch.milliseconds / total:.1f}",
        _number(dispatch.flops, 1e9, 4),
        _number(dispatch.gflops_per_second, 1, 1),
        _number(dispatch.bytes, 1e6, 2),
        _number(dispatch.gigabytes_per_second, 1, 1),
        dispatch.bound or dispatch.unknown,
        _number(dispatch.of_roof, 0.01, 0),
        _number(dispatch.lost_milliseconds, 1, 3),
        _whence(dispatch),
    ]


def _number(value: float | None, unit: float, digits: int) -> str:
    return "" if value is None else f"{value / unit:.{digits}f}"


def _whence(dispatch: DispatchProfile) -> str:
    """The first layer and its source line, and how many there are besides."""
    if not dispatch.origins:
        return ""
    first = dispatch.origins[0]
    layers = list(dispatch.layers)
    name = first.layer or (layers[0] if layers else "")
    further = len(set(layers) - {name})
    parts = [name + (f" (+{further})" if further else ""), _short_source(first)]
    return ", ".join(part for part in parts if part) or _NO_LAYER


def _short_source(origin: Origin) -> str:
    """``file.py:line`` without folders."""
    if origin.source is None:
        return ""
    file, _, rest = origin.source.rpartition("/")
    del file
    name, line, *_ = [*rest.rsplit(":", 2), ""]
    return f"{Path(name).name}:{line}"


def _counted(count: int, noun: str, plural: str | None = None) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
