"""Tuning a model."""

from __future__ import annotations

import concurrent.futures
import hashlib
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.codegen.configuration import CompilationInfo
from ireekit.errors import TuningError
from ireekit.tuning.building import Built, build
from ireekit.tuning.database import Database, Subject
from ireekit.tuning.dispatches import CollectConfigurations, Collected, CollectSources, Dispatch
from ireekit.tuning.executors import Builders, builders
from ireekit.tuning.file import TunedKernel, Tuning, compiler_build, machine_words, target_digest
from ireekit.tuning.measuring import Measured, measure
from ireekit.tuning.preparing import FROM, Prepared, prepare
from ireekit.tuning.programs import placed_buffers
from ireekit.tuning.search import Search

if TYPE_CHECKING:
    import os

    from ireekit.artifact import Artifact
    from ireekit.facade import Pipeline
    from ireekit.profiling import DispatchProfile, Profile

    PathLike = str | os.PathLike[str]

WORTH = 0.97
"""A configuration is kept where the kernel takes at most this share of its former time, measured carefully."""
WORSE = 1.05
"""It is dropped again where the dispatches take more than this share of their former time in the model."""

_QUICK_SECONDS, _CAREFUL_SECONDS = 0.2, 1.0
_CALLS = 20


@dataclass(frozen=True)
class DispatchOutcome:
    """What the search found for a kernel.

    Attributes:
      name: of its function.
      key: of the kernel.
      milliseconds: its dispatches took in one call of the model, before.
      tried: how many candidates were compiled and measured, or known from the database.
      ratio: time of the best over that before, measured alone; 1 where nothing better was found.
      reference: how it is configured without tuning; ``None`` where it cannot be tuned.
      best: the fastest configuration; ``None`` where nothing better was found.
      obstacle: why it cannot be tuned, or why what was found is not used.
    """

    name: str
    key: str
    milliseconds: float
    tried: int = 0
    ratio: float = 1.0
    reference: CompilationInfo | None = None
    best: CompilationInfo | None = None
    obstacle: str = ""


@dataclass(frozen=True)
class TuneResult:
    """What came of tuning a model.

    Attributes:
      tuning: to compile with, and to save.
      dispatches: that were looked at, the longest first.
      before_milliseconds, after_milliseconds: of all dispatches of the model, without tuning and with it.
      finished: whether the searches ended by themselves, and not with the budget.
      measured: how many candidates were measured in this run.
      known: how many were in the database.
      collected: the dispatches as compiled, for :func:`ireekit.tuning.specification`.
    """

    tuning: Tuning
    dispatches: tuple[DispatchOutcome, ...]
    before_milliseconds: float
    after_milliseconds: float
    finished: bool
    measured: int
    known: int
    collected: Mapping[str, Dispatch] = field(repr=False, default_factory=dict[str, Dispatch])


