"""Which operations a rule can create natively, and a rehearsal of it.

The compiler takes from PDL whatever attributes it gets, and dies later over an operation without its regions or with
an attribute of the wrong kind. So created operations are rehearsed as text first, and those whose attributes are only
known when the rule applies are created from Python, where they are checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ireekit.bindings.erasure import erase_now
from ireekit.errors import PassError
from ireekit.passes.rewrite.dag import Attr, Computed, Node, OpNode, Result, Rewrite, Type, Types, Values
from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

# What the verifier says of an operation whose fields are wrong, whatever the types of its operands.
_MISSING = re.compile(r"requires attribute '([^']+)'")
_WRONG_ATTRIBUTE = re.compile(r"attribute '[^']+' failed to satisfy constraint|[Ii]nvalid properties|Invalid attribute")
_WRONG_COUNT = re.compile(
    r"expected \d+ (or more )?operands|requires (zero|a single|one|\d+) (operands?|results?|regions?)"
)
_WRONG_SEGMENTS = re.compile(r"does not match with the total size|operandSegmentSizes")
_PROBLEMS = (_WRONG_ATTRIBUTE, _WRONG_COUNT, _WRONG_SEGMENTS)


@dataclass(frozen=True, eq=False)
class Creation:
    """An operation created by Python: ``arguments`` are what it is given, the root first."""

    node: OpNode
    arguments: tuple[Node, ...]


def created_operations(rule: Rewrite, matched: Sequence[OpNode]) -> list[OpNode]:
    """The operations that ``rule`` creates, users before what they use."""
    if not isinstance(rule.by, tuple):
        return []
    found: list[OpNode] = []
    waiting: list[Node] = list(rule.by)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Result):
            node = node.op
        if not isinstance(node, OpNode) or node in matched or node in found:
            continue
        found.append(node)
        waiting += node.operands
    return found


def creation_by_python(node: OpNode, matched: Sequence[OpNode], root: OpNode, context: ir.Context) -> Creation | None:
    """How Python creates ``node``, or ``None`` where the compiler can.

    Raises:
      PassError: Python has to, and ``node`` has a field of any number of values.
    """
    properties = node.model is None and context.is_registered_operation(node.name)
    types = () if isinstance(node.results, Types) else node.results
    uncertain = properties and any(
        isinstance(value, Attr) and value.text is None and not _same_field(node.name, key, value, matched)
        for key, value in node.attributes.items()
    )
    if not uncertain and not any(each.find().computed for each in types):
        return None
    if isinstance(node.results, Types) or any(isinstance(each, Values) for each in node.operands):
        raise PassError(
            f"{node.name} has attributes that are only known later, and any number of operands or results",
            remedy="make it in a build() function",
        )
    arguments: list[Node] = [root, *node.operands]
    for each in (*node.results, *node.attributes.values()):
        computed = each.find().computed if isinstance(each, Type) else each if isinstance(each, Computed) else None
        arguments += computed.arguments if computed is not None else [each]
    return Creation(node, tuple(arguments))


def create(creation: Creation, values: Sequence[Any], native: Any) -> ir.Operation:
    """Create it before the root.

    Raises:
      PassError: an attribute is not of the kind that the operation has under that name.
      TypeError: a function returns no attribute or type.
    """
    from iree.compiler import ir

    node = creation.node
    remaining = iter(values)
    root = next(remaining).operation
    operands = [next(remaining) for _ in node.operands]
    types: tuple[Type, ...] = () if isinstance(node.results, Types) else node.results
    results = [_made(each.find().computed, remaining, ir.Type) for each in types]
    attributes = {
        key: _made(value if isinstance(value, Computed) else None, remaining, ir.Attribute)
        for key, value in node.attributes.items()
    }
    made = ir.Operation.create(
        node.name, results=results, operands=operands, attributes=attributes, ip=native.ip, loc=root.location
    )
    for key, value in attributes.items():
        if key not in made.attributes:
            erase_now(made)
            raise PassError(f"attribute {key!r} of {node.name} cannot be {value}")
    return made


def stand_in(creation: Creation, values: Sequence[Any], native: Any) -> ir.Operation:
    """Something with as many results, for as long as it takes to raise an error: a rewrite must not fail."""
    from iree.compiler import ir

    root = values[0].operation
    count = len(creation.node.results)  # pyright: ignore[reportArgumentType]
    given = [value for value in values if isinstance(value, ir.Type)]
    results = given[:count] if len(given) >= count else [ir.NoneType.get(root.context)] * count
    return ir.Operation.create(
        "builtin.unrealized_conversion_cast", results=results, operands=[], ip=native.ip, loc=root.location
    )


@dataclass(frozen=True, eq=False)
class Computation:
    """An attribute computed by Python for an operation that the compiler creates."""

    node: OpNode
    key: str
    computed: Computed
    accepted: set[type] = field(default_factory=set[type])
    """Classes of attributes that are known to be of the right kind."""


def compute(computation: Computation, values: Sequence[Any]) -> ir.Attribute:
    """The attribute, made of what was matched.

    Raises:
      PassError: it is not of the kind that the operation has under that name.
      TypeError: the function returns no attribute.
    """
    made = computation.computed.function(*values)
    kind = type(made)
    if kind not in computation.accepted and check_computed(computation, made):
        computation.accepted.add(kind)
    return made


def check_computed(computation: Computation, made: Any) -> bool:
    """Whether all attributes of the class of ``made`` are of the kind that the operation has under that name.

    Raises:
      PassError: ``made`` is not.
      TypeError: it is no attribute.
    """
    from iree.compiler import ir

    if not isinstance(made, ir.Attribute):
        raise TypeError(f"{computation.computed.function.__name__} returns {made!r}, and no attribute")
    node, key = computation.node, computation.key
    probe = ir.Operation.create(node.name, attributes={key: made}, loc=ir.Location.unknown(made.context), ip=False)
    if key not in probe.attributes:
        raise PassError(f"attribute {key!r} of {node.name} cannot be {made}")
    return type(made) is not ir.Attribute  # attributes of any kind without a class of the bindings are of that one


def repair(computation: Computation, root: ir.Operation) -> None:
    """Replace operations that lack the attribute, since it was not made; printing one would end the process."""
    from iree.compiler import ir

    for op in [each for each in walk(root) if each.name == computation.node.name]:
        if computation.key in op.attributes:
            continue
        types = [result.type for result in op.results]
        cast = ir.Operation.create(
            "builtin.unrealized_conversion_cast", results=types, ip=ir.InsertionPoint(op), loc=op.location
        )
        for old, new in zip(op.results, cast.results, strict=True):
            old.replace_all_uses_with(new)
        erase_now(op)


def rehearse(node: OpNode, context: ir.Context) -> None:
    """Try to make ``node`` with operands of any type.

    Raises:
      PassError: it lacks attributes, operands or regions, or has an attribute of the wrong kind.
    """
    if node.model is not None or not context.is_registered_operation(node.name):
        return
    from iree.compiler import ir

    if any(isinstance(each, Values) for each in node.operands) or isinstance(node.results, Types):
        return
    known = {key: value.text for key, value in node.attributes.items() if isinstance(value, Attr) and value.text}
    attributes = ", ".join(f'"{key}" = {text}' for key, text in known.items())
    operands = ", ".join("%x" for _ in node.operands)
    text = (
        '"builtin.module"() ({ %x = "builtin.unrealized_conversion_cast"() : () -> i32 '
        f'%r:{max(len(node.results), 1)} = "{node.name}"({operands}) '
        f"{{{attributes}}} : ({', '.join('i32' for _ in node.operands)}) -> ({', '.join('i32' for _ in node.results)}) "
        "}) : () -> ()"
    )
    if not node.results:
        text = text.replace("%r:1 = ", "")
    handler = context.attach_diagnostic_handler(_silence)
    try:
        ir.Operation.parse(text, context=context)
    except ir.MLIRError as error:
        messages = [each.message for each in error.error_diagnostics]
    else:
        return
    finally:
        handler.detach()
    for message in messages:
        missing = _MISSING.search(message)
        wrong = missing[1] not in node.attributes if missing else any(each.search(message) for each in _PROBLEMS)
        if wrong:
            remedy = "make it in a build() function" if "region" in message else None
            raise PassError(f"{node.name} cannot be created so: {message}", remedy=remedy)


def _silence(_diagnostic: ir.DiagnosticInfo) -> bool:
    return True


def _same_field(name: str, key: str, value: Node, matched: Sequence[OpNode]) -> bool:
    """Whether ``value`` was matched as the attribute ``key`` of an operation ``name``, and so fits there again."""
    return any(node.name == name and node.attributes.get(key) is value for node in matched)


def _made(computed: Computed | None, remaining: Any, wanted: Any) -> Any:
    if computed is None:
        return next(remaining)
    function: Callable[..., Any] = computed.function
    made = function(*[next(remaining) for _ in computed.arguments])
    if not isinstance(made, wanted):
        raise TypeError(f"{function.__name__} returns {made!r}, and no {computed.kind}")
    return made
