"""TensorFlow as a frontend: SavedModel folders and ``tf.Module`` or Keras objects, through ``iree-import-tf``.

``iree-import-tf`` comes with the package ``iree-tools-tf``, which wants an environment of its own. It is looked for
on ``PATH`` and beside the interpreter. Settings of :class:`~ireekit.frontends.ImportOptions`:

- ``importer`` (path): that program.
- ``signatures`` (sequence of str): functions of the SavedModel to import; default: the first of all exported
  ones, ``serving_default``, ``__call__``, ``call`` and ``predict`` that there is.
- ``import_type`` (``"savedmodel_v2"`` or ``"savedmodel_v1"``).
- ``timeout`` (seconds, default 600).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.errors import MissingDependencyError, ModelImportError
from ireekit.frontends.imported import EntryPointRequest, ImportedModule
from ireekit.frontends.ir_types import flags_for
from ireekit.frontends.mlir.contents import detect_input_type
from ireekit.frontends.mlir.signatures import entry_points_of, public_functions
from ireekit.frontends.mlir.source import read_module
from ireekit.frontends.tools import run_tool

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.frontends.registry import ImportOptions

_DEFAULT_NAMES: tuple[tuple[str, ...], ...] = (
    (),
    ("serving_default",),
    ("__call__",),
    ("call",),
    ("predict",),
)
_PROGRAM = "iree-import-tf"
_REMEDY = "batch sizes of None are not supported: save the model with static shapes, or export it to ONNX (tf2onnx)"


def import_(requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions) -> ImportedModule:
    """Import one SavedModel; its functions become the entry points.

    Args:
      requests: one request, whose function is the folder of a SavedModel, a ``tf.Module`` or a Keras model.
      context: the context the module is made in.
      options: see the module's documentation for the settings.

    Raises:
      MissingDependencyError: ``iree-import-tf`` is not found.
      ModelImportError: it is no SavedModel, or cannot be imported.
    """
    if len(requests) != 1:
        raise ModelImportError(
            "a SavedModel brings its own entry points",
            remedy="give the model alone; settings={'signatures': [...]} chooses functions",
        )
    if options.weights is not None:
        raise ModelImportError(
            "the variables of a TensorFlow model cannot be written to an archive",
            remedy="leave out weights=, or export the model to ONNX (tf2onnx)",
        )
    importer = _importer(options.settings.get("importer"))
    model = next(iter(requests.values())).function
    with tempfile.TemporaryDirectory(prefix="ireekit-tf-") as name:
        folder = Path(name)
        saved = _saved_model(model, folder)
        imported = folder / "imported.mlirbc"
        # Without names the importer takes functions it has an unambiguous name for, often none.
        given = tuple(options.settings.get("signatures", ()))
        for names in (given,) if given else _DEFAULT_NAMES:
            _run(importer, saved, imported, names, options.settings)
            module = read_module(imported, context)
            if public_functions(module):
                break
        else:
            raise ModelImportError(
                f"the SavedModel has no function {', '.join(given) or 'that is imported by default'}",
                location=str(saved),
                remedy="name its functions: frontend_settings={'signatures': ['predict']}",
            )
    entry_points = entry_points_of(module)
    return ImportedModule(
        module=module,
        entry_points=entry_points,
        input_type=detect_input_type(module),
        framework="tensorflow",
        compiler_flags=flags_for(module, entry_points),
    )


def _importer(given: Any) -> str:
    if given is not None:
        return str(given)
    found = shutil.which(_PROGRAM) or shutil.which(_PROGRAM, path=str(Path(sys.executable).parent))
    if found is None:
        raise MissingDependencyError("iree-tools-tf", "tensorflow")
    return found


def _saved_model(model: Any, folder: Path) -> Path:
    if isinstance(model, str | Path):
        return Path(model).resolve()
    import tensorflow as tf

    saved = folder / "saved_model"
    try:
        if hasattr(model, "export") and hasattr(model, "layers"):
            model.export(str(saved))  # Keras
        else:
            tf.saved_model.save(model, str(saved))
    except Exception as error:
        raise ModelImportError(
            f"TensorFlow cannot save the model: {str(error).splitlines()[0]}",
            remedy="give its functions signatures: @tf.function(input_signature=[...])",
        ) from None
    return saved


def _run(importer: str, saved: Path, output: Path, names: tuple[str, ...], settings: Mapping[str, Any]) -> None:
    command = [
        importer,
        f"--tf-import-type={settings.get('import_type', 'savedmodel_v2')}",
        str(saved),
        "-o",
        str(output),
    ]
    if names:
        command.append(f"--tf-savedmodel-exported-names={','.join(names)}")
    run_tool(
        command,
        what=f"{_PROGRAM} cannot import the SavedModel",
        location=str(saved),
        remedy=_REMEDY,
        timeout=float(settings.get("timeout", 600)),
        folder=output.parent,
    )