def tune(
    model: Any,
    *inputs: Any,
    pipeline: Pipeline | None = None,
    target: str = "cpu",
    top: int = 10,
    budget: float = 600.0,
    threads: int = 1,
    jobs: int | None = None,
    candidates: int = 64,
    timeout: float = 60.0,
    database: PathLike | None = None,
    dask: str | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    compile_options: Mapping[str, Any] | None = None,
    entry_point: str | None = None,
    values: Sequence[Any] = (),
) -> TuneResult:
    """Search for faster configurations of the kernels that a model spends its time in, on this machine.

    Everything measured is kept in a database as soon as it is known: a second run goes on where the first one ended.

    Args:
      model, inputs: as for :meth:`ireekit.Pipeline.compile`.
      pipeline: to compile with; ``None``: mypipeline.
      target: ``"cpu"``.
      top: how many dispatches, those that take longest.
      budget: in seconds, for the search; compiling and measuring the whole model before and after comes on top.
      threads: that will run the program.
      jobs: how many candidates are compiled at a time.
      candidates: for each kernel at most.
      timeout: in seconds, to compile or measure one.
      database: file; ``None``: in the cache folder.
      dask: address of a Dask scheduler, on whose workers candidates are compiled.
      seed: of the order in which candidates are tried.
      progress: is told what happens, in short lines.
      compile_options: further arguments of :meth:`ireekit.Pipeline.compile`.
      entry_point: of the model; ``None``: the only one, or ``main``.
      values: of its inputs, flat; none: random ones.

    Raises:
      TuningError: the target is no CPU, the database cannot be used, or a cluster does not answer.
      CompileError, InputError, CapabilityError: the model does not compile or run here; see
        :func:`ireekit.profiling.profile`.
    """
    run = _Run(_default(pipeline), threads, timeout, progress or _silent, dict(compile_options or {}))
    run.check(target)
    with tempfile.TemporaryDirectory(prefix="ireekit-tune-") as folder, Database(database) as known:
        run.tell("compiling the model")
        artifact, collected = run.compile(model, inputs, target)
        run.tell("measuring its dispatches")
        profile = run.profile(artifact, entry_point, values)
        tasks = run.tasks(profile.dispatches[:top], collected, candidates, seed)
        with builders(jobs, dask) as made:
            finished = run.search(tasks, made, known, Path(folder), time.monotonic() + budget)
            run.confirm(tasks, known, Path(folder))
        tuning = run.tuning(tasks)
        after = profile
        if tuning.kernels:
            run.tell("measuring the tuned model")
            tuned, _ = run.compile(model, inputs, target, tuning)
            after = run.profile(tuned, entry_point, values)
            if run.drop_worse(tasks, profile, after):
                tuning = run.tuning(tasks)
                tuned, _ = run.compile(model, inputs, target, tuning)
                after = run.profile(tuned, entry_point, values)
    return TuneResult(
        tuning,
        tuple(each.outcome() for each in tasks),
        profile.dispatch_milliseconds,
        after.dispatch_milliseconds,
        finished,
        run.measured,
        run.known,
        collected,
    )


@dataclass
class _Task:
    """A kernel that is worked on."""

    dispatch: Dispatch
    names: tuple[str, ...]
    milliseconds: float
    prepared: Prepared | None = None
    search: Search | None = None
    subject: Subject | None = None
    reference: Path | None = None
    careful: Measured | None = None
    obstacle: str = ""

    def outcome(self) -> DispatchOutcome:
        search, found = self.search, self.careful
        better = found is not None and found.ratio <= WORTH and not self.obstacle
        return DispatchOutcome(
            self.dispatch.name,
            self.dispatch.key,
            self.milliseconds,
            0 if search is None else search.tried,
            found.ratio if found is not None and better else 1.0,
            None if self.prepared is None else self.prepared.reference,
            search.best if better and search is not None else None,
            self.obstacle,
        )


