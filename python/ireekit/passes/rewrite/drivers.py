"""The compiler's own pattern drivers, over patterns written in Python and declarative ones alike."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ireekit.bindings.rewriting import can_simplify_regions, simplify_regions
from ireekit.errors import CompileWarning, PassError
from ireekit.passes.rewrite.application import Application, divergence
from ireekit.passes.rewrite.patterns import RewritePattern
from ireekit.passes.rewrite.roots import operation_of, root_name
from ireekit.passes.rewrite.rules import Rule, compiled_rules

if TYPE_CHECKING:
    from iree.compiler import ir, rewrite

Pattern: TypeAlias = "RewritePattern | type[RewritePattern] | Rule"

# Rules are not counted as they apply: one that feeds itself has to end at some number in each iteration.
_RULE_REWRITES = 1 << 17
_UNLIMITED = -1
_STRICTNESS = {"any": "ANY_OP", "existing-and-new": "EXISTING_AND_NEW_OPS", "existing": "EXISTING_OPS"}
_REGIONS = {"disabled": "DISABLED", "normal": "NORMAL", "aggressive": "AGGRESSIVE"}


@dataclass(frozen=True)
class GreedyConfig:
    """How :func:`apply_greedily` goes about it.

    Attributes:
      top_down: visit operations in the order of the text at first; else the last one first.
      max_iterations: sweeps over the IR before the patterns are taken not to converge.
      max_rewrites: rewrites by Python patterns before they are taken never to end; in the order of 64 for each
        operation unless given.
      fold: fold operations whose operands are constants, and remove dead ones.
      simplify_regions: what to do about unreachable blocks and dead block arguments.
      constant_cse: make equal constants one.
      strictness: ``"any"`` operation may be visited, only ``"existing"`` ones, or ``"existing-and-new"``, but no
        other that a rewrite touches.
      on_divergence: ``"error"``, ``"warn"`` or ``"ignore"`` where the patterns do not converge.
      record: keep the reasons why patterns did not match, in :attr:`RewriteResult.reasons`.
    """

    top_down: bool = True
    max_iterations: int = 10
    max_rewrites: int | None = None
    fold: bool = True
    simplify_regions: Literal["disabled", "normal", "aggressive"] = "normal"
    constant_cse: bool = True
    strictness: Literal["any", "existing-and-new", "existing"] = "any"
    on_divergence: Literal["error", "warn", "ignore"] = "error"
    record: bool = False

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("strictness", self.strictness, tuple(_STRICTNESS)),
            ("simplify_regions", self.simplify_regions, tuple(_REGIONS)),
            ("on_divergence", self.on_divergence, ("error", "warn", "ignore")),
        ):
            if value not in allowed:
                raise PassError(f"{name}={value!r} is none of {', '.join(allowed)}")
        if self.max_iterations < 1:
            raise PassError(f"max_iterations={self.max_iterations} is below 1")
        if self.max_rewrites is not None and self.max_rewrites < 1:
            raise PassError(f"max_rewrites={self.max_rewrites} is below 1")


@dataclass(frozen=True)
class RewriteResult:
    """What a driver did.

    Attributes:
      changed: whether the IR was changed, by folding too; for a walk with declarative rules always true.
      converged: whether nothing was left to do.
      iterations: sweeps over the IR.
      counts: rewrites by the name of the Python pattern; those of declarative rules are not counted.
      reasons: ``(pattern, operation, location, reason)`` of matches refused with ``no_match``, if recorded.
    """

    changed: bool
    converged: bool = True
    iterations: int = 1
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    reasons: tuple[tuple[str, str, str | None, str], ...] = ()

    def __bool__(self) -> bool:
        return self.changed

    @property
    def rewrites(self) -> int:
        return sum(self.counts.values())


def apply_greedily(op: Any, patterns: Iterable[Pattern] | Pattern, config: GreedyConfig | None = None) -> RewriteResult:
    """Apply ``patterns`` to everything nested in ``op`` until none matches; also folds and removes dead operations.

    Args:
      op: a module, function or another operation, or a view of one. It is itself not rewritten.
      patterns: pattern classes or instances, decorated functions, and declarative rules. Benefits order the Python
        patterns among themselves and the rules among themselves; rules run before Python patterns.

    Raises:
      PassError: a pattern raised or misused the rewriter, or they do not converge; names the pattern and the operation.
    """
    config = config or GreedyConfig()
    root = operation_of(op)
    python, rules = _sorted(patterns)
    application = Application(
        root,
        walks=False,
        record=config.record,
        max_rewrites=config.max_rewrites,
        interesting=frozenset(root_name(each) for pattern in python for each in pattern.roots),
    )
    sets = _pattern_sets(application, python, rules)
    max_rewrites = config.max_rewrites or (_RULE_REWRITES if rules else _UNLIMITED)
    changed, iterations, busy = False, 0, True
    with application.running():
        while busy and iterations < config.max_iterations and application.running_well:
            iterations += 1
            application.next_iteration(iterations)
            # Simplified at the end of an iteration that found nothing else to do, and in the last one, regions are
            # simplified half as often. The driver itself can only do so after each.
            later = iterations < config.max_iterations and can_simplify_regions()
            native = _native_config(config, max_rewrites, "disabled" if later else config.simplify_regions)
            busy = False
            for each in sets:
                application.next_driver()
                busy = not _one_iteration(root, each, native) or busy
            if later and not busy and config.simplify_regions != "disabled" and application.running_well:
                busy = simplify_regions(root, merge_blocks=config.simplify_regions == "aggressive")
            changed = changed or busy
    if busy or application.exhausted:
        cause = f"they still change the IR in iteration {iterations}"
        if application.exhausted:
            cause = f"{application.rewrites} rewrites, and no end"
        _report_divergence(config, cause, application.recent or Counter({rule.name: 0 for rule in rules}))
    return RewriteResult(
        changed,
        not busy and not application.exhausted,
        iterations,
        dict(application.counts),
        tuple(application.reasons),
    )


def apply_walk(op: Any, patterns: Iterable[Pattern] | Pattern, *, record: bool = False) -> RewriteResult:
    """Apply ``patterns`` once to each operation nested in ``op``, inner ones first; the fastest driver.

    What patterns create is not visited, nothing is folded, and dead operations stay. What a pattern erases besides the
    operation it matched on disappears at the end of the walk.

    Raises:
      PassError: as for :func:`apply_greedily`; or a rule erases operations other than the one it matches on.
    """
    from iree.compiler import rewrite

    root = operation_of(op)
    python, rules = _sorted(patterns)
    for rule in rules:
        if rule.erases:
            raise PassError(f"rule {rule.name} erases other operations", remedy="apply it with apply_greedily")
    application = Application(root, walks=True, record=record)
    with application.running():
        for each in _pattern_sets(application, python, rules):
            application.next_driver()
            rewrite.walk_and_apply_patterns(root, each)
    if application.exhausted:
        raise divergence(f"{application.rewrites} rewrites in one walk", application.recent)
    return RewriteResult(
        bool(application.rewrites or rules), counts=dict(application.counts), reasons=tuple(application.reasons)
    )


def _sorted(patterns: Iterable[Pattern] | Pattern) -> tuple[list[RewritePattern], list[Rule]]:
    """Instances of the Python patterns, and the rules.

    Raises:
      PassError: one is neither.
    """
    if isinstance(patterns, RewritePattern | Rule | type):
        patterns = [patterns]
    python: list[RewritePattern] = []
    rules: list[Rule] = []
    for each in patterns:
        made = each() if isinstance(each, type) and issubclass(each, RewritePattern) else each  # pyright: ignore[reportUnnecessaryIsInstance]
        if isinstance(made, Rule):
            rules.append(made)
        elif isinstance(made, RewritePattern):  # pyright: ignore[reportUnnecessaryIsInstance]
            python.append(made)
        else:
            raise PassError(
                f"{each!r} is no pattern",
                remedy="derive from RewritePattern, or decorate with @pattern or @rewrite_rule",
            )
    return python, rules


def _pattern_sets(
    application: Application, python: list[RewritePattern], rules: list[Rule]
) -> list[rewrite.FrozenRewritePatternSet]:
    from iree.compiler import rewrite

    context = application.root.context
    sets = [compiled_rules(tuple(rules), context, application).patterns] if rules else []
    if python:
        sets.append(application.pattern_set(python))
    return sets or [rewrite.RewritePatternSet(context).freeze()]


def _native_config(config: GreedyConfig, max_rewrites: int, simplify_regions: str) -> rewrite.GreedyRewriteConfig:
    from iree.compiler import rewrite

    native = rewrite.GreedyRewriteConfig()
    # One at a time: the iterations are counted here, and what the last one did is known.
    native.max_iterations = 1
    native.max_num_rewrites = max_rewrites
    native.use_top_down_traversal = config.top_down
    native.enable_folding = config.fold
    native.enable_constant_cse = config.constant_cse
    native.strictness = getattr(rewrite.GreedyRewriteStrictness, _STRICTNESS[config.strictness])
    native.region_simplification_level = getattr(rewrite.GreedySimplifyRegionLevel, _REGIONS[simplify_regions])
    return native


def _one_iteration(
    root: ir.Operation, patterns: rewrite.FrozenRewritePatternSet, native: rewrite.GreedyRewriteConfig
) -> bool:
    """Whether it left everything as it was."""
    from iree.compiler import rewrite

    try:
        rewrite.apply_patterns_and_fold_greedily(root, patterns, native)
    except RuntimeError as error:
        if "failed to converge" not in str(error):
            raise
        return False
    return True


def _report_divergence(config: GreedyConfig, cause: str, recent: Counter[str]) -> None:
    error = divergence(cause, recent)
    if config.on_divergence == "error":
        raise error
    if config.on_divergence == "warn":
        warnings.warn(CompileWarning(str(error)), stacklevel=3)
