"""Which passes ``ireekit opt`` runs, from the command line, and running them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.cli.guard import tell
from ireekit.cli.opt_arguments import OptArguments, PassFlag, near_option
from ireekit.errors import PipelineError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect import Dialect
    from ireekit.passes import PassPipeline, PassRegistry
    from ireekit.passes.instrumentation import Instrumentation, PrintOptions
    from ireekit.pipeline import PipelineDefinition
    from ireekit.testing.diagnostics import Message

_MODULE = "builtin.module"


def pipeline_of(
    arguments: OptArguments, registry: PassRegistry, definition: PipelineDefinition | None, source: str
) -> PassPipeline | None:
    """The passes that the command line asks for; ``None`` where it asks for none.

    Args:
      arguments: of the command.
      registry: to look names up in.
      definition: the pipeline of ``--pipeline``.
      source: the input, for ``--run-reproducer``.

    Raises:
      PipelineError: a name or an option of a pass is wrong, a phase does not exist, or a text does not parse.
    """
    from ireekit.passes import parse_pipeline

    if (phase := arguments.text("phase")) is not None:
        assert definition is not None
        return _at_phase(definition, phase, arguments.texts("target"), registry)
    if arguments.flag("run-reproducer"):
        from ireekit.passes.instrumentation import read_reproducer

        return parse_pipeline(read_reproducer(source).pipeline, registry)
    if (text := arguments.text("pass-pipeline")) is not None:
        return parse_pipeline(text, registry)
    if arguments.passes:
        return parse_pipeline(f"{_MODULE}({','.join(_placed(flag, registry) for flag in arguments.passes)})", registry)
    return None


def _placed(flag: PassFlag, registry: PassRegistry) -> str:
    """The pass within a module: one of the compiler that only runs on functions is nested under them."""
    from ireekit.bindings.native_passes import native_anchor

    if registry.find(flag.name) is not None:
        return str(flag)
    if not registry.is_native(flag.name):
        near = near_option(flag.name) or registry.nearest(flag.name)
        raise PipelineError(
            f"--{flag.name} is no option, and there is no such pass",
            remedy=f"did you mean --{near}?" if near else "`ireekit opt --list-passes` lists passes",
        )
    anchor = native_anchor(flag.name)
    return str(flag) if anchor in (None, _MODULE) else f"{anchor}({flag})"


def _at_phase(
    definition: PipelineDefinition, phase: str, families: Sequence[str], registry: PassRegistry
) -> PassPipeline:
    from ireekit.passes import PassPipeline
    from ireekit.pipeline.hooks import HookPoint

    point = HookPoint.phase(phase)
    steps = definition.steps_for(families) if families else definition.steps
    return PassPipeline(_MODULE, [step.action for step in steps if step.point == point], passes=registry)


def run_pipeline(
    pipeline: PassPipeline,
    op: ir.Operation,
    arguments: OptArguments,
    dialects: Sequence[Dialect],
    printer: Callable[[ir.Operation], str],
    take: Callable[[Message], None],
) -> None:
    """Run the passes over ``op``; diagnostics go to ``take``, reports to standard error.

    Raises:
      PassError: a pass failed, or left invalid IR.
    """
    from ireekit.testing.diagnostics import message_of_captured

    def sink(message: Any) -> bool:
        take(message_of_captured(message))
        return True

    if arguments.flag("dump-pass-pipeline"):
        tell(f"Pass Manager with {len(pipeline.items)} passes:\n{pipeline}")
    instrumentation = _instrumentation(arguments, dialects, printer)
    verify = arguments.flag("verify-each")
    try:
        pipeline.run(op, instrumentation=instrumentation, dialects=dialects, verify=verify, diagnostics=sink)
    finally:
        if instrumentation is not None and (report := instrumentation.report()):
            tell(report.rstrip("\n"))


def _instrumentation(
    arguments: OptArguments, dialects: Sequence[Dialect], printer: Callable[[ir.Operation], str]
) -> Instrumentation | None:
    from ireekit.passes.instrumentation import instrument

    reproducer = arguments.text("mlir-pass-pipeline-crash-reproducer")
    return instrument(
        printing=_print_options(arguments, printer),
        timing=arguments.flag("mlir-timing"),
        statistics=arguments.flag("mlir-pass-statistics"),
        verify_each=dialects if arguments.flag("verify-each") else (),
        limit=arguments.number("pass-bisect-limit"),
        reproducer=Path(reproducer) if reproducer else None,
        eager=True,
        command=["ireekit", "opt", *arguments.words],
        loads=arguments.texts("load"),
        stream=sys.stderr,
    )


def _print_options(arguments: OptArguments, printer: Callable[[ir.Operation], str]) -> PrintOptions:
    from ireekit.passes.instrumentation import PrintOptions

    changed = arguments.flag("mlir-print-ir-after-change")
    after: Any = _names(arguments, "mlir-print-ir-after")
    folder = arguments.text("mlir-print-ir-tree-dir")
    return PrintOptions(
        before=_names(arguments, "mlir-print-ir-before"),
        # Asked for changes only, people mean those of all passes.
        after="all" if changed and not after else after,
        changed_only=changed,
        failed=arguments.flag("mlir-print-ir-after-failure"),
        module_scope=arguments.flag("mlir-print-ir-module-scope"),
        folder=Path(folder) if folder else None,
        stream=sys.stderr,
        printer=printer,
    )


def _names(arguments: OptArguments, option: str) -> Any:
    if arguments.flag(f"{option}-all"):
        return "all"
    return {name.strip() for text in arguments.texts(option) for name in text.split(",")}
