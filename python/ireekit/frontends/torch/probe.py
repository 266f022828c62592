"""Find all operators of a module that IREE's torch conversion refuses, by trying each by itself.

The conversion stops at its first failure, and often blames a constant. Here every distinct operator becomes a
function of its own: what still fails is what the model uses and the compiler lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from iree.compiler import ir
from iree.compiler.passmanager import PassManager  # pyright: ignore[reportAttributeAccessIssue]

_PIPELINE = "builtin.module(torch-to-iree)"

_Found = tuple[str, str | None, str | None]


def unsupported_ops(module: ir.Operation) -> tuple[_Found, ...]:
    """``(operator, layer, source line)`` of every operator in ``module`` that cannot be legalised.

    Args:
      module: a ``builtin.module`` in the torch dialect, as it was imported; it is left as it is.
    """
    found: list[_Found] = []
    verdicts: dict[str, bool] = {}
    with module.context as context:
        for op in _torch_operations(module):
            text = _as_function(op)
            if text not in verdicts:
                verdicts[text] = _converts(text, context)
            if not verdicts[text]:
                found.append((_name(op), *_place(op.location)))
    return tuple(dict.fromkeys(found))


def _torch_operations(root: ir.Operation) -> Iterator[ir.Operation]:
    operations: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        operations.append(op)
        return ir.WalkResult.ADVANCE

    root.walk(collect)
    for op in operations:
        if op.name.startswith("torch.") and not op.name.startswith(_STRUCTURE) and not op.regions:
            yield op


# Constants, lists and terminators stand or fall with the operators around them.
_STRUCTURE = ("torch.constant.", "torch.prim.List", "torch.prim.If", "torch.prim.Loop", "torch.bind_symbolic")


def _as_function(op: ir.Operation) -> str:
    """A module with one function that only does ``op``; tensors are its arguments, all else is repeated in it."""
    lines: list[str] = []
    names: dict[Any, str] = {}
    arguments: list[str] = []

    def name_of(value: ir.Value[Any]) -> str:
        for known, name in names.items():
            if known == value:
                return name
        name = f"%v{len(names)}"
        names[value] = name
        owner = value.owner
        if isinstance(owner, ir.Block) or not _repeated(owner):
            arguments.append(f"{name}: {value.type}")
            return name
        lines.append(_generic(owner, name, [name_of(operand) for operand in owner.operands]))
        return name

    operands = [name_of(operand) for operand in op.operands]
    results = ", ".join(str(result.type) for result in op.results)
    count = len(op.results)
    returned = [f"%r#{i}" for i in range(count)] if count > 1 else ["%r"] * count
    lines.append(_generic(op, f"%r:{count}" if count > 1 else "%r" if count else "", operands))
    tail = f"return {', '.join(returned)} : {results}" if count else "return"
    body = "\n  ".join([*lines, tail])
    return f"func.func @f({', '.join(arguments)}) -> ({results}) {{\n  {body}\n}}"


def _repeated(owner: Any) -> bool:
    return owner.name.startswith(("torch.constant.", "torch.prim.ListConstruct", "torch.vtensor.literal"))


def _generic(op: Any, results: str, operands: Sequence[str]) -> str:
    attributes = ", ".join(f"{name} = {op.attributes[name]}" for name in op.attributes)
    types = ", ".join(str(operand.type) for operand in op.operands)
    outcome = ", ".join(str(result.type) for result in op.results)
    head = f"{results} = " if results else ""
    return f'{head}"{op.name}"({", ".join(operands)}) {{{attributes}}} : ({types}) -> ({outcome})'


def _converts(text: str, context: ir.Context) -> bool:
    with context, ir.Location.unknown(), context.attach_diagnostic_handler(_swallow):
        try:
            module = ir.Module.parse(text)
            PassManager.parse(_PIPELINE).run(module.operation)
        except ir.MLIRError:
            return False
    return True


def _swallow(diagnostic: ir.Diagnostic) -> bool:
    return True


def _name(op: ir.Operation) -> str:
    if op.name == "torch.operator":
        return ir.StringAttr(op.attributes["name"]).value
    return op.name


def _place(location: ir.Location) -> tuple[str | None, str | None]:
    layer = getattr(location, "name_str", None)
    inner: Any = getattr(location, "child_loc", location)
    filename = getattr(inner, "filename", None)
    return layer, f"{filename}:{inner.start_line}" if filename else None
