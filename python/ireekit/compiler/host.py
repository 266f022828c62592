"""From a model to an artifact, in this process."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.artifact import Artifact, Metadata, ParameterReference
from ireekit.bindings import PHASES, CompilerSession, Invocation, build_info
from ireekit.bindings.bytecode import copy_module
from ireekit.codegen.tuned.apply import with_tuning
from ireekit.compiler.cache import Cache, cache_key, module_digest
from ireekit.compiler.collection import paused_collection
from ireekit.compiler.diagnostics import unsupported_error
from ireekit.compiler.fallback import KEPT_AT, Fallback
from ireekit.compiler.hardware import try_hardware_flags
from ireekit.compiler.hooks import PassHooks
from ireekit.compiler.options import CompileOptions
from ireekit.compiler.phases import PhaseRunner
from ireekit.compiler.progress import Dump, ProgressLine, Timings
from ireekit.compiler.steps import StepRunner
from ireekit.errors import CompileError, CompileWarning, TargetError
from ireekit.frontends import ImportedModule, ImportOptions, import_model
from ireekit.frontends.imported import F64_FLAG
from ireekit.pipeline import PipelineDefinition
from ireekit.signature import EntryPoint, Leaf
from ireekit.targets import Target, TargetSet, parse_targets

if TYPE_CHECKING:
    from iree.compiler import ir

# The level whose dispatches every target can generate code for.
_SAFE_LEVEL = "O1"

Finish: TypeAlias = Callable[[Invocation], bytes | memoryview]
"""Takes what is wanted from an invocation that has run all phases."""

TargetLike = str | Target | TargetSet | Iterable[str | Target]

# IREE's name of a data type -> the signature's.
_DTYPES = {
    "f64": "float64",
    "f32": "float32",
    "f16": "float16",
    "bf16": "bfloat16",
    "i64": "int64",
    "i32": "int32",
}

# What the runtime passes by value.
_SCALARS = ("i32", "i64", "f32", "f64")


@dataclass
class Session:
    """A compiler session with a model imported into it.

    Attributes:
      compiler: the session.
      imported: the model, in the session's context.
      targets: what the session's flags select.
      flags: all of them.
      timings: what the import and everything after it took.
      remarks: what was not done quite as asked.
    """

    compiler: CompilerSession
    imported: ImportedModule
    targets: TargetSet
    flags: tuple[str, ...]
    timings: Timings
    remarks: list[str] = field(default_factory=list[str])

    def use_flag(self, flag: str) -> None:
        """Set one more flag, in place of an earlier value of it."""
        self.compiler.set_flags([flag])
        name = flag.partition("=")[0]
        self.flags = (*(each for each in self.flags if each.partition("=")[0] != name), flag)


def import_for(
    pipeline: PipelineDefinition,
    model: Any,
    inputs: Sequence[Any],
    *,
    target: TargetLike,
    options: CompileOptions,
    extra_flags: Sequence[str] = (),
    keyword_inputs: Mapping[str, Any] | None = None,
    dynamic_shapes: Any = None,
    import_options: ImportOptions | None = None,
) -> Session:
    """Make a session for a target and import ``model`` straight into its context.

    An :class:`ImportedModule` lives in a context of its own and crosses by bytecode once.

    Raises:
      TargetError, ModelImportError: see there.
    """
    targets = parse_targets(target)
    given = options.compiler_flags()
    try_hardware_flags(targets.flags(), (*pipeline.flags, *given))
    flags = (*targets.flags(), *extra_flags, *pipeline.flags, *given)
    timings = Timings()
    with timings.measure("import"):
        if isinstance(model, ImportedModule):
            session = CompilerSession([*_input_flags(model, targets), *flags])
            _load_dialects(pipeline, session)
            imported = dataclasses.replace(model, module=copy_module(model.module, session.context))
        else:
            session = CompilerSession()
            _load_dialects(pipeline, session)
            imported = import_model(
                model,
                inputs,
                context=session.context,
                keyword_inputs=keyword_inputs,
                dynamic_shapes=dynamic_shapes,
                options=dataclasses.replace(import_options or ImportOptions(), dialects=pipeline.dialects),
            )
            session.set_flags([*_input_flags(imported, targets), *flags])
    _check_precision(imported, targets, options)
    _check_scalars(imported, options)
    return Session(session, imported, targets, (*_input_flags(imported, targets), *flags), timings)


def _load_dialects(pipeline: PipelineDefinition, session: CompilerSession) -> None:
    for dialect in pipeline.dialects:
        dialect.load(session.context)


def compile_model(
    pipeline: PipelineDefinition,
    model: Any,
    inputs: Sequence[Any] = (),
    *,
    target: TargetLike = "cpu",
    options: CompileOptions | None = None,
    keyword_inputs: Mapping[str, Any] | None = None,
    dynamic_shapes: Any = None,
    import_options: ImportOptions | None = None,
) -> Artifact:
    """Compile ``model`` with ``pipeline``'s passes; see :meth:`ireekit.Pipeline.compile`."""
    options = (options or CompileOptions()).on(targets := parse_targets(target))
    pipeline, tuned = with_tuning(pipeline.configured(), options.tuning)
    session = import_for(
        pipeline,
        model,
        inputs,
        target=targets,
        options=options,
        keyword_inputs=keyword_inputs,
        dynamic_shapes=dynamic_shapes,
        import_options=import_options,
    )
    with session.timings.measure("digest"):
        digest = module_digest(session.imported.module)
    if tuned is not None:
        pipeline = tuned.formed(pipeline, digest, str(session.targets))
    cache = None if options.looks_inside else Cache.of(options.cache)
    key = cache_key(
        (
            digest,
            pipeline.fingerprint(session.targets.families),
            str(session.targets),
            *session.flags,
            *_build_identity(),
            # What else the metadata says of the model: the program does not hold it.
            session.imported.framework,
            repr([entry.to_json() for entry in session.imported.entry_points]),
            repr([(archive.scope, str(archive.path.resolve())) for archive in session.imported.parameters]),
        )
    )
    if cache is not None and (cached := cache.get(key)) is not None:
        _say(cached.metadata.remarks if cached.metadata else ())
        return cached
    program = run_phases(pipeline, session, options)
    _remark(session, tuned.remarks() if tuned is not None else ())
    artifact = Artifact.assemble(program, _metadata(pipeline, session, options, digest))
    if cache is not None:
        cache.put(key, artifact)
    return artifact


