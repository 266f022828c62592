"""Declarative rewrite rules: a function of unknowns that says what is matched and what replaces it.

Rules are compiled to PDL, so that matching and rewriting run natively; Python runs only for the constraints and
functions that a rule names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from ireekit.bindings.context_cache import ContextCache
from ireekit.bindings.native_patterns import native_rules
from ireekit.errors import PassError
from ireekit.passes.rewrite.callbacks import native_rows, register
from ireekit.passes.rewrite.created import created_operations
from ireekit.passes.rewrite.dag import (
    Attr,
    Built,
    Computed,
    Condition,
    Constant,
    Node,
    OpNode,
    Result,
    Rewrite,
    Type,
    Types,
    Value,
    Values,
    attr,
    op,
    type_,
)
from ireekit.passes.rewrite.escapes import constraint, fits
from ireekit.passes.rewrite.patterns import MAX_BENEFIT
from ireekit.passes.rewrite.pdl import Emitted, emit, matched_operations
from ireekit.passes.rewrite.roots import check_registered

if TYPE_CHECKING:
    from iree.compiler import ir, rewrite

    from ireekit.passes.rewrite.application import Application

__all__ = ["Rule", "attr", "erase", "op", "replace", "rewrite_rule", "type_"]

_KINDS: dict[str, type[Node]] = {"Value": Value, "Values": Values, "Attr": Attr, "Type": Type}


class Rule:
    """A declarative rule; given to drivers like a pattern.

    Attributes:
      name: in errors, and of the ``pdl.pattern``.
      benefit: rules of higher benefit are tried first.
    """

    def __init__(self, name: str, benefit: int, rewrite: Rewrite) -> None:
        self.name = name
        self.benefit = benefit
        self.rewrite = rewrite

    @property
    def erases(self) -> bool:
        """Whether it erases operations besides the root."""
        return bool(self.rewrite.erase)

    def pdl(self) -> str:
        """The rule in the PDL dialect, to read."""
        return emit(self.name, self.benefit, self.rewrite).text

    def __repr__(self) -> str:
        return f"<rule {self.name} on {self.rewrite.root.name}>"


@overload
def rewrite_rule(function: Callable[..., Rewrite], /) -> Rule: ...
@overload
def rewrite_rule(*, benefit: int = 1, name: str | None = None) -> Callable[[Callable[..., Rewrite]], Rule]: ...
def rewrite_rule(
    function: Callable[..., Rewrite] | None = None, /, *, benefit: int = 1, name: str | None = None
) -> Rule | Callable[[Callable[..., Rewrite]], Rule]:
    """A function as a declarative rule.

    The function is called once, now, with unknowns for its parameters: a :class:`Value` unless it is annotated as
    ``Values``, ``Attr`` or ``Type``. A default restricts one: the text of a type or attribute, or a constraint of
    :mod:`ireekit.dialect`. It returns ``replace(...)`` or ``erase(...)``.

    Raises:
      PassError: the rule is wrong; names the rule and the field.

    Example::

        @rewrite_rule(benefit=2)
        def fuse_bias(x: Value, y: Value, bias: Value, axis: Attr):
            product = op(MatMul, lhs=x, rhs=y, axis=axis)
            total = op("arith.addf", product, bias)
            fused = op(FusedMatMul, lhs=x, rhs=y, bias=bias, axis=axis)
            return replace(total, fused, where=[one_use(product)])
    """

    def decorate(function: Callable[..., Rewrite]) -> Rule:
        label = name or function.__name__
        if isinstance(benefit, bool) or not 1 <= benefit <= MAX_BENEFIT:
            raise PassError(f"rule {label}: benefit={benefit!r} is not an integer from 1 to {MAX_BENEFIT}")
        try:
            rule = _traced(function, label, benefit)
        except PassError as error:
            raise PassError(
                error.cause,
                op=error.op,
                location=error.location,
                phase=f"rule {label}",
                remedy=error.remedy,
                notes=error.notes,
            ) from error
        rule.__doc__ = function.__doc__
        return rule

    return decorate if function is None else decorate(function)


def replace(
    root: OpNode,
    by: OpNode | Node | Sequence[Node] | Built,
    *,
    where: Sequence[Condition] = (),
    erase: Sequence[OpNode] = (),
) -> Rewrite:
    """Replace what ``root`` matched, the last operation of the match.

    Args:
      by: an operation to create, whose result types are those of ``root`` unless given; a matched value, or as many
        values as ``root`` has results; or ``build(function)(...)``.
      where: constraints that must hold.
      erase: matched operations to erase as well; the rule then only applies where nothing else uses them. (The greedy
        driver removes dead operations without side effects by itself.)

    Raises:
      PassError: numbers of results differ, or nothing matched is given for ``erase``.
    """
    if not isinstance(root, OpNode):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PassError(f"{root!r} is given to be replaced, and is no op(...)")
    matched = matched_operations(root)
    made: Any = by if isinstance(by, Built) else tuple(by) if isinstance(by, list | tuple) else (by,)
    if not isinstance(by, Built):
        _unify(root, made)
        _check_apart(root, made)
    conditions = list(where)
    for each in erase:
        if each not in matched or each is root:
            raise PassError(f"{each!r} is given to be erased, and is not matched besides the root")
        conditions.append(_only_used_within(each, *matched))
    users_first = tuple(node for node in reversed(matched) if node in erase)
    return Rewrite(root, made, _checked(conditions, matched), users_first)


def _check_apart(root: OpNode, made: Sequence[Any]) -> None:
    """Refuse a replacement that is computed from the results it replaces."""
    waiting: list[Any] = list(made)
    while waiting:
        node = waiting.pop()
        node = node.op if isinstance(node, Result) else node
        if node is root:
            raise PassError(
                f"what replaces {root!r} is computed from it",
                remedy="use what it was matched with: its operands and attributes",
            )
        if isinstance(node, OpNode):
            waiting += node.operands


def erase(root: OpNode, *, where: Sequence[Condition] = ()) -> Rewrite:
    """Erase what ``root`` matched: an operation whose results nothing uses."""
    if not isinstance(root, OpNode):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PassError(f"{root!r} is given to be erased, and is no op(...)")
    return Rewrite(root, (), _checked((*where, _unused(root)), matched_operations(root)))


@dataclass(frozen=True)
class CompiledRules:
    """The compiler's matcher for rules.

    Attributes:
      patterns: what drivers take.
      owner: of the functions in it; kept as long.
    """

    patterns: rewrite.FrozenRewritePatternSet
    owner: object = None


def compiled_rules(rules: tuple[Rule, ...], context: ir.Context, application: Application) -> CompiledRules:
    """The compiler's matcher for ``rules``; made once for each context.

    Raises:
      PassError: the compiler refuses them.
    """
    return _compiled.get(context, rules, lambda: _compile(rules, context, application.is_native))


# Per context: the rules compiled for it.
_compiled: ContextCache[tuple[Rule, ...], CompiledRules] = ContextCache()


def _compile(rules: tuple[Rule, ...], context: ir.Context, natively: bool) -> CompiledRules:
    from iree.compiler import ir, rewrite

    emitted: list[Emitted] = []
    for index, rule in enumerate(rules):
        matched = matched_operations(rule.rewrite.root)
        for node in (*matched, *created_operations(rule.rewrite, matched)):
            check_registered(node.name, context)
        emitted.append(emit(rule.name, rule.benefit, rule.rewrite, context, index))
    text = "module {\n" + "\n".join(each.text for each in emitted) + "\n}"
    messages: list[str] = []

    def collect(diagnostic: ir.Diagnostic) -> bool:
        messages.append(diagnostic.message)
        return True

    handler = context.attach_diagnostic_handler(collect)
    names = ", ".join(rule.name for rule in rules)
    try:
        module = ir.Module.parse(text, context)
        functions = [native_rows(rule.name, each) for rule, each in zip(rules, emitted, strict=True)]
        if natively and None not in functions:
            return CompiledRules(*native_rules(module, [row for rows in functions for row in rows or ()]))
        made = rewrite.PDLModule(module)
        for rule, each in zip(rules, emitted, strict=True):
            register(made, rule.name, each)
        return CompiledRules(made.freeze())
    except ir.MLIRError as error:
        cause = error.error_diagnostics[0].message if error.error_diagnostics else str(error)
        raise PassError(f"the compiler refuses a rule: {cause}", phase=f"rules {names}") from error
    finally:
        handler.detach()


def _traced(function: Callable[..., Rewrite], name: str, benefit: int) -> Rule:
    parameters: dict[str, Node] = {}
    conditions: list[Condition] = []
    for parameter in inspect.signature(function).parameters.values():
        parameters[parameter.name], condition = _unknown(parameter)
        conditions += condition
    made = function(**parameters)
    if not isinstance(made, Rewrite):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PassError(f"it returns {made!r}", remedy="return replace(root, by) or erase(root)")
    complete = Rewrite(made.root, made.by, (*conditions, *made.where), made.erase)
    matched = matched_operations(complete.root)
    for node in matched:
        if any(isinstance(each, Computed) for each in (*node.operands, *node.attributes.values())):
            raise PassError(f"{node.name} is matched, and has a computed field", remedy="compute in the replacement")
    rule = Rule(name, benefit, complete)
    for node in created_operations(complete, matched):
        _check_created(node)
    rule.pdl()  # what can be wrong without a context is found here
    return rule


def _unknown(parameter: inspect.Parameter) -> tuple[Node, list[Condition]]:
    annotation = parameter.annotation
    kind = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    kind = kind.rpartition(".")[2]
    if annotation is inspect.Parameter.empty:
        kind = "Value"
    if kind not in _KINDS:
        raise PassError(
            f"parameter {parameter.name!r} is annotated {annotation!r}", remedy=f"use one of {', '.join(_KINDS)}"
        )
    default = parameter.default
    if default is inspect.Parameter.empty:
        return _KINDS[kind](parameter.name), []  # pyright: ignore[reportCallIssue]
    if isinstance(default, str) and kind == "Value":
        return Value(parameter.name, type_(default)), []
    if isinstance(default, str) and kind in ("Attr", "Type"):
        return (Attr if kind == "Attr" else Type)(parameter.name, default), []
    if hasattr(default, "accepts") and kind != "Values":
        node = _KINDS[kind](parameter.name)  # pyright: ignore[reportCallIssue]
        return node, [fits(node, default)]
    raise PassError(f"the default of parameter {parameter.name!r} is {default!r}", remedy="give text or a constraint")


def _check_created(node: OpNode) -> None:
    if node.regions:
        raise PassError(f"{node.name} has regions, which a rule cannot create", remedy="make it in a build() function")
    if node.model is None:
        return
    for row in node.model.attributes:
        if row.name in node.attributes or row.optional:
            continue
        if not row.has_default:
            raise PassError(f"attribute {row.name!r} of {node.name}, which is created, is missing")
        node.attributes[row.name] = Constant(row.default, row.constraint, f"attribute {row.name!r} of {node.name}")


def _checked(conditions: Sequence[Condition], matched: Sequence[OpNode]) -> tuple[Condition, ...]:
    """Conditions, which must be about what is matched."""
    for condition in conditions:
        if not isinstance(condition, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PassError(
                f"{condition!r} in where= is no constraint", remedy="decorate the function with @constraint"
            )
        for argument in condition.arguments:
            node = argument.op if isinstance(argument, Result) else argument
            if isinstance(node, OpNode) and node not in matched:
                raise PassError(
                    f"{node.name} is in a constraint, and not in the match", remedy="match it from the root"
                )
    return tuple(conditions)


def _unify(root: OpNode, by: tuple[Node, ...]) -> None:
    """Demand that what replaces the root's results has their types."""
    if len(by) == 1 and isinstance(by[0], OpNode):
        node = by[0]
        if not node.given and (isinstance(root.results, Types) or node.model is None):
            node._results = root.results  # pyright: ignore[reportPrivateUsage]
            return
        if isinstance(node.results, Types) or isinstance(root.results, Types):
            if node.results is not root.results:
                raise PassError(f"{node.name} replaces {root.name}, but the number of its results is not known")
            return
        types = list(node.results)
    else:
        if not all(each.kind in ("value", "operation") for each in by):
            raise PassError(f"{root.name} is replaced by something that is no value")
        types = [each.type for each in by if isinstance(each, Value | Result | OpNode)]
    if isinstance(root.results, Types):
        raise PassError(f"{root.name} has any number of results here", remedy="replace it by an operation or a build()")
    if len(types) != len(root.results):
        raise PassError(f"{root.name} has {len(root.results)} results, and is replaced by {len(types)} values")
    for index, (one, other) in enumerate(zip(root.results, types, strict=False)):
        if other.find().computed is not None:
            raise PassError(f"the type of what replaces {root.name} is computed", remedy="use build() instead")
        if not one.unify(other):
            raise PassError(
                f"result {index} of {root.name} is a {one.find().text}, its replacement a {other.find().text}"
            )


@constraint
def _unused(operation: Any) -> bool:
    return not any(True for result in operation.operation.results for _use in result.uses)


@constraint
def _only_used_within(operation: Any, *users: Any) -> bool:
    within = [user.operation for user in users]
    return all(
        any(use.owner.operation == user for user in within)
        for result in operation.operation.results
        for use in result.uses
    )
