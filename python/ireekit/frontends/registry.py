"""The table of frontends, and the choice among them."""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from ireekit.errors import MissingDependencyError, ModelImportError
from ireekit.frontends.imported import EntryPointRequest, ImportedModule

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect import Dialect


@dataclass(frozen=True)
class ImportOptions:
    """How a model is imported.

    Attributes:
      weights: ``None`` keeps weights inside the program; a path (``.irpa`` or ``.safetensors``) writes
        them there and leaves references in the program.
      externalize_above: bytes; smaller tensors stay inside even where ``weights`` is given.
      settings: frontend-specific settings, e.g. ``{"opset": 21}``.
      dialects: loaded in the context: MLIR may use their operations and assembly.
    """

    weights: Path | None = None
    externalize_above: int = 1024
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dialects: tuple[Dialect, ...] = ()


class FrontendModule(Protocol):
    """What the module of a frontend must define."""

    def import_(
        self, requests: Mapping[str, EntryPointRequest], context: ir.Context, options: ImportOptions
    ) -> ImportedModule: ...


@dataclass(frozen=True)
class Frontend:
    """One row of the table.

    Attributes:
      name: as people type it.
      module: the module that implements it, see :class:`FrontendModule`.
      requires: top-level package that must be importable; ``None`` where nothing is needed.
      extra: the ``pip install ireekit[...]`` extra that brings it.
      suffixes: of files it reads.
      packages: top-level packages whose objects it imports.
      importer: package, or program on ``PATH`` or beside the interpreter, that imports for it. A setting of
        the frontend may name one elsewhere, so only :attr:`missing` asks for it.
      settings: names it takes in :attr:`ImportOptions.settings`.
    """

    name: str
    module: str
    requires: str | None
    extra: str
    suffixes: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    importer: str | None = None
    settings: tuple[str, ...] = ()

    def check(self, options: ImportOptions) -> None:
        """Refuse settings this frontend does not have.

        Raises:
          ModelImportError: names the nearest one it has.
        """
        for name in options.settings:
            if name in self.settings:
                continue
            near = difflib.get_close_matches(name, self.settings, 1)
            known = ", ".join(self.settings) or "none"
            raise ModelImportError(
                f"the {self.name} frontend has no setting {name!r}",
                remedy=f"did you mean {near[0]!r}?" if near else f"its settings: {known}",
            )

    @property
    def available(self) -> bool:
        return self.requires is None or importlib.util.find_spec(self.requires) is not None

    @property
    def missing(self) -> str | None:
        """The package or program to install before this frontend works by itself; ``None`` where it does."""
        if not self.available:
            return self.requires
        if self.importer is None or importlib.util.find_spec(self.importer.replace("-", "_")) is not None:
            return None
        beside = Path(sys.executable).parent / self.importer
        return None if shutil.which(self.importer) or beside.exists() else self.importer

    def load(self) -> FrontendModule:
        if self.requires is not None and not self.available:
            raise MissingDependencyError(self.requires, self.extra)
        return cast("FrontendModule", importlib.import_module(self.module))


FRONTENDS: tuple[Frontend, ...] = (
    Frontend("torch", "ireekit.frontends.torch", "torch", "torch", (".pt2",), ("torch",)),
    Frontend("onnx", "ireekit.frontends.onnx", "onnx", "onnx", (".onnx",), ("onnx",), settings=("opset", "data_dir")),
    Frontend(
        "jax",
        "ireekit.frontends.jax",
        "jax",
        "jax",
        (".jax",),
        ("jax", "jaxlib", "flax", "equinox"),
        settings=("constraints",),
    ),
    Frontend(
        "tensorflow",
        "ireekit.frontends.tensorflow",
        None,
        "tensorflow",
        (),
        ("tensorflow", "keras"),
        importer="iree-import-tf",
        settings=("importer", "signatures", "import_type", "timeout"),
    ),
    Frontend(
        "tflite",
        "ireekit.frontends.tflite",
        "onnx",
        "tflite",
        (".tflite",),
        importer="tf2onnx",
        settings=("python", "timeout", "opset"),
    ),
    Frontend(
        "mlir",
        "ireekit.frontends.mlir",
        None,
        "",
        (".mlir", ".mlirbc", ".stablehlo"),
        ("iree", "torch_mlir", "mlir"),
        settings=("dialects", "allow_unregistered"),
    ),
)


