"""``ireekit passes``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ireekit.cli.output import counted, print_json, print_table

if TYPE_CHECKING:
    from ireekit.bindings.actions import PassExecution
    from ireekit.compiler.options import OptimizationLevel
    from ireekit.passes.listing import PassRow

_LEVELS: dict[str | None, OptimizationLevel] = {"0": "O0", "1": "O1", "2": "O2", "3": "O3"}

_EPILOG = """\
examples:
  ireekit passes                          the passes that installed packages and pipelines offer
  ireekit passes --native                 the compiler's own as well
  ireekit passes --of cpu                 what the compiler runs for a target, in order
  ireekit passes --of vulkan --names      each name once, with how often and where it runs
  ireekit passes --of cpu --phase flow model.onnx

A name in the listing of a target is what Pipeline.before(name, ...) and Pipeline.after(name, ...) take.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.epilog = _EPILOG
    parser.add_argument("model", nargs="?", metavar="MODEL", help="with --of: what to compile (default: one matmul)")
    parser.add_argument(
        "--of", metavar="TARGET", help="list what the compiler runs for a target, see `ireekit targets`"
    )
    parser.add_argument("--phase", metavar="PHASE", help="with --of: only this phase")
    parser.add_argument("--names", action="store_true", help="with --of: each name once, in the order of the first run")
    parser.add_argument("-O", dest="optimize", choices=tuple("0123"), help="with --of: optimization level")
    parser.add_argument("--flag", action="append", default=[], metavar="FLAG", help="with --of: further compiler flag")
    parser.add_argument("--native", action="store_true", help="without --of: list the compiler's passes too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """List passes.

    Raises:
      IreekitError: the target or phase is unknown, or the model cannot be compiled.
    """
    if arguments.of is None:
        return _list_offered(arguments)
    if arguments.native:
        arguments.usage_error("--native goes without --of")
    executions = _record(arguments)
    rows = _by_name(executions) if arguments.names else _sequence(executions)
    if arguments.json:
        print_json({"target": arguments.of, "passes": rows})
    else:
        (_print_names if arguments.names else _print_sequence)(rows)
        names = {execution.name for execution in executions}
        print(f"{counted(len(executions), 'run')}, {len(names)} different passes")
    return 0


def _record(arguments: argparse.Namespace) -> list[PassExecution]:
    from pathlib import Path

    from ireekit.bindings import PHASES
    from ireekit.compiler import CompileOptions
    from ireekit.compiler.recording import SAMPLE, record_passes
    from ireekit.errors import PipelineError
    from ireekit.pipeline.hooks import did_you_mean
    from ireekit.targets import parse_targets

    if arguments.phase not in (None, *PHASES):
        raise PipelineError(
            f"there is no phase {arguments.phase!r}", remedy=did_you_mean(arguments.phase, PHASES, "phases")
        )
    options = CompileOptions(optimize=_LEVELS.get(arguments.optimize), flags=tuple(arguments.flag)).on(
        parse_targets(arguments.of)
    )
    model = SAMPLE if arguments.model is None else Path(arguments.model)
    executions = record_passes(model, target=arguments.of, options=options)
    return [each for each in executions if arguments.phase in (None, each.phase)]


def _sequence(executions: Iterable[PassExecution]) -> list[dict[str, Any]]:
    """A row a run, those that follow each other with nothing new together."""
    grouped = groupby(executions, key=lambda each: (each.phase, each.name, each.anchor, each.depth))
    rows: list[dict[str, Any]] = []
    for (phase, name, anchor, depth), group in grouped:
        same = list(group)
        rows.append(
            {
                "phase": phase,
                "pass": name,
                "anchor": anchor,
                "depth": depth,
                "runs": len(same),
                "milliseconds": _milliseconds(same),
            }
        )
    return rows


def _by_name(executions: Sequence[PassExecution]) -> list[dict[str, Any]]:
    grouped: dict[str, list[PassExecution]] = {}
    for execution in executions:
        grouped.setdefault(execution.name, []).append(execution)
    return [
        {
            "pass": name,
            "runs": len(group),
            "anchors": list(dict.fromkeys(each.anchor for each in group)),
            "phases": list(dict.fromkeys(each.phase for each in group)),
            "milliseconds": _milliseconds(group),
        }
        for name, group in grouped.items()
    ]


def _milliseconds(group: Iterable[PassExecution]) -> float:
    return round(1e3 * sum(each.own_seconds for each in group), 3)


def _print_sequence(rows: Sequence[dict[str, Any]]) -> None:
    print_table(
        ("phase", "pass", "on", "runs", "ms"),
        [
            (
                row["phase"],
                "  " * row["depth"] + row["pass"],
                row["anchor"],
                str(row["runs"]),
                f"{row['milliseconds']:.3f}",
            )
            for row in rows
        ],
    )


def _print_names(rows: Sequence[dict[str, Any]]) -> None:
    print_table(
        ("pass", "runs", "ms", "on", "in phases"),
        [
            (
                row["pass"],
                str(row["runs"]),
                f"{row['milliseconds']:.3f}",
                ", ".join(row["anchors"]),
                ", ".join(row["phases"]),
            )
            for row in rows
        ],
    )


def _list_offered(arguments: argparse.Namespace) -> int:
    for option in ("model", "phase", "names", "optimize", "flag"):
        if getattr(arguments, option):
            arguments.usage_error(f"{option if option == 'model' else '--' + option} goes with --of TARGET")
    rows = _offered(native=arguments.native)
    if arguments.json:
        print_json({"passes": [_as_json(row) for row in rows]})
        return 0
    print_table(
        ("pass", "on", "options", "description"),
        [(row.name, row.anchor or "any", ", ".join(row.options), row.summary) for row in rows],
    )
    print(f"{counted(len(rows), 'row')}; `ireekit passes --of TARGET` lists what the compiler runs")
    return 0


def _offered(*, native: bool) -> tuple[PassRow, ...]:
    from ireekit.passes import InstalledPasses, PassRegistry
    from ireekit.passes.listing import list_passes
    from ireekit.pipeline import installed_pipelines

    sources = [each.load().passes for each in installed_pipelines()]
    return list_passes(PassRegistry([InstalledPasses(), *sources]), native=native)


def _as_json(row: PassRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "anchor": row.anchor,
        "description": row.summary,
        "options": dict(row.options),
        "statistics": dict(row.statistics),
        "origin": row.origin,
    }
