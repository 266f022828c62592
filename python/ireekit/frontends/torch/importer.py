"""The wheel's FxImporter, with our locations, weights, control flow and error reports."""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import Any

import torch
from iree.compiler import ir
from iree.compiler.dialects import func as func_dialect
from iree.compiler.extras import fx_importer as fx

from ireekit.errors import IreekitError, ModelImportError
from ireekit.frontends.torch.canonical import canonicalize
from ireekit.frontends.torch.export import Exported
from ireekit.frontends.torch.locate import layer_of, location_of, source_line
from ireekit.frontends.torch.support import refuse_unsupported
from ireekit.frontends.torch.weights import IrValue, WeightTable


def import_exported(exported: Exported, module: ir.Module, weights: WeightTable) -> None:
    """Add the function of one entry point to ``module``.

    Raises:
      UnsupportedOpsError: operators have no counterpart in the torch dialect.
      ModelImportError: one could not be expressed.
    """
    program = exported.program
    canonicalize(program)
    refuse_unsupported(program, module.context, CONTROL_FLOW)
    _drop_constant_results(program)
    with module.context, ir.Location.unknown():
        importer = _Importer(module=module, hooks=_Hooks(weights), graph_node_importer_cls=NodeImporter)
        try:
            importer.import_program(program, func_name=exported.entry.name)
        except IreekitError:
            raise
        except Exception as error:
            raise ModelImportError(
                f"the program of entry point {exported.entry.name!r} cannot be imported: {_first_line(error)}",
                remedy="report this with the model: no operator is to blame",
            ) from error


def _drop_constant_results(program: torch.export.ExportedProgram) -> None:
    """``None`` and Python numbers among the results are part of the signature, not of the function."""
    constant = torch.export.graph_signature.ConstantArgument
    specs = program.graph_signature.output_specs
    specs[:] = [spec for spec in specs if not isinstance(spec.arg, constant)]


class _Importer(fx.FxImporter):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._cc = _ContextCache(self._c, py_attr_tracker=self._py_attr_tracker)

    def _import_all_child_modules(
        self, module: Any, parent_name: str, import_symbolic_shape_expressions: bool = False
    ) -> None:
        """Branches and loop bodies are imported in place, see :class:`NodeImporter`."""


class _ContextCache(fx.ContextCache):
    def get_node_location(self, node: Any) -> ir.Location | None:
        return location_of(node, self._c)


class _Hooks(fx.FxImporterHooks):
    def __init__(self, weights: WeightTable) -> None:
        self.weights = weights

    def resolve_input(self, gni: Any, value: Any, info: Any) -> IrValue:
        return self.weights.value(value, info.input_spec.target, info.ir_type)

    def resolve_literal(self, gni: Any, literal: Any, info: Any) -> IrValue | None:
        if not isinstance(literal, torch.Tensor):
            return None
        return self.weights.value(literal, "constant", gni._cc.tensor_to_vtensor_type(literal))


