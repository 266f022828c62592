"""ONNX as a frontend: files, bytes and ``ModelProto`` objects, with external data and symbolic dimensions.

Settings of :class:`~ireekit.frontends.ImportOptions`:

- ``opset`` (int, default 21): models of an older default-domain opset are upgraded to it where that works.
- ``data_dir`` (path): where external data lies, for models given as bytes or ``ModelProto``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.ir_types import flags_for
from ireekit.frontends.onnx.importer import import_graphs
from ireekit.frontends.onnx.model import load_model
from ireekit.frontends.onnx.prepare import prepare_model
from ireekit.frontends.onnx.signatures import entry_point
from ireekit.frontends.onnx.support import unlowered_ops

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.frontends.registry import ImportOptions

__all__ = ["import_"]


def import_(requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions) -> ImportedModule:
    """Import ONNX models, one entry point each.

    Args:
      requests: entry point name to a path, bytes or ``onnx.ModelProto``; example inputs are not needed.
      context: the context the module is made in.
      options: with ``weights``, initializers above ``externalize_above`` bytes are written there.

    Raises:
      ModelImportError: the model cannot be read, is invalid, or uses types programs cannot have.
      UnsupportedOpsError: lists all operators IREE cannot lower.
    """
    import onnx

    models = {
        name: prepare_model(load_model(request.function, options.settings.get("data_dir")), options.settings)
        for name, request in requests.items()
    }
    entry_points = tuple(entry_point(name, model.proto.graph) for name, model in models.items())
    imported = import_graphs(models, context, options)
    return ImportedModule(
        imported.module,
        entry_points,
        "onnx",
        f"onnx {onnx.__version__}",
        parameters=imported.archives,
        retained=imported.retained,
        compiler_flags=flags_for(imported.module, entry_points),
        unsupported_ops=unlowered_ops,
    )
