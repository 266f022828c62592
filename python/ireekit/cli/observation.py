"""Options of ``ireekit compile`` for looking at passes while they run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.cli.output import print_table

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.actions import PassExecution
    from ireekit.facade import Pipeline
    from ireekit.passes.instrumentation import Instrumentation

_ALL = "all"
_SHOWN = 30
_OPTIONS = {
    "--timing": "timing",
    "--statistics": "statistics",
    "--print-ir-before": "print_ir_before",
    "--print-ir-after": "print_ir_after",
    "--print-ir-changed": "print_ir_changed",
    "--pass-limit": "pass_limit",
    "--reproducer": "reproducer",
}


def add_observation_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("looking at passes; nothing comes from the cache then")
    group.add_argument("--timing", action="store_true", help="print what each pass took, the compiler's own included")
    group.add_argument("--statistics", action="store_true", help="print what the pipeline's passes counted")
    for when in ("before", "after"):
        group.add_argument(
            f"--print-ir-{when}",
            action="append",
            default=[],
            metavar="PASS",
            help=f"print the IR {when} this pass of the pipeline or the compiler ({_ALL}: each of the pipeline's); "
            "may be repeated",
        )
    group.add_argument("--print-ir-changed", action="store_true", help="print after passes only where they changed it")
    group.add_argument("--pass-limit", type=int, metavar="N", help="run only the first N passes of the pipeline")
    group.add_argument(
        "--reproducer", type=Path, metavar="FILE", help="write what a failing pass of the pipeline was given"
    )


def given_observation(arguments: argparse.Namespace) -> list[str]:
    """Those of the options that are on the command line."""
    return [option for option, name in _OPTIONS.items() if getattr(arguments, name) not in (None, False, [])]


@contextmanager
def observed(arguments: argparse.Namespace) -> Generator[dict[str, Any]]:
    """Arguments of :meth:`ireekit.Pipeline.compile` that the options ask for; inside compile, outside is reported.

    What is found is told also where the compilation fails.
    """
    if not given_observation(arguments):
        yield {}
        return
    from ireekit.cli.options import load_pipeline

    pipeline = load_pipeline(arguments.pipeline, arguments.load)
    own = {step.action.name for step in pipeline.steps}
    observe = {*arguments.print_ir_before, *arguments.print_ir_after} - own - {_ALL}
    if arguments.print_ir_changed and not arguments.print_ir_after:
        arguments.usage_error("--print-ir-changed goes with --print-ir-after")
    instrumentation = _instrumentation(arguments, pipeline, own)
    executions: list[PassExecution] = []
    try:
        yield {
            "instrumentation": instrumentation,
            "observe": observe,
            "watch_passes": executions.extend if arguments.timing else None,
        }
    finally:
        if instrumentation is not None:
            sys.stderr.write(instrumentation.report())
        if executions:
            print_pass_times(executions)


def print_pass_times(executions: Sequence[PassExecution]) -> None:
    """Print the compiler's slowest passes, without what ran inside of them, on one line each."""
    seconds: dict[str, float] = {}
    runs: dict[str, int] = {}
    for each in executions:
        seconds[each.name] = seconds.get(each.name, 0.0) + each.own_seconds
        runs[each.name] = runs.get(each.name, 0) + 1
    whole = sum(seconds.values()) or 1.0
    slowest = sorted(seconds, key=lambda name: -seconds[name])
    shown = [(name, seconds[name], runs[name]) for name in slowest[:_SHOWN]]
    if rest := slowest[_SHOWN:]:
        shown.append((f"{len(rest)} others", sum(seconds[name] for name in rest), sum(runs[name] for name in rest)))
    shown.append(("total", sum(seconds.values()), len(executions)))
    print_table(
        ("pass of the compiler", "runs", "ms", "share"),
        [(name, str(count), f"{1e3 * spent:.3f}", f"{100 * spent / whole:.1f}%") for name, spent, count in shown],
    )


def _instrumentation(arguments: argparse.Namespace, pipeline: Pipeline, own: set[str]) -> Instrumentation | None:
    from ireekit.passes.instrumentation import PrintOptions, instrument

    def names(given: Sequence[str]) -> set[str]:
        return {*given} | (own if _ALL in given else set())

    def text(op: ir.Operation) -> str:
        from ireekit.dialect.assembly import print_op

        return print_op(op, pipeline.dialects, elide_elements=16, elide_resources=64)

    return instrument(
        printing=PrintOptions(
            before=names(arguments.print_ir_before),
            after=names(arguments.print_ir_after),
            changed_only=arguments.print_ir_changed,
            printer=text,
        ),
        timing=arguments.timing,
        statistics=arguments.statistics,
        limit=arguments.pass_limit,
        reproducer=arguments.reproducer,
        command=sys.argv,
        stream=sys.stderr,
    )
