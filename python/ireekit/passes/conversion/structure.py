"""Conversion of what only carries values: functions, calls, branches and structured control flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ireekit.passes.conversion.patterns import Adaptor, FunctionConversion
from ireekit.passes.conversion.rewriter import ConversionRewriter
from ireekit.passes.conversion.target import ConversionTarget
from ireekit.passes.conversion.types import TypeConverter

if TYPE_CHECKING:
    from iree.compiler import ir

_FUNCTIONS = ("func.func", "util.func", "util.initializer")
_CALLS = ("func.call", "util.call", "func.return", "util.return")
_CONTROL_FLOW = (
    "cf.br",
    "cf.cond_br",
    "scf.for",
    "scf.if",
    "scf.while",
    "scf.condition",
    "scf.yield",
    "scf.execute_region",
    "scf.index_switch",
)
_SEGMENTS = ("operandSegmentSizes", "resultSegmentSizes")


def function_conversion(target: ConversionTarget, converter: TypeConverter) -> list[FunctionConversion]:
    """Patterns that convert signatures, calls and returns of ``func`` and ``util`` functions.

    Adds dynamic legality to ``target``: they are legal once all their types are.
    """
    for name in _FUNCTIONS:
        target.dynamic(name, lambda op: _signature_is_legal(op, converter))
    for name in _CALLS:
        target.dynamic(name, converter.are_legal)
    return [
        FunctionConversion(_convert_signature, _FUNCTIONS[:2], 1, "convert-signature"),
        FunctionConversion(convert_op_types, _CALLS, 1, "convert-call"),
    ]


def control_flow_conversion(target: ConversionTarget, converter: TypeConverter) -> list[FunctionConversion]:
    """The same for branches of ``cf`` and the operations of ``scf``."""
    for name in _CONTROL_FLOW:
        target.dynamic(name, converter.are_legal)
    return [FunctionConversion(convert_op_types, _CONTROL_FLOW, 1, "convert-control-flow")]


def convert_op_types(op: Any, adaptor: Adaptor, rewriter: ConversionRewriter) -> None:
    """A pattern for any operation: the same one with converted operands, results and block arguments."""
    from iree.compiler import ir

    old: ir.Operation = op.operation
    groups = [rewriter.converter.converted(result.type) for result in old.results]
    attributes = {name: old.attributes[name] for name in old.attributes}
    for name, sizes in zip(_SEGMENTS, ([len(each) for each in adaptor.groups], list(map(len, groups))), strict=True):
        if name in attributes:
            attributes[name] = _resized(attributes[name], sizes)
    made = ir.Operation.create(
        old.name,
        results=[each for group in groups for each in group],
        operands=adaptor.flat,
        attributes=attributes,
        successors=list(old.successors),
        regions=len(old.regions),
    )
    for source, region in zip(old.regions, made.regions, strict=True):
        rewriter.move_region(source, region)
        rewriter.convert_region_types(region)
    for successor in old.successors:
        rewriter.convert_block_types(successor)
    results = iter(list(made.results))
    rewriter.replace(op, [[next(results) for _ in group] for group in groups])


def _convert_signature(op: Any, _adaptor: Adaptor, rewriter: ConversionRewriter) -> None:
    from iree.compiler import ir

    function: ir.Operation = op.operation
    signature: Any = _signature(function)
    converter = rewriter.converter
    inputs = [converter.converted(each) for each in signature.inputs]
    results = [converter.converted(each) for each in signature.results]
    with rewriter.modify(op):
        made = ir.FunctionType.get(
            [each for group in inputs for each in group], [each for group in results for each in group]
        )
        function.attributes["function_type"] = ir.TypeAttr.get(made)
        for name, groups in (("arg_attrs", inputs), ("res_attrs", results)):
            if name in function.attributes:
                function.attributes[name] = _spread(function.attributes[name], groups)
    for region in function.regions:
        rewriter.convert_region_types(region)


def _signature_is_legal(op: Any, converter: TypeConverter) -> bool:
    function = op.operation
    if "function_type" not in function.attributes:
        return True
    signature: Any = _signature(function)
    blocks = [block for region in function.regions for block in region]
    return all(map(converter.is_legal, [*signature.inputs, *signature.results])) and all(
        converter.is_legal(argument.type) for block in blocks for argument in block.arguments
    )


def _signature(function: ir.Operation) -> Any:
    from iree.compiler import ir

    held: Any = function.attributes["function_type"]
    return ir.FunctionType(held.value)


def _spread(attributes: Any, groups: Sequence[Sequence[Any]]) -> ir.Attribute:
    """One dictionary for each converted type: kept where one stays one, else dropped."""
    from iree.compiler import ir

    empty = ir.DictAttr.get({})
    return ir.ArrayAttr.get(
        [
            each if len(group) == 1 else empty
            for each, group in zip(list(attributes), groups, strict=True)
            for _type in group
        ]
    )


def _resized(segments: Any, sizes: Sequence[int]) -> ir.Attribute:
    """Segment sizes after each value has become ``sizes`` values."""
    from iree.compiler import ir

    remaining = iter(sizes)
    return ir.DenseI32ArrayAttr.get([sum(next(remaining) for _ in range(count)) for count in segments])