class _Run:
    """One run of the search."""

    def __init__(
        self,
        pipeline: Pipeline,
        threads: int,
        timeout: float,
        tell: Callable[[str], None],
        options: dict[str, Any],
    ) -> None:
        self.tell = tell
        self.measured = self.known = 0
        self._pipeline, self._threads, self._timeout, self._options = pipeline, threads, timeout, options
        self._flags: tuple[str, ...] = ()
        self._target = ""

    def check(self, target: str) -> None:
        from ireekit.targets import parse_targets

        targets = parse_targets(target)
        if [each.family for each in targets.targets] != ["cpu"]:
            raise TuningError(f"only kernels of one CPU can be tuned, not {targets}", remedy="--target cpu")

    def compile(
        self, model: Any, inputs: Sequence[Any], target: str, tuning: Tuning | None = None
    ) -> tuple[Artifact, Collected]:
        found: Collected = {}
        pipeline = self._pipeline.configured().extended()
        pipeline.at("executable-sources", CollectSources(found))
        pipeline.at("executable-configurations", CollectConfigurations(found))
        given = {**self._options, "cache": False, "progress": False, "tuning": tuning}
        artifact = pipeline.compile(model, *inputs, target=target, **given)
        if artifact.metadata is not None:
            self._flags = _codegen_flags(artifact.metadata.flags)
        return artifact, found

    def profile(self, artifact: Artifact, entry_point: str | None, values: Sequence[Any]) -> Profile:
        from ireekit.profiling import profile
        from ireekit.tuning.measuring import one_at_a_time

        device = "cpu-sync" if self._threads == 1 else f"cpu?threads={self._threads}"
        with one_at_a_time():
            return profile(artifact, *values, entry_point=entry_point, device=device, calls=_CALLS)

    def tasks(
        self, dispatches: Iterable[DispatchProfile], collected: Collected, candidates: int, seed: int
    ) -> list[_Task]:
        """One for each kernel: functions that compute the same share it."""
        tasks: dict[str, _Task] = {}
        for each in dispatches:
            dispatch = _named(each.name, collected)
            if dispatch is None:
                continue
            if dispatch.key in tasks:
                other = tasks[dispatch.key]
                other.names = (*other.names, each.name)
                other.milliseconds += each.milliseconds
            else:
                tasks[dispatch.key] = _Task(dispatch, (each.name,), each.milliseconds, obstacle=dispatch.obstacle)
        compiler = compiler_build()
        for task in tasks.values():
            if task.obstacle:
                continue
            self._target = task.dispatch.target
            prepared = prepare(task.dispatch, self._flags, self._timeout)
            if isinstance(prepared, Dispatch):
                task.obstacle = prepared.obstacle
                continue
            machine = task.dispatch.machine
            assert machine is not None
            task.prepared = prepared
            task.search = Search(prepared.loops, machine, prepared.reference, limit=candidates, seed=seed)
            target = hashlib.sha256("\n".join((task.dispatch.target, *self._flags)).encode()).hexdigest()[:16]
            task.subject = Subject(task.dispatch.key, target, compiler, self._threads, str(prepared.reference))
        return sorted(tasks.values(), key=lambda task: -task.milliseconds)

    def search(
        self, tasks: Sequence[_Task], made: Builders, known: Database, folder: Path, deadline: float
    ) -> bool:
        """Search kernel after kernel, some candidates each, until all are done or time is over; says which."""
        active = [task for task in tasks if task.search is not None]
        total = len(active)
        self.tell(f"{total} kernels, candidates compiled by {made.where}")
        while active:
            for task in list(active):
                if time.monotonic() >= deadline:
                    return False
                if not self._step(task, made, known, folder, deadline):
                    active.remove(task)
        return True

    def _step(self, task: _Task, made: Builders, known: Database, folder: Path, deadline: float) -> bool:
        search, prepared, subject = _ready(task)
        infos = search.next(max(4, made.count))
        if not infos:
            return False
        outcomes = [known.get(subject, str(info)) for info in infos]
        missing = [info for info, outcome in zip(infos, outcomes, strict=True) if outcome is None]
        built = self._build(missing, prepared, made)
        for info, outcome in zip(infos, outcomes, strict=True):
            if outcome is not None:
                self.known += 1
            else:
                if time.monotonic() >= deadline:
                    break
                outcome = self._measure(task, built[str(info)], folder, _QUICK_SECONDS)
                known.put(subject, str(info), outcome)
                self.measured += 1
            search.note(info, outcome)
        self.tell(f"{task.dispatch.name}: {search.tried} tried, best {search.ratio:.2f} of its time")
        return True

    def _build(
        self, infos: Sequence[CompilationInfo], prepared: Prepared, made: Builders
    ) -> dict[str, Built]:
        """Compile all of them, several at a time; nothing is measured meanwhile."""
        texts = {str(info): prepared.candidate(info) for info in infos}
        futures: dict[str, concurrent.futures.Future[Built]] = {
            info: made.executor.submit(build, text, self._flags, self._timeout, start=FROM)
            for info, text in texts.items()
            if text is not None
        }
        built = {info: Built(None, "it does not fit the kernel") for info in texts}
        for info, future in futures.items():
            try:
                built[info] = future.result()
            except concurrent.futures.CancelledError:
                raise
            except Exception as error:  # whatever a worker or a cluster met
                built[info] = Built(None, f"{type(error).__name__}: {str(error)[:150]}")
        return built

    def _measure(self, task: _Task, built: Built, folder: Path, seconds: float) -> Measured:
        if built.program is None:
            return Measured("failed", reason=built.reason)
        reference = self._reference(task, folder)
        if reference is None:
            return Measured("failed", reason="the kernel does not compile alone")
        candidate = folder / "candidate.vmfb"
        candidate.write_bytes(built.program)
        _, prepared, _ = _ready(task)
        buffers = placed_buffers(prepared.dispatch)
        return measure(
            reference, candidate, buffers, threads=self._threads, seconds=seconds, timeout=self._timeout
        )

    def _reference(self, task: _Task, folder: Path) -> Path | None:
        if task.reference is None:
            _, prepared, _ = _ready(task)
            built = build(prepared.text, self._flags, self._timeout, start=FROM)
            if built.program is None:
                return None
            task.reference = folder / f"{task.dispatch.key[:16]}.vmfb"
            task.reference.write_bytes(built.program)
        return task.reference

    def confirm(self, tasks: Sequence[_Task], known: Database, folder: Path) -> None:
        """Measure the best of each kernel again, for longer."""
        for task in tasks:
            if task.search is None or task.search.outcome is None or task.search.ratio > WORTH:
                continue
            search, prepared, subject = _ready(task)
            task.careful = known.get(subject, str(search.best), careful=True)
            if task.careful is None:
                self.tell(f"{task.dispatch.name}: measuring the best again")
                text = prepared.candidate(search.best)
                built = Built(None) if text is None else build(text, self._flags, self._timeout, start=FROM)
                task.careful = self._measure(task, built, folder, _CAREFUL_SECONDS)
                known.put(subject, str(search.best), task.careful, careful=True)
            if not math.isfinite(task.careful.ratio):
                task.obstacle = f"the best configuration failed when measured again: {task.careful.reason}"

    def drop_worse(self, tasks: Sequence[_Task], before: Profile, after: Profile) -> bool:
        """Give up what does not pay in the model; says whether something was."""
        now = {each.name: each.milliseconds for each in after.dispatches}
        was = {each.name: each.milliseconds for each in before.dispatches}
        dropped = False
        for task in tasks:
            if task.outcome().best is None:
                continue
            old = sum(was.get(name, 0.0) for name in task.names)
            new = sum(now.get(name, 0.0) for name in task.names)
            if new > WORSE * old:
                task.obstacle = f"faster alone, but not in the model: {old:.3f} ms before, {new:.3f} ms after"
                dropped = True
        return dropped

    def tuning(self, tasks: Sequence[_Task]) -> Tuning:
        kernels: list[TunedKernel] = []
        for task in tasks:
            best, found = task.outcome().best, task.careful
            if best is None or found is None:
                continue
            kernels.append(
                TunedKernel(
                    task.dispatch.key,
                    task.dispatch.name,
                    best,
                    found.reference_ns / 1e3,
                    found.candidate_ns / 1e3,
                )
            )
        words = machine_words(self._target)
        return Tuning(target_digest(self._target), words, compiler_build(), self._threads, tuple(kernels))


def _ready(task: _Task) -> tuple[Search, Prepared, Subject]:
    assert task.search is not None
    assert task.prepared is not None
    assert task.subject is not None
    return task.search, task.prepared, task.subject


def _named(name: str, collected: Collected) -> Dispatch | None:
    """The dispatch that a profile calls ``name``, without what is the same for all."""
    if name in collected:
        return collected[name]
    return next((each for each in collected.values() if each.name.endswith(f"_dispatch_{name}")), None)


def _codegen_flags(flags: Iterable[str]) -> tuple[str, ...]:
    """Those of a compilation that a dispatch alone needs too."""
    return tuple(flag for flag in flags if not flag.startswith(("--iree-input-", "--iree-hal-dump-")))


def _default(pipeline: Pipeline | None) -> Pipeline:
    if pipeline is not None:
        return pipeline
    from ireekit.pipeline import load_pipeline

    found: Any = load_pipeline("mypipeline")
    return found


def _silent(_: str) -> None:
    """Tell nobody."""


