"""Reports on an artifact: bytes, seconds, passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ireekit.cli.output import print_table

if TYPE_CHECKING:
    from ireekit.artifact import Artifact

REPORTS = ("size", "time", "passes")


def print_report(kind: str, artifact: Artifact) -> None:
    """Print one of :data:`REPORTS`."""
    {"size": _size, "time": _time, "passes": _passes}[kind](artifact)


def _size(artifact: Artifact) -> None:
    report = artifact.size_report()
    totals = report.totals()
    whole = sum(totals.values()) or 1
    rows = [(kind, f"{size:,}", f"{100 * size / whole:.1f}%") for kind, size in totals.items()]
    print_table(("part", "bytes", "share"), [*rows, ("total", f"{sum(totals.values()):,}", "100.0%")])
    print_table(("largest", "kind", "bytes"), [(name, kind, f"{size:,}") for kind, name, size in report.parts[:10]])


def _time(artifact: Artifact) -> None:
    seconds = artifact.phase_seconds
    if not seconds:
        print("no compile times: ireekit did not make this program")
        return
    whole = sum(seconds.values())
    rows = [(name, f"{spent:.3f}", f"{100 * spent / (whole or 1):.1f}%") for name, spent in seconds.items()]
    if artifact.from_cache:
        print("the program came from the cache; times of when it was compiled:")
    print_table(("phase or pass", "seconds", "share"), [*rows, ("total", f"{whole:.3f}", "100.0%")])


def _passes(artifact: Artifact) -> None:
    metadata = artifact.metadata
    if metadata is None:
        print("no passes known: ireekit did not make this program")
        return
    if not metadata.passes:
        print(f"no pass of pipeline {metadata.pipeline} ran for these targets")
        return
    rows = [step.split(": ", 1) for step in metadata.passes]
    print_table(
        ("after phase", "pass", "seconds"),
        [(phase, text, _seconds_of(text, metadata.phase_seconds)) for phase, text in rows],
    )


def _seconds_of(text: str, seconds: Mapping[str, float]) -> str:
    # Timings go by the name of a pass, without its options.
    spent = seconds.get(text, seconds.get(text.partition("{")[0]))
    return "" if spent is None else f"{spent:.3f}"
