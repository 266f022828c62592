"""The wheel's FxImporter, with our locations, weights, control flow and error reports."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from iree.compiler import ir
from iree.compiler.dialects import func as func_dialect
from iree.compiler.extras import fx_importer as fx

from ireekit.errors import IreekitError, ModelImportError
from ireekit.frontends.torch.export import Exported
from ireekit.frontends.torch.locate import layer_of, location_of, source_line
from ireekit.frontends.torch.weights import WeightTable


def import_exported(exported: Exported, module: ir.Module, weights: WeightTable) -> None:
    """Add the function of one entry point to ``module``.

    Raises:
      ModelImportError: an operation cannot be expressed in the torch dialect.
    """
    with module.context, ir.Location.unknown():
        importer = _Importer(module=module, hooks=_Hooks(weights), graph_node_importer_cls=NodeImporter)
        importer.import_program(exported.program, func_name=exported.entry.name)


class _Importer(fx.FxImporter):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._cc = _ContextCache(self._c, py_attr_tracker=self._py_attr_tracker)

    def _import_all_child_modules(self, *_: Any) -> None:
        """Branches and loop bodies are imported in place, see :class:`NodeImporter`."""


class _ContextCache(fx.ContextCache):
    def get_node_location(self, node: Any) -> ir.Location | None:
        return location_of(node, self._c)


class _Hooks(fx.FxImporterHooks):
    def __init__(self, weights: WeightTable) -> None:
        self.weights = weights

    def resolve_input(self, gni: Any, value: Any, info: Any) -> ir.Value:
        return self.weights.value(value, info.input_spec.target, info.ir_type)

    def resolve_literal(self, gni: Any, literal: Any, info: Any) -> ir.Value | None:
        if not isinstance(literal, torch.Tensor):
            return None
        return self.weights.value(literal, "constant", gni._cc.tensor_to_vtensor_type(literal))


class NodeImporter(fx.GraphNodeImporter):
    """Imports the nodes of one graph into one block."""

    __slots__ = ("_stores",)

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self._stores: list[tuple[Any, str, str]] = []

    # --- buffers -----------------------------------------------------------------------------------------

    def lazy_import_buffer(self, loc: ir.Location, node: Any, buffer_value: Any, info: Any) -> None:
        """Bind a buffer; what is stored to it is stored at the end, after every load of its old value."""
        producer = info.store_producer_node
        if producer is not None:
            self._stores.append((buffer_value, info.input_spec.target, producer))
        self.lazy_import_parameter(loc, node, buffer_value, info)

    def import_constant(self, loc: ir.Location, node: Any, constant: Any) -> ir.Value | None:
        """Bind a lifted tensor or a constant argument; unused constants leave nothing behind."""
        if isinstance(constant, torch.Tensor) or node.users:
            return super().import_constant(loc, node, constant)
        return None

    def return_node_values(self, loc: ir.Location, nodes: list[Any], constants: dict[int, Any]) -> None:
        returned = [node for node in nodes if node is not None]
        by_name = {node.name: node for node, _ in self._v}
        with loc, ir.InsertionPoint(self._b):
            # Results first: one of them may be the value a buffer had before.
            operands = [self.resolve_node_value(node) for node in returned]
            for tensor, target, producer in self._stores:
                value = self.resolve_node_value(by_name[producer])
                self.fx_importer._hooks.weights.store(tensor, target, value)
            func_dialect.ReturnOp(operands, loc=loc)

    # --- operations --------------------------------------------------------------------------------------

    def _import_torch_op_overload(self, loc: ir.Location, node: Any, concrete_target: Any = None) -> None:
        with _reporting(node):
            super()._import_torch_op_overload(loc, node, concrete_target)

    def _import_symbolic_torch_op(self, loc: ir.Location, node: Any, target: Any) -> None:
        with _reporting(node):
            super()._import_symbolic_torch_op(loc, node, target)

    def _import_hop(self, loc: ir.Location, node: Any, hop: Any) -> None:
        with _reporting(node):
            super()._import_hop(loc, node, hop)


class _reporting:
    def __init__(self, node: Any) -> None:
        self.node = node

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None or isinstance(error, IreekitError) or not isinstance(error, Exception):
            return
        place = ", ".join(p for p in (layer_of(self.node), source_line(self.node)) if p)
        raise ModelImportError(
            f"torch operator {self.node.target} cannot be imported: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            op=str(self.node.target),
            location=place or None,
        ) from error
