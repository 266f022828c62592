"""Entry points of a module, read from its public functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from iree.compiler import ir

from ireekit.errors import ModelImportError
from ireekit.frontends.ir_types import as_text, leaf_of_type, unique_names
from ireekit.locations import location_name, source_line
from ireekit.signature import EntryPoint, Leaf

_FUNCTION_OPS = ("func.func", "util.func", "ml_program.func", "vhlo.func_v1")
_NAME_ATTRIBUTES = ("iree.abi.name", "jax.arg_info", "jax.result_info", "ml_program.identifier")


def public_functions(module: ir.Module) -> list[ir.Operation]:
    """Functions with a body that callers of the program can reach, in order."""
    operations = (op.operation for op in module.body.operations)
    return [op for op in operations if op.name in _FUNCTION_OPS and _is_public(op) and len(op.regions[0].blocks)]


def entry_points_of(module: ir.Module) -> tuple[EntryPoint, ...]:
    """One entry point per public function.

    Raises:
      ModelImportError: there is none, or one takes or returns what no program can.
    """
    functions = public_functions(module)
    if not functions:
        raise ModelImportError(
            "the module has no public function with a body, so nothing in it could be called",
            location=source_line(module.operation.location),
            remedy="define a func.func that is not private",
        )
    return tuple(_entry_point(function) for function in functions)


def function_name(function: ir.Operation) -> str:
    """The symbol of a function."""
    return _text_attribute(function.attributes["sym_name"])


def function_types(function: ir.Operation) -> tuple[list[str], list[str]]:
    """Texts of argument and result types, for every kind of function."""
    arguments = [str(argument.type) for argument in function.regions[0].blocks[0].arguments]
    signature = ir.TypeAttr(function.attributes["function_type"]).value if _has_type_attr(function) else None
    if isinstance(signature, ir.FunctionType):
        return arguments, [str(result) for result in signature.results]
    # VHLO has its own function type: what the function returns says the same.
    for block in function.regions[0].blocks:
        last = block.operations[len(block.operations) - 1].operation
        if "return" in last.name:
            return arguments, [str(operand.type) for operand in last.operands]
    return arguments, []


def _has_type_attr(function: ir.Operation) -> bool:
    return isinstance(function.attributes["function_type"], ir.TypeAttr)


def _entry_point(function: ir.Operation) -> EntryPoint:
    name = function_name(function)
    arguments, results = function_types(function)
    argument_names = _names(function, "arg_attrs", arguments, "input", _debug_names(function))
    result_names = _names(function, "res_attrs", results, "output", [None] * len(results))
    return EntryPoint.flat(
        name,
        [_leaf(function, *item) for item in zip(argument_names, arguments, strict=True)],
        [_leaf(function, *item) for item in zip(result_names, results, strict=True)],
    )


def _leaf(function: ir.Operation, name: str, text: str) -> Leaf:
    leaf = leaf_of_type(name, text)
    if leaf is None:
        raise ModelImportError(
            f"{name!r} of the public function @{function_name(function)} has the type {text}, "
            "which no program can take or return",
            op=f"@{function_name(function)}",
            location=source_line(function.location),
            remedy="use ranked tensors and i32, i64, f32, f64 or index scalars, or make the function private",
        )
    return leaf


def _names(function: ir.Operation, key: str, types: list[str], default: str, debug: Iterable[str | None]) -> list[str]:
    attributes = _argument_attributes(function, key, len(types))
    return unique_names(
        [
            _attribute_name(given) or (known and _plain_path(known)) or f"{default}{index}"
            for index, (given, known) in enumerate(zip(attributes, debug, strict=True))
        ]
    )


def _argument_attributes(function: ir.Operation, key: str, count: int) -> list[dict[str, Any]]:
    if key not in function.attributes or not isinstance(function.attributes[key], ir.ArrayAttr):
        return [{} for _ in range(count)]
    return [
        {item.name: item.attr for item in entry} if isinstance(entry, ir.DictAttr) else {}
        for entry in ir.ArrayAttr(function.attributes[key])
    ]


def _attribute_name(attributes: dict[str, Any]) -> str | None:
    for key in _NAME_ATTRIBUTES:
        if key in attributes:
            return _plain_path(_text_attribute(attributes[key])) or None
    return None


def _plain_path(path: str) -> str:
    """JAX's ``params['w'][0].b`` as ``params.w.0.b``; its ``result['s']`` as ``s``."""
    path = re.sub(r"\[['\"]?(.*?)['\"]?\]", r".\1", path)
    return path.removeprefix("result").strip(".") if path.startswith(("result.", "result")) else path


def _debug_names(function: ir.Operation) -> list[str | None]:
    arguments: Any = function.regions[0].blocks[0].arguments
    return [location_name(argument.location) for argument in arguments]


def _is_public(function: ir.Operation) -> bool:
    if "sym_visibility" not in function.attributes:
        return True
    return _text_attribute(function.attributes["sym_visibility"]) in ("public", "")


def _text_attribute(attribute: Any) -> str:
    """Text of a string attribute, builtin or of VHLO (``#vhlo.string_v1<"main">``)."""
    if isinstance(attribute, ir.StringAttr):
        return as_text(attribute)
    match = re.search(r'"((?:[^"\\]|\\.)*)"', str(attribute))
    return match[1] if match else ""