def import_model(
    model: Any,
    inputs: Sequence[Any],
    *,
    context: ir.Context,
    keyword_inputs: Mapping[str, Any] | None = None,
    dynamic_shapes: Any = None,
    options: ImportOptions | None = None,
) -> ImportedModule:
    """Import ``model`` into ``context``.

    Args:
      model: an object of a framework, a path, bytes, MLIR text, or a mapping from entry point names to
        :func:`ireekit.entry` requests.
      inputs: positional example inputs, where the framework traces.
      context: the MLIR context the module is made in.
      keyword_inputs: keyword example inputs.
      dynamic_shapes: as ``torch.export.export`` takes it; the same form serves JAX.
      options: see :class:`ImportOptions`.

    Raises:
      ModelImportError: nothing can read ``model``, or importing it failed.
      MissingDependencyError: the framework needed is not installed.
    """
    requests = _requests(model, inputs, keyword_inputs or {}, dynamic_shapes)
    first = next(iter(requests.values()))
    frontend = choose_frontend(first.function, first)
    options = options or ImportOptions()
    frontend.check(options)
    return frontend.load().import_(requests, context, options)


def choose_frontend(model: Any, request: EntryPointRequest | None = None) -> Frontend:
    """The frontend that reads ``model``, decided without importing any framework.

    A plain callable belongs to no framework: the example inputs of its ``request`` decide.
    """
    if isinstance(model, str | Path) and not _is_mlir_text(model):
        return _frontend_of_file(Path(model))
    if isinstance(model, str | bytes | bytearray | memoryview):
        return _named(_kind_of_bytes(model))
    found = _frontend_of_type(model)
    if found is not None:
        return found
    owner = getattr(model, "__self__", None)
    if owner is not None and not isinstance(owner, type | ModuleType):
        return choose_frontend(owner, request)
    if isinstance(model, functools.partial):
        return choose_frontend(model.func, request)
    if callable(model) and request is not None:
        for value in _leaves([*request.inputs, *request.keyword_inputs.values()]):
            found = _frontend_of_type(value)
            if found is not None:
                return found
        if request.inputs or request.keyword_inputs:
            # Only JAX traces functions of NumPy arrays and Python numbers.
            return _named("jax")
    raise ModelImportError(
        f"no frontend reads an object of type {type(model).__module__}.{type(model).__qualname__}",
        remedy="give a torch module, ExportedProgram, ONNX model, jitted JAX function, MLIR text or a file: "
        + ", ".join(suffix for frontend in FRONTENDS for suffix in frontend.suffixes),
    )


def _frontend_of_type(value: Any) -> Frontend | None:
    packages = [cls.__module__.partition(".")[0] for cls in type(value).__mro__]
    return next((row for package in packages for row in FRONTENDS if package in row.packages), None)


def _leaves(values: Any) -> Iterator[Any]:
    """What is in nested lists, tuples and mappings."""
    for value in values.values() if isinstance(values, Mapping) else values:
        if isinstance(value, list | tuple | Mapping):
            yield from _leaves(cast("Sequence[Any]", value))
        else:
            yield value


def _requests(
    model: Any, inputs: Sequence[Any], keyword_inputs: Mapping[str, Any], dynamic_shapes: Any
) -> Mapping[str, EntryPointRequest]:
    if not isinstance(model, Mapping):
        return {"main": EntryPointRequest(model, tuple(inputs), keyword_inputs, dynamic_shapes)}
    table = cast("Mapping[str, Any]", model)
    if not table or not all(isinstance(request, EntryPointRequest) for request in table.values()):
        raise ModelImportError(
            "a mapping of entry points must map each name to ireekit.entry(...)",
            remedy='compile({"prefill": ireekit.entry(model.prefill, ids)}, ...)',
        )
    if inputs or keyword_inputs or dynamic_shapes is not None:
        raise ModelImportError("example inputs and dynamic shapes of several entry points belong in ireekit.entry(...)")
    return cast("Mapping[str, EntryPointRequest]", table)


def _frontend_of_file(path: Path) -> Frontend:
    if not path.exists():
        raise ModelImportError(f"no such file: {path}", remedy="check the path of the model")
    if path.is_dir():
        if (path / "saved_model.pb").exists():
            return _named("tensorflow")
        raise ModelImportError(f"{path} is a directory, but no TensorFlow SavedModel")
    for frontend in FRONTENDS:
        if path.suffix in frontend.suffixes:
            return frontend
    known = ", ".join(suffix for frontend in FRONTENDS for suffix in frontend.suffixes)
    raise ModelImportError(f"no frontend reads files named *{path.suffix}: {path}", remedy=f"known: {known}")


def _named(name: str) -> Frontend:
    return next(frontend for frontend in FRONTENDS if frontend.name == name)


def _is_mlir_text(model: str | Path) -> bool:
    return isinstance(model, str) and ("\n" in model or "{" in model)


def _kind_of_bytes(model: str | bytes | bytearray | memoryview) -> str:
    if isinstance(model, str):
        return "mlir"
    head = bytes(model[:4])
    if head == b"ML\xefR":
        return "mlir"
    data = bytes(model[:4096])
    if b"ML\xefR\rStableHLO" in data:
        return "jax"  # a jax.export artifact holds StableHLO after a header of its own
    return "mlir" if data.isascii() and (b"func" in data or b"module" in data) else "onnx"