def run_phases(
    pipeline: PipelineDefinition,
    session: Session,
    options: CompileOptions,
    *,
    finish: Finish = Invocation.output_bytecode,
) -> bytes | memoryview:
    """Drive the session's module through all phases; gives what ``finish`` takes.

    Raises:
      CompileError: a phase or pass failed.
      UnsupportedOpsError: the model has operators nothing lowers; lists all of them.
    """
    imported = session.imported
    # A clone shares all weights. Errors are explained with it, and a second attempt starts from it.
    original = imported.module.operation.clone()
    try:
        with paused_collection():
            return _attempt(pipeline, session, imported.module.operation, original, options, finish)
    except CompileError as error:
        if error.phase == "phase input" and (unsupported := _unsupported(imported, original)):
            raise unsupported_error(imported.framework, unsupported) from error
        if not _worth_retrying(error, options):
            raise
        where = f" at {error.location}" if error.location else ""
        failed = f"code generation failed at {options.optimize}: {error.cause}{where}"
        _remark(session, [f"compiled at {_SAFE_LEVEL}, since {failed}"])
    session.use_flag(f"--iree-opt-level={_SAFE_LEVEL}")
    return _attempt(pipeline, session, original.clone(), original, options, finish)


def _remark(session: Session, remarks: Iterable[str]) -> None:
    found = tuple(remarks)
    session.remarks.extend(found)
    _say(found)


def _say(remarks: Iterable[str]) -> None:
    for remark in remarks:
        warnings.warn(remark, CompileWarning, stacklevel=2)


def _attempt(
    pipeline: PipelineDefinition,
    session: Session,
    module: ir.Operation,
    original: ir.Operation,
    options: CompileOptions,
    finish: Finish,
) -> bytes | memoryview:
    # Steps on kernels tune them; with dialects of a pipeline's own they may have to lower something, too.
    fallback = None if pipeline.dialects else Fallback(session.compiler)
    with ProgressLine(f"compiling for {session.targets}", options.progress) as progress:
        steps = pipeline.steps_of(module, session.targets.families)
        runner = StepRunner(pipeline.dialects, options.instrumentation)
        hooks = PassHooks(
            session.compiler,
            steps,
            runner.at_pass if fallback is None else fallback.sparing_hooks(runner.at_pass),
            watch_all=options.watch_passes is not None,
            observed=options.observe,
            instrumentation=options.instrumentation,
        )
        if options.instrumentation is not None:
            # Its numbers are to mean the same in every run. After making hooks, which leaves the context with threads.
            session.compiler.context.enable_multithreading(False)
        dump = Dump(options.dump, pipeline.dialects)
        start = PHASES[0]
        while True:
            with session.compiler.invocation() as invocation:
                invocation.import_module(module)
                invocation.verify(options.verify)
                run = PhaseRunner(
                    invocation,
                    steps,
                    original,
                    session.timings,
                    progress,
                    dump,
                    runner=runner,
                    hooks=hooks,
                    fallback=fallback,
                )
                try:
                    run.run(start=start)
                except CompileError:
                    program = None if fallback is None else fallback.next_program()
                    if program is None:
                        raise
                    module, start = program, KEPT_AT
                    continue
                for name, seconds in hooks.step_seconds().items():
                    session.timings.add(name, seconds)
                _remark(session, (*(() if fallback is None else fallback.remarks), *hooks.idle()))
                if options.watch_passes is not None:
                    options.watch_passes(hooks.executions())
                with session.timings.measure("serialize"):
                    return finish(invocation)


