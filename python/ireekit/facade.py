"""The public face of a pipeline: its definition, and what people do with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ireekit.errors import PipelineError
from ireekit.passes import NativePasses, Pass
from ireekit.pipeline import HookPoint, PipelineDefinition
from ireekit.targets import FAMILIES

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.bindings.actions import PassExecution
    from ireekit.codegen.tuned.file import Tuning
    from ireekit.compiler import StaticLibrary
    from ireekit.compiler.host import TargetLike
    from ireekit.compiler.options import OptimizationLevel
    from ireekit.dialect import Dialect
    from ireekit.frontends import ImportedModule, ImportOptions
    from ireekit.passes.instrumentation import Instrumentation

PathLike = str | os.PathLike[str]


class Pipeline(PipelineDefinition):
    """A pipeline people compile with::

    pipeline = ireekit.Pipeline("acme").at("preprocessing", FuseScale(max_ops=4))
    artifact = pipeline.compile(model, x, target="cpu")
    y = artifact(x)

    Target families given to :meth:`at`, :meth:`before` and :meth:`after` are checked: PipelineError for an unknown one.
    """

    def _add(self, point: HookPoint, actions: tuple[Pass | NativePasses, ...], targets: Iterable[str] | None) -> Self:
        families = [targets] if isinstance(targets, str) else None if targets is None else list(targets)
        for family in families or ():
            if family not in FAMILIES:
                raise PipelineError(f"there is no target family {family!r}", remedy="known: " + ", ".join(FAMILIES))
        return super()._add(point, actions, families)

    def compile(
        self,
        model: Any,
        *inputs: Any,
        target: TargetLike = "cpu",
        keyword_inputs: Mapping[str, Any] | None = None,
        dynamic_shapes: Any = None,
        weights: PathLike | None = None,
        optimize: OptimizationLevel | None = None,
        data_types: Mapping[str, str] | None = None,
        dump: PathLike | None = None,
        flags: Sequence[str] = (),
        progress: bool | None = None,
        cache: bool | PathLike = True,
        verify: bool = False,
        instrumentation: Instrumentation | None = None,
        observe: Iterable[str] = (),
        watch_passes: Callable[[Sequence[PassExecution]], None] | None = None,
        frontend_settings: Mapping[str, Any] | None = None,
        tuning: Tuning | PathLike | None = None,
    ) -> Artifact:
        """Compile a model of any framework.

        Args:
          model: a ``torch.nn.Module`` or ``ExportedProgram``, an ONNX model, a jitted JAX function or
            ``jax.export`` artifact, MLIR or StableHLO as text, bytecode or live module, a file of any
            of these, an :class:`~ireekit.frontends.ImportedModule`, or a mapping from entry point names to
            :func:`ireekit.entry` requests.
          inputs: positional example inputs, for frameworks that trace: their dtypes and shapes count.
          target: ``"cpu"``, ``"vulkan"``, ``"cuda:sm_80"``, ...; several (``"cpu,vulkan"`` or a list) go into
            one artifact and the device is chosen at load. ``ireekit targets`` lists them.
          keyword_inputs: keyword example inputs.
          dynamic_shapes: which dimensions are dynamic, as ``torch.export.export`` takes it.
          weights: ``None`` keeps weights inside; a path (``.irpa``, ``.safetensors``) writes them there.
          optimize: ``"O0"`` (quick to compile) to ``"O3"`` (quick to run); ``None``: what is sound for the target,
            ``"O2"`` on CPUs and ``"O1"`` elsewhere.
          data_types: conversions of the whole program, e.g. ``{"f32": "f16"}``.
          dump: folder for the IR after each phase and pass.
          flags: further flags of ``iree-compile``.
          progress: a progress line per phase on standard error; ``None``: only in a terminal.
          cache: keep and reuse compiled programs on disk; a path names the folder.
          verify: verify the IR after each of the compiler's own passes.
          instrumentation: told of each pass of the pipeline, see :mod:`ireekit.passes.instrumentation`; nothing comes
            from the cache then, and the compiler uses one thread.
          observe: passes of the compiler that ``instrumentation`` is told of as well.
          watch_passes: is given every pass that the compiler ran, with its time, at the end; nothing comes from the
            cache then.
          frontend_settings: settings of the frontend, see its page in the documentation.
          tuning: configurations of kernels that ``ireekit tune`` or :func:`ireekit.tuning.tune` found, or the path of
            their file. A ``CompileWarning`` says where they do not fit the program, machine or compiler.

        Raises:
          ModelImportError: the model cannot be imported.
          UnsupportedOpsError: lists all its operators that cannot be.
          TargetError: unknown target, option or flag.
          TuningError: ``tuning`` is no tuning file.
          CompileError: the compiler or a pass failed; names operation, layer, source line and phase.
        """
        from ireekit.compiler import CompileOptions, compile_model

        return compile_model(
            self,
            model,
            inputs,
            target=target,
            options=CompileOptions(
                optimize=optimize,
                data_types=data_types or {},
                dump=None if dump is None else Path(dump),
                flags=tuple(flags),
                progress=progress,
                cache=cache if isinstance(cache, bool) else Path(cache),
                verify=verify,
                instrumentation=instrumentation,
                observe=tuple(observe),
                watch_passes=watch_passes,
                tuning=Path(tuning) if isinstance(tuning, str | os.PathLike) else tuning,
            ),
            keyword_inputs=keyword_inputs,
            dynamic_shapes=dynamic_shapes,
            import_options=_import_options(weights, frontend_settings),
        )

    def import_model(
        self,
        model: Any,
        *inputs: Any,
        keyword_inputs: Mapping[str, Any] | None = None,
        dynamic_shapes: Any = None,
        weights: PathLike | None = None,
        frontend_settings: Mapping[str, Any] | None = None,
    ) -> ImportedModule:
        """Import a model once, to look at it or to compile it for one target after the other.

        Arguments and errors are those of :meth:`compile`.
        """
        from ireekit.bindings import CompilerSession
        from ireekit.frontends import import_model

        context = CompilerSession().context
        for dialect in self.dialects:
            dialect.load(context)
        return import_model(
            model,
            inputs,
            context=context,
            keyword_inputs=keyword_inputs,
            dynamic_shapes=dynamic_shapes,
            options=_import_options(weights, frontend_settings, self.dialects),
        )

    def compile_static_library(
        self,
        model: Any,
        *inputs: Any,
        folder: PathLike,
        target: TargetLike,
        name: str = "model",
        keyword_inputs: Mapping[str, Any] | None = None,
        optimize: OptimizationLevel | None = None,
        data_types: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
        frontend_settings: Mapping[str, Any] | None = None,
    ) -> StaticLibrary:
        """Compile a model for bare metal: ``NAME.o``, ``NAME.h``, ``NAME.c`` in ``folder``, and their sizes.

        Args:
          folder: made where it does not exist.
          target: one CPU architecture, e.g. ``"cpu:cortex-m7"``.
          name: of the files.

        Raises:
          As :meth:`compile`; ArtifactError where the folder cannot be written.
        """
        from ireekit.compiler import CompileOptions, compile_static_library

        return compile_static_library(
            self,
            model,
            inputs,
            folder,
            name=name,
            target=target,
            options=CompileOptions(optimize=optimize, data_types=data_types or {}, flags=tuple(flags)),
            keyword_inputs=keyword_inputs,
            import_options=_import_options(None, frontend_settings),
        )

    def load(self, path: PathLike) -> Artifact:
        """Read an artifact from a file; see :meth:`ireekit.Artifact.open`."""
        from ireekit.artifact import Artifact

        return Artifact.open(path)

    def __repr__(self) -> str:
        return f"<Pipeline {self.name}: {len(self.steps)} steps>"


def _import_options(
    weights: PathLike | None, settings: Mapping[str, Any] | None, dialects: tuple[Dialect, ...] = ()
) -> ImportOptions:
    from ireekit.frontends import ImportOptions

    path = None if weights is None else Path(weights)
    return ImportOptions(weights=path, settings=settings or {}, dialects=dialects)
