"""Python functions of rules, as the compiler calls them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ireekit.passes.rewrite.application import current
from ireekit.passes.rewrite.created import Computation, Creation, check_computed, compute, create, repair, stand_in
from ireekit.passes.rewrite.dag import Built, Computed, Condition, Node, OpNode
from ireekit.passes.rewrite.pdl import Emitted

Native = Callable[[Any, Any, Any], bool]


def register(module: Any, rule: str, emitted: Emitted) -> None:
    """Register the functions of one rule with a ``PDLModule``."""
    for name, condition in emitted.constraints.items():
        module.register_constraint_function(name, _test(rule, condition))
    for name, function in emitted.rewrites.items():
        if isinstance(function, Built):
            native = _build(rule, function)
        elif isinstance(function, Creation):
            native = _create(rule, function)
        else:
            native = _compute(rule, function)
        module.register_rewrite_function(name, native)


def native_rows(rule: str, emitted: Emitted) -> list[tuple[Any, ...]] | None:
    """The functions of one rule as :func:`~ireekit.bindings.native_patterns.native_rules` takes them.

    ``None`` where one of them needs the bindings' rewriter, as those do that create operations.
    """
    rows: list[tuple[Any, ...]] = []
    for name, condition in emitted.constraints.items():
        function = _on_views(condition.function, condition.arguments)
        rows.append((True, name, function, None, functools.partial(_test_failed, rule, condition)))
    for name, computation in emitted.rewrites.items():
        if not isinstance(computation, Computation):
            return None
        function = _on_views(computation.computed.function, computation.computed.arguments)
        check = functools.partial(check_computed, computation)
        rows.append((False, name, function, check, functools.partial(_stand_in, rule, computation)))
    return rows


def _on_views(function: Callable[..., Any], nodes: Sequence[Node]) -> Callable[..., Any]:
    """``function``, given typed views where ``nodes`` are operations."""
    if not any(isinstance(node, OpNode) for node in nodes):
        return function
    return lambda *values: function(*_views(nodes, values))


def _test_failed(rule: str, condition: Condition, values: Sequence[Any] | None, error: BaseException | None) -> None:
    application = current()
    if application is not None and error is not None:
        application.fail(f"rule {rule}", condition.function, _place(values or ()), error)


def _test(rule: str, condition: Condition) -> Native:
    def call(_native: Any, _results: Any, values: Sequence[Any]) -> bool:
        application = current()
        if application is None or not application.running_well:
            return True
        try:
            return not condition.function(*_views(condition.arguments, values))
        except BaseException as error:  # nothing may unwind the compiler's frames
            application.fail(f"rule {rule}", condition.function, _place(values), error)
            return True

    return call


def _create(rule: str, creation: Creation) -> Native:
    computed = [each for each in creation.node.attributes.values() if isinstance(each, Computed)]
    source = computed[0].function if computed else create

    def call(native: Any, results: Any, values: Sequence[Any]) -> bool:
        application = current()
        made = None
        if application is not None and application.running_well:
            try:
                made = create(creation, values, native)
            except BaseException as error:
                application.fail(f"rule {rule}", source, values[0].operation, error)
        # A rewrite that fails ends the process: something has to stand in until the error is raised.
        results.append(made if made is not None else stand_in(creation, values, native))
        return False

    return call


def _compute(rule: str, computation: Computation) -> Native:
    nodes = computation.computed.arguments
    needs_views = any(isinstance(node, OpNode) for node in nodes)

    def call(_native: Any, results: Any, values: Sequence[Any]) -> bool:
        application = current()
        failure = None
        if application is not None and application.running_well:
            try:
                results.append(compute(computation, _views(nodes, values) if needs_views else values))
                return False
            except BaseException as error:
                failure = error
        results.append(_stand_in(rule, computation, values, failure))
        return False

    return call


def _stand_in(rule: str, computation: Computation, values: Sequence[Any] | None, error: BaseException | None) -> Any:
    """Stands in for an attribute that could not be made: a rewrite that fails ends the process."""
    from iree.compiler import ir

    application = current()
    if application is None:  # no driver of ours
        return ir.UnitAttr.get(values[0].context) if values else None
    if error is not None:
        application.fail(f"rule {rule}", computation.computed.function, _place(values or ()), error)
    application.repairs[computation] = lambda: repair(computation, application.root)
    return ir.UnitAttr.get(application.root.context)


def _build(rule: str, built: Built) -> Native:
    def call(native: Any, _results: Any, values: Sequence[Any]) -> bool:
        application = current()
        if application is None or not application.running_well:
            return False
        root: Any = values[0].operation
        views = _views(built.arguments, values[1:])
        application.rewrite(rule, built.function, native, root, lambda rewriter: _replace(rewriter, root, built, views))
        return False

    return call


def _replace(rewriter: Any, root: Any, built: Built, views: list[Any]) -> None:
    made = built.function(rewriter, *views)
    if made is None and not len(root.results):
        rewriter.erase(root)
        return
    rewriter.replace(root, made)


def _views(nodes: Sequence[Node], values: Sequence[Any]) -> list[Any]:
    return [
        node.model.cls.view(value.operation)  # pyright: ignore[reportAttributeAccessIssue]
        if isinstance(node, OpNode) and node.model is not None
        else value.opview
        if isinstance(node, OpNode)
        else value
        for node, value in zip(nodes, values, strict=True)
    ]


def _place(values: Sequence[Any]) -> Any:
    """An operation to name in an error, of what a function was given."""
    for value in values:
        owner: Any = value if hasattr(value, "operation") else getattr(value, "owner", None)
        if hasattr(owner, "operation"):
            return owner.operation
    return None