class NodeImporter(fx.GraphNodeImporter):
    """Imports the nodes of one graph into one block."""

    __slots__ = ("_stores",)

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self._stores: list[tuple[torch.Tensor, str, str]] = []

    @property
    def _weights(self) -> WeightTable:
        hooks: Any = self.fx_importer._hooks
        return hooks.weights

    # --- buffers and results ---------------------------------------------------------------------------------

    def lazy_import_buffer(self, loc: ir.Location, node: Any, buffer_value: Any, info: Any) -> None:
        """Bind a buffer; what is stored to it is stored at the end, after every load of its old value."""
        producer = info.store_producer_node
        if producer is not None:
            self._stores.append((buffer_value, info.input_spec.target, producer))
        self.lazy_import_parameter(loc, node, buffer_value, info)

    def import_constant(self, loc: ir.Location, node: Any, constant: Any) -> IrValue | None:
        """Bind a lifted tensor or a constant argument; what nothing uses leaves nothing behind."""
        if not node.users:
            return None
        if isinstance(constant, torch.Tensor):
            with loc, ir.InsertionPoint(self._b):
                torch_type = self._cc.tensor_to_vtensor_type(constant)
                value = self._weights.value(constant, node.name, torch_type)
                self.bind_node_value(node, value)
            return value
        return super().import_constant(loc, node, constant)

    def return_node_values(self, loc: ir.Location, nodes: list[Any], constants: dict[int, Any]) -> None:
        bound: Any = self._v
        by_name = {node.name: node for node, _ in bound}
        with loc, ir.InsertionPoint(self._b):
            # Results first: one of them may be the value a buffer had before.
            operands = [self.resolve_node_value(node) for node in nodes if node is not None]
            for tensor, target, producer in self._stores:
                value = self.resolve_node_value(by_name[producer])
                self._weights.store(tensor, target, value)
            func_dialect.ReturnOp(operands, loc=loc)

    # --- operations ------------------------------------------------------------------------------------------

    def _import_torch_op_overload(self, loc: ir.Location, node: Any, concrete_target: Any = None) -> None:
        with _reporting(node):
            super()._import_torch_op_overload(loc, node, concrete_target)

    def _import_symbolic_torch_op(self, loc: ir.Location, node: Any, target: Any) -> None:
        with _reporting(node):
            super()._import_symbolic_torch_op(loc, node, target)

    def _import_hop(self, loc: ir.Location, node: Any, hop: Any) -> None:
        with _reporting(node):
            super()._import_hop(loc, node, hop)

    # --- control flow ----------------------------------------------------------------------------------------

    def _import_hop_cond(self, loc: ir.Location, node: Any, hop: Any) -> None:
        """``torch.cond(predicate, then, else, operands)`` as ``torch.prim.If``."""
        predicate, *branches, operands = node.args
        condition = self._as_bool(loc, self._import_argument(loc, predicate))
        values = self._operand_values(loc, operands)
        results = self._result_types(node)
        choice = ir.Operation.create("torch.prim.If", results=results, operands=[condition], regions=2, loc=loc)
        for region, branch in zip(choice.regions, branches, strict=True):
            with loc:
                block = ir.Block.create_at_start(region, [])
            yielded = self._inline(loc, block, self._child(node, branch), values, results)
            with ir.InsertionPoint(block):
                ir.Operation.create("torch.prim.If.yield", operands=yielded, loc=loc)
        self._bind_results(node, choice.results)

    def _import_hop_while_loop(self, loc: ir.Location, node: Any, hop: Any) -> None:
        """``while_loop(condition, body, carried, captured)`` as ``torch.prim.Loop``."""
        condition, body, carried, *captured = node.args
        test, step = self._child(node, condition), self._child(node, body)
        outer = [value for group in captured for value in self._operand_values(loc, group)]
        results = self._result_types(node)
        initial = [self._cast(loc, v, t) for v, t in zip(self._operand_values(loc, carried), results, strict=True)]
        with loc:
            endless = fx._make_constant_op(
                "torch.constant.int",
                self._cc.integer_attr(torch.iinfo(torch.int64).max, 64),
                self._cc.torch_int_type,
            ).result
        (first,) = self._inline(loc, self._b, test, [*initial, *outer])
        loop = ir.Operation.create(
            "torch.prim.Loop",
            results=results,
            operands=[endless, self._as_bool(loc, first), *initial],
            regions=1,
            loc=loc,
        )
        with loc:
            block = ir.Block.create_at_start(loop.regions[0], [self._cc.torch_int_type, *results])
        values = self._inline(loc, block, step, [*list(block.arguments)[1:], *outer], results)
        (again,) = self._inline(loc, block, test, [*values, *outer])
        with ir.InsertionPoint(block):
            ir.Operation.create("torch.prim.Loop.condition", operands=[self._as_bool(loc, again), *values], loc=loc)
        self._bind_results(node, loop.results)

    def _import_hop_wrap_with_set_grad_enabled(self, loc: ir.Location, node: Any, hop: Any) -> None:
        """A region under ``torch.no_grad`` or ``enable_grad``: means nothing to a compiled program."""
        _, wrapped, *operands = node.args
        values = self._inline(loc, self._b, self._child(node, wrapped), self._operand_values(loc, operands))
        self._bind_results(node, values)

    def _child(self, node: Any, graph: Any) -> torch.fx.GraphModule:
        return node.graph.owning_module.get_submodule(graph.target)

    def _operand_values(self, loc: ir.Location, operands: Sequence[Any]) -> list[IrValue]:
        return [self._import_argument(loc, operand) for operand in operands]

    def _inline(
        self,
        loc: ir.Location,
        block: ir.Block,
        module: torch.fx.GraphModule,
        values: Sequence[IrValue],
        types: Sequence[ir.Type] | None = None,
    ) -> list[IrValue]:
        """Import a graph at the end of ``block``; its results, cast to ``types``."""
        inner = type(self)(self.fx_importer, self._c, self._cc, block)
        nodes = list(module.graph.nodes)
        placeholders = [node for node in nodes if node.op == "placeholder"]
        for placeholder, value in zip(placeholders, values, strict=True):
            inner.bind_node_value(placeholder, value)
        inner.import_nodes(nodes, skip_placeholders_outputs=True)
        returned = nodes[-1].args[0]
        outputs = returned if isinstance(returned, (list, tuple)) else [returned]
        with ir.InsertionPoint(block):
            results = [inner._import_argument(loc, output) for output in outputs]
            return [self._cast(loc, v, t) for v, t in zip(results, types or [v.type for v in results], strict=True)]

    def _cast(self, loc: ir.Location, value: IrValue, wanted: ir.Type) -> IrValue:
        if value.type == wanted:
            return value
        return ir.Operation.create("torch.tensor_static_info_cast", results=[wanted], operands=[value], loc=loc).result

    def _as_bool(self, loc: ir.Location, value: IrValue) -> IrValue:
        if value.type == self._cc.torch_bool_type:
            return value
        return ir.Operation.create(
            "torch.aten.Bool.Tensor", results=[self._cc.torch_bool_type], operands=[value], loc=loc
        ).result

    def _result_types(self, node: Any) -> list[ir.Type]:
        value = node.meta["val"]
        values = value if isinstance(value, (list, tuple)) else [value]
        return [self._cc.value_info_to_type(item) for item in values]

    def _bind_results(self, node: Any, values: Sequence[IrValue]) -> None:
        self._multi_result_nodes.add(node)
        for index, value in enumerate(values):
            self.bind_node_value(node, value, index)


CONTROL_FLOW = frozenset(
    name.removeprefix("_import_hop_")
    for name in ("_import_hop_cond", "_import_hop_while_loop", "_import_hop_wrap_with_set_grad_enabled")
)


@contextlib.contextmanager
def _reporting(node: Any) -> Generator[None]:
    """Name the operator, its layer and its source line in whatever goes wrong."""
    try:
        yield
    except IreekitError:
        raise
    except Exception as error:
        raise ModelImportError(
            f"torch operator {node.target} cannot be imported: {_first_line(error)}",
            op=str(node.target),
            location=", ".join(part for part in (layer_of(node), source_line(node)) if part) or None,
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
