"""What was found as a tuning specification of IREE, for the stock ``iree-compile``.

A specification matches the operation that a kernel is built around before the compiler configures it, and annotates it.
Where the compiler gives that operation another form first (a batch to convolutions without one) nothing matches, and
the kernel is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ireekit.codegen.tuned.file import TunedKernel
from ireekit.errors import TuningError
from ireekit.tuning.api import TuneResult
from ireekit.tuning.dispatches import Source

_HEAD = """\
module attributes {transform.with_named_sequence, iree_codegen.tuning_spec_with_default_entrypoint} {
  transform.named_sequence @apply_op_config(%op: !transform.any_op {transform.readonly},
                                            %config: !transform.any_param {transform.readonly}) {
    transform.annotate %op "compilation_info" = %config : !transform.any_op, !transform.any_param
    transform.yield
  }
"""
_MATCHER = """\
  // @NAME@
  transform.named_sequence @match_@AT@(%op: !transform.any_op {transform.readonly})
      -> (!transform.any_op, !transform.any_param) {
    %ins, %outs = transform.iree.match.cast_compatible_dag_from_root %op {
    ^bb0(@ARGUMENTS@):
      @ROOT@
    } : (!transform.any_op) -> (!transform.any_value, !transform.any_value)
    %config = transform.param.constant @CONFIG@ -> !transform.any_param
    transform.yield %op, %config : !transform.any_op, !transform.any_param
  }
"""
_TAIL = """\
  transform.named_sequence @__kernel_config(%variant_op: !transform.any_op {transform.consumed}) -> !transform.any_op
      attributes {iree_codegen.tuning_spec_entrypoint} {
    %changed = transform.foreach_match in %variant_op
@MATCHES@
      : (!transform.any_op) -> !transform.any_op
    transform.yield %changed : !transform.any_op
  }
}
"""


@dataclass(frozen=True)
class Specification:
    """A tuning specification.

    Attributes:
      text: for ``iree-compile --iree-codegen-tuning-spec-path=FILE``.
      matched: names of the functions whose kernels it is for.
      left_out: names of those that it cannot match.
    """

    text: str
    matched: tuple[str, ...]
    left_out: tuple[str, ...]


def specification(result: TuneResult) -> Specification:
    """What was found, for stock tools.

    They find the kernels again where they form the same dispatches: tune with a pipeline without passes
    (``ireekit tune --stock``) for those of the stock ``iree-compile``.

    Raises:
      TuningError: the compiler does not take the text.
    """
    kernels = {each.key: each for each in result.tuning.kernels}
    sources = {each.key: each.source for each in result.collected.values()}
    pairs = [(kernel, sources.get(key)) for key, kernel in kernels.items()]
    usable = [(kernel, source) for kernel, source in pairs if source is not None and _fits(kernel, source)]
    matchers = [_matcher(at, kernel, source) for at, (kernel, source) in enumerate(usable)]
    matched = tuple(kernel.name for kernel, _ in usable)
    left_out = tuple(kernel.name for kernel in kernels.values() if kernel.name not in matched)
    text = _HEAD + "".join(matchers) + _tail(len(matchers))
    _check(text)
    return Specification(text, matched, left_out)


def _fits(kernel: TunedKernel, source: Source) -> bool:
    return kernel.info.lowering.loops in (None, source.loops)


def _matcher(at: int, kernel: TunedKernel, source: Source) -> str:
    parts = {
        "@NAME@": kernel.name,
        "@AT@": str(at),
        "@ARGUMENTS@": ", ".join(f"{name}: {type_}" for name, type_ in source.operands),
        "@ROOT@": source.text.strip(),
        "@CONFIG@": str(kernel.info),
    }
    return _filled(_MATCHER, parts)


def _tail(count: int) -> str:
    if not count:
        # Nothing to match: a specification has to have one matcher.
        never = (
            "  transform.named_sequence @match_0(%op: !transform.any_op {transform.readonly}) -> (!transform.any_op,"
        )
        never += (
            ' !transform.any_param) {\n    transform.match.operation_name %op ["builtin.unrealized_conversion_cast"]'
        )
        never += " : !transform.any_op\n    %config = transform.param.constant unit -> !transform.any_param\n"
        never += "    transform.yield %op, %config : !transform.any_op, !transform.any_param\n  }\n"
        return never + _tail(1)
    return _filled(_TAIL, {"@MATCHES@": ",\n".join(f"      @match_{at} -> @apply_op_config" for at in range(count))})


def _filled(text: str, parts: dict[str, str]) -> str:
    for name, value in parts.items():
        text = text.replace(name, value)
    return text


def _check(text: str) -> None:
    from iree.compiler import ir

    from ireekit.bindings import CompilerSession

    session = CompilerSession()
    session.context.load_all_available_dialects()
    try:
        ir.Module.parse(text, session.context)
    except ir.MLIRError as error:
        raise TuningError(
            f"the tuning specification is not valid: {_first(error.error_diagnostics, str(error))}",
            remedy="use the tuning file; please report this with the model",
        ) from None


def _first(diagnostics: Sequence[object], text: str) -> str:
    return str(getattr(diagnostics[0], "message", diagnostics[0])) if diagnostics else text.splitlines()[0]
