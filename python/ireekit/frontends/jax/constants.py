"""Arrays a JAX function captured: out of the program, into a parameter archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from iree.compiler import ir

from ireekit.frontends.archive import SCOPE, PendingTensor, write_archive
from ireekit.frontends.contexts import load_dialects
from ireekit.frontends.imported import ParameterArchive
from ireekit.frontends.ir_types import leaf_of_type


def move_constants(module: ir.Module, path: Path, above: int) -> tuple[ParameterArchive, ...]:
    """Replace constants of more than ``above`` bytes by parameters and write them to ``path``.

    Constants of types numpy lacks (bfloat16, fp8, int4) stay inside. Nothing is written where none is found.

    Raises:
      ModelImportError: the archive cannot be written.
    """
    load_dialects(module.context, "util", "flow")
    tensors: dict[str, PendingTensor] = {}
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "stablehlo.constant":
            found.append(op.operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    for op in found:
        tensor = _tensor(op, above)
        if tensor is None:
            continue
        key = f"constant_{len(tensors)}"
        tensors[key] = tensor
        _replace(module, op, key)
    return (write_archive(path, tensors),) if tensors else ()


def _tensor(op: ir.Operation, above: int) -> PendingTensor | None:
    attribute = op.attributes["value"]
    leaf = leaf_of_type("", str(op.results[0].type))
    if leaf is None or not isinstance(attribute, ir.DenseElementsAttr) or attribute.is_splat:
        return None
    try:
        array = np.array(attribute)
    except (TypeError, ValueError):
        return None
    if array.nbytes < above or array.dtype == np.bool_:
        return None
    return PendingTensor(leaf.dtype, array.shape, array.nbytes, lambda: array)


def _replace(module: ir.Module, op: ir.Operation, key: str) -> None:
    from iree.compiler.dialects import util

    type_ = op.results[0].type
    with op.location, ir.InsertionPoint.at_block_begin(module.body):
        util.GlobalOp(
            ir.StringAttr.get(f"__{key}"),
            ir.TypeAttr.get(type_),
            sym_visibility=ir.StringAttr.get("private"),
            initial_value=ir.Attribute.parse(f'#flow.parameter.named<"{SCOPE}"::"{key}"> : {type_}'),
        )
    with op.location, ir.InsertionPoint(op):
        load = util.GlobalLoadOp(type_, f"__{key}")
    op.results[0].replace_all_uses_with(load.result)
    op.erase()