def _worth_retrying(error: CompileError, options: CompileOptions) -> bool:
    # Aggressive fusion makes dispatches that some targets have no code generation for.
    chosen_by_user = any(flag.startswith("--iree-opt-level") for flag in options.flags)
    return _in_codegen(error) and not chosen_by_user and options.optimize in ("O2", "O3")


def _in_codegen(error: CompileError) -> bool:
    return error.phase is not None and error.phase.startswith("phase executable-")


def _check_precision(imported: ImportedModule, targets: TargetSet, options: CompileOptions) -> None:
    if targets.double_precision or "f64" in options.data_types:
        return
    for entry in imported.entry_points:
        leaf = next((leaf for leaf in (*entry.inputs, *entry.results) if leaf.dtype in ("float64", "f64")), None)
        if leaf is not None:
            raise TargetError(
                f"{leaf.name!r} of {entry.name} is in double precision, which some devices of {targets} lack",
                op=entry.name,
                remedy="data_types={'f64': 'f32'} computes in single precision",
            )


def _input_flags(imported: ImportedModule, targets: TargetSet) -> tuple[str, ...]:
    # Double precision that stays inside the program is computed in single where a device lacks it.
    flags = (flag for flag in imported.compiler_flags if flag != F64_FLAG or targets.double_precision)
    return (f"--iree-input-type={imported.input_type}", *flags)


def _unsupported(imported: ImportedModule, original: ir.Operation) -> Sequence[tuple[str, str | None, str | None]]:
    return imported.unsupported_ops(original) if imported.unsupported_ops is not None else ()


def _build_identity() -> tuple[str, str]:
    build = build_info()
    return f"{build.version} {build.build_id}", version("ireekit")


def _metadata(pipeline: PipelineDefinition, session: Session, options: CompileOptions, digest: str) -> Metadata:
    compiler, ireekit = _build_identity()
    converted = _conversions(options.data_types)
    return Metadata(
        entry_points=tuple(_converted(entry, converted) for entry in session.imported.entry_points),
        targets=tuple(map(str, session.targets.targets)),
        pipeline=pipeline.name,
        passes=tuple(map(str, pipeline.steps_for(session.targets.families))),
        framework=session.imported.framework,
        compiler=compiler,
        ireekit=ireekit,
        flags=session.flags,
        options=options.changed(),
        phase_seconds=dict(session.timings.seconds),
        input_digest=digest,
        parameters=tuple(
            ParameterReference(archive.scope, archive.path.name, str(archive.path.resolve()), archive.byte_size)
            for archive in session.imported.parameters
        ),
        remarks=tuple(session.remarks),
    )


def _check_scalars(imported: ImportedModule, options: CompileOptions) -> None:
    converted = _conversions(options.data_types)
    for entry in imported.entry_points:
        for leaf in (*entry.inputs, *entry.results):
            if leaf.is_scalar and converted.get(leaf.dtype, leaf.dtype) not in _SCALARS:
                raise TargetError(
                    f"{leaf.name!r} of {entry.name} is a scalar of type {leaf.dtype}, "
                    f"which cannot be passed by value as {converted[leaf.dtype]}",
                    op=entry.name,
                    remedy="make it a tensor of rank 0, or leave out the conversion",
                )


def _conversions(data_types: Mapping[str, str]) -> dict[str, str]:
    """Dtypes of leaves before and after; the compiler applies one conversion to the result of another."""
    converted: dict[str, str] = {}
    for source in data_types:
        seen, to = {source}, source
        while to in data_types and data_types[to] not in seen:
            to = data_types[to]
            seen.add(to)
        converted[_DTYPES[source]] = _DTYPES[to]
        # Scalars passed by value are named by their VM type.
        converted[source] = to
    return converted


def _converted(entry: EntryPoint, dtypes: Mapping[str, str]) -> EntryPoint:
    def convert(leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
        return tuple(dataclasses.replace(leaf, dtype=dtypes.get(leaf.dtype, leaf.dtype)) for leaf in leaves)

    return dataclasses.replace(entry, inputs=convert(entry.inputs), results=convert(entry.results))
