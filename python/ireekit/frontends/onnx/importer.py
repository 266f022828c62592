"""ONNX graphs as functions of one MLIR module, through the importer in IREE's wheel."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from iree.compiler import ir
from iree.compiler.extras import onnx_importer

from ireekit.errors import ModelImportError, UnsupportedOpsError
from ireekit.frontends.archive import SCOPE, PendingTensor, write_archive
from ireekit.frontends.contexts import load_dialects
from ireekit.frontends.imported import ParameterArchive
from ireekit.frontends.onnx.model import OnnxModel
from ireekit.frontends.onnx.prepare import expand_functions
from ireekit.frontends.onnx.signatures import DTYPES
from ireekit.frontends.onnx.support import crashing_nodes, has_function_body, unsupported_ops

if TYPE_CHECKING:
    import onnx

    from ireekit.frontends.registry import ImportOptions

_INLINE_TYPES = (9,)
"""BOOL initializers stay inside: archives and resources store other things for one-bit types."""


@dataclass
class ImportedGraphs:
    """A module with one function per model, what it refers to, and archives written for it."""

    module: ir.Module
    archives: tuple[ParameterArchive, ...]
    retained: list[Any]


@dataclass
class _Weights:
    """Where initializers of one import go."""

    external: bool
    above: int
    pending: dict[str, PendingTensor] = field(default_factory=dict[str, PendingTensor])
    retained: list[Any] = field(default_factory=list[Any])


def import_graphs(models: Mapping[str, OnnxModel], context: ir.Context, options: ImportOptions) -> ImportedGraphs:
    """Import every model as the public function of its name.

    Operators that IREE cannot lower are replaced by the function bodies ONNX defines for them.

    Raises:
      ModelImportError: the importer refuses a type, attribute or value.
      UnsupportedOpsError: operators remain that IREE cannot lower.
    """
    expanded: set[str] = set()
    while True:
        for model in models.values():
            _refuse_crashing(model)
        weights = _Weights(options.weights is not None, options.externalize_above)
        module = _import(models, context, weights)
        unsupported = unsupported_ops(module.operation)
        if not unsupported:
            break
        names = {operator.partition(" ")[0] for operator, _, _ in unsupported}
        bodies = {name for name in names if name not in expanded and has_function_body(name)}
        if not bodies:
            raise UnsupportedOpsError("onnx", unsupported, _REMEDY)
        expanded |= bodies
        models = {name: expand_functions(model, bodies) for name, model in models.items()}
    archives = ()
    if options.weights is not None and weights.pending:
        archives = (write_archive(options.weights, weights.pending),)
    return ImportedGraphs(module, archives, weights.retained)


_REMEDY = "replace these operators in the model, or export it with other ones (a newer opset, another exporter)"


def _refuse_crashing(model: OnnxModel) -> None:
    crashing = crashing_nodes(model.proto.graph)
    if crashing:
        raise UnsupportedOpsError("onnx", crashing, _REMEDY)


def _import(models: Mapping[str, OnnxModel], context: ir.Context, weights: _Weights) -> ir.Module:
    load_dialects(context, "func", "torch", "torch_c", "util", "flow")
    with context:
        module = ir.Module.create(ir.Location.unknown(context))
    cache = _ContextCache(context)
    module_cache = onnx_importer.ModuleCache(module.operation, cache)
    for name, model in models.items():
        model.proto.graph.name = name
        info = onnx_importer.ModelInfo(model.proto)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _import_graph(info.main_graph, module, cache, module_cache, model, weights)
    try:
        module.operation.verify()
    except ir.MLIRError as error:
        first = error.error_diagnostics[0]
        raise ModelImportError(
            f"the imported ONNX model is not valid IR: {first.message}", location=str(first.location)
        ) from None
    return module


def _import_graph(
    graph: Any,
    module: ir.Module,
    cache: _ContextCache,
    module_cache: Any,
    model: OnnxModel,
    weights: _Weights,
) -> None:
    try:
        imported = onnx_importer.NodeImporter.define_function(graph, module.operation, cache, module_cache)
        importer = _NodeImporter.of(imported, graph, cache, module_cache, model, weights)
        importer.import_all()
    except onnx_importer.OnnxImportError as error:
        raise ModelImportError(
            f"the ONNX model cannot be imported: {str(error).splitlines()[0]}", location=model.name
        ) from None
    except ir.MLIRError as error:
        raise ModelImportError(
            f"the ONNX model cannot be imported: {error.error_diagnostics[0].message}", location=model.name
        ) from None


class _ContextCache(onnx_importer.ContextCache):
    """Values whose rank nobody knows get an unranked type; the stock importer takes them for scalars."""

    def type_proto_to_type(self, tp: Any) -> ir.Type:
        # The base class is given "" for a value that has no type at all.
        if tp != "" and tp.WhichOneof("value") == "tensor_type" and not tp.tensor_type.HasField("shape"):
            element = self.tensor_element_type(tp.tensor_type.elem_type)
            return ir.Type.parse(f"!torch.vtensor<*,{element}>", context=self._c)
        base: Any = super()
        return base.type_proto_to_type(tp)


class _NodeImporter(onnx_importer.NodeImporter):
    """Reads large initializers from :class:`OnnxModel`, into the module or into an archive."""

    __slots__ = ("_model", "_weights")
    _model: OnnxModel
    _weights: _Weights

    @classmethod
    def of(
        cls, other: Any, graph: Any, cache: Any, module_cache: Any, model: OnnxModel, weights: _Weights
    ) -> _NodeImporter:
        """An importer that goes on where ``other`` has defined the function."""
        made = cls(
            graph,
            parent_op=other._p,
            block=other._b,
            context_cache=cache,
            module_op=other._m,
            module_cache=module_cache,
        )
        made._nv_map = other._nv_map
        made._model = model
        made._weights = weights
        return made

    def import_initializer(self, initializer: onnx.TensorProto, extern_name: str | None = None) -> ir.Value:
        name = extern_name or initializer.name
        data = self._model.data.get(initializer.name) if extern_name is None else None
        if data is None:
            base: Any = super()
            return base.import_initializer(initializer, extern_name)
        with ir.InsertionPoint(self._b), ir.Location.name(name, context=self._c):
            if self._weights.external and data.nbytes >= self._weights.above and _storable(initializer):
                value = self._parameter(initializer, data)
            else:
                value = self._constant(initializer, data)
        self._nv_map[name] = value
        return value

    def _constant(self, tensor: onnx.TensorProto, data: np.ndarray[Any, Any]) -> ir.Value:
        if data.ctypes.data % _ALIGNMENT:
            data = data.copy()
        self._weights.retained.append(data)
        buffer: Any = data
        attribute = ir.DenseResourceElementsAttr.get_from_buffer(
            buffer,
            re.sub(r"\W", "_", f"weight_{tensor.name}"),
            self._cc.tensor_proto_to_builtin_type(tensor),
            alignment=_ALIGNMENT,
        )
        return ir.Operation.create(
            "torch.operator",
            results=[self._cc.tensor_proto_to_type(tensor)],
            attributes={"name": ir.StringAttr.get("onnx.Constant"), "torch.onnx.value": attribute},
        ).result

    def _parameter(self, tensor: onnx.TensorProto, data: np.ndarray[Any, Any]) -> ir.Value:
        from iree.compiler.dialects import util

        key = _unique(tensor.name, self._weights.pending)
        dtype = DTYPES[tensor.data_type]
        shape = tuple(tensor.dims)
        self._weights.pending[key] = PendingTensor(dtype, shape, data.nbytes, lambda: _typed(data, dtype, shape))
        type_ = ir.RankedTensorType.get(shape, _signless(self._cc.tensor_element_type(tensor.data_type)))
        symbol = f"__parameter_{len(self._weights.pending)}"
        with ir.InsertionPoint.at_block_begin(self._m.regions[0].blocks[0]):
            scope, quoted = ir.StringAttr.get(SCOPE), ir.StringAttr.get(key)
            util.GlobalOp(
                ir.StringAttr.get(symbol),
                ir.TypeAttr.get(type_),
                sym_visibility=ir.StringAttr.get("private"),
                initial_value=ir.Attribute.parse(f"#flow.parameter.named<{scope}::{quoted}> : {type_}"),
            )
        load = util.GlobalLoadOp(type_, symbol)
        return ir.Operation.create(
            "torch_c.from_builtin_tensor",
            results=[self._cc.tensor_proto_to_type(tensor)],
            operands=[load.result],
        ).result


_ALIGNMENT = 8


def _storable(tensor: onnx.TensorProto) -> bool:
    return tensor.data_type in DTYPES and tensor.data_type not in _INLINE_TYPES


def _typed(data: np.ndarray[Any, Any], dtype: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    import ml_dtypes

    return data.view(np.dtype(getattr(ml_dtypes, dtype, dtype))).reshape(shape)


def _signless(element: ir.Type) -> ir.Type:
    if isinstance(element, ir.IntegerType):
        return ir.IntegerType.get_signless(element.width)
    return element


def _unique(name: str, taken: Mapping[str, Any]) -> str:
    unique, count = name, 0
    while unique in taken:
        count += 1
        unique = f"{name}.{count}"
    return unique
