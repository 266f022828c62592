"""One run of a search: compiling, measuring, keeping what came of it."""

from __future__ import annotations

import concurrent.futures
import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.codegen.configuration import CompilationInfo
from ireekit.codegen.tuned.file import Form, TunedKernel, Tuning, compiler_build, machine_words, target_digest
from ireekit.codegen.tuned.forms import with_forms
from ireekit.errors import TuningError
from ireekit.passes.options import options_of
from ireekit.profiling.api import collecting
from ireekit.tuning.building import Built, build
from ireekit.tuning.database import Database, Subject
from ireekit.tuning.dispatches import CollectConfigurations, Collected, CollectSources, Dispatch
from ireekit.tuning.executors import Builders
from ireekit.tuning.measuring import Measured, measure, one_at_a_time
from ireekit.tuning.preparing import FROM, Prepared, prepare
from ireekit.tuning.programs import placed_buffers
from ireekit.tuning.search import Search
from ireekit.tuning.tasks import WORTH, Task, ready

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.facade import Pipeline
    from ireekit.passes.instrumentation import Instrumentation
    from ireekit.profiling import DispatchFacts, DispatchProfile, Profile

WORSE = 1.0
"""A configuration is dropped where its dispatches take more than this share of their former time in the model."""

_QUICK_SECONDS, _CAREFUL_SECONDS = 0.2, 1.0
_CALLS = 20


@dataclass
class Compiled:
    """A model that was compiled.

    Attributes:
      artifact: of it.
      dispatches: in it.
      facts: of these.
      profile: the last one that was measured.
    """

    artifact: Artifact
    dispatches: Collected
    facts: tuple[DispatchFacts, ...]
    _profile: Profile | None = None

    @property
    def profile(self) -> Profile:
        assert self._profile is not None
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._profile = profile


class Run:
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
        self._forms: tuple[Form, ...] = ()
        self._model = ""
        self._flags: tuple[str, ...] = ()
        self._target = ""

    @property
    def pipeline(self) -> Pipeline:
        """As it is without tuning."""
        return self._pipeline.configured()

    @property
    def device(self) -> str:
        """Where programs run."""
        return "cpu-sync" if self._threads == 1 else f"cpu?threads={self._threads}"

    def option_value(self, form: Form) -> str:
        """What an option is without tuning, as in pipeline text."""
        action = next(step.action for step in self.pipeline.steps if step.action.name == form.step)
        option = options_of(type(action))[form.option]
        return option.type.print(getattr(action, option.field))

    def use_forms(self, forms: tuple[Form, ...]) -> None:
        """Compile with these from here on."""
        self._forms = forms

    def model_subject(self, pipeline: Pipeline) -> Subject:
        """The model as a whole, in the database."""
        target = digest(self._target, *self._flags)
        steps = digest(pipeline.fingerprint(["cpu"]))
        return Subject(f"model {self._model}", target, compiler_build(), self._threads, steps)

    def check(self, target: str) -> None:
        from ireekit.targets import parse_targets

        targets = parse_targets(target)
        if [each.family for each in targets.targets] != ["cpu"]:
            raise TuningError(f"only kernels of one CPU can be tuned, not {targets}", remedy="--target cpu")

    def compile(
        self,
        model: Any,
        inputs: Sequence[Any],
        target: str,
        tuning: Tuning | None = None,
        forms: Sequence[Form] | None = None,
        instrumentation: Instrumentation | None = None,
    ) -> Compiled:
        found: Collected = {}
        formed = with_forms(self._pipeline.configured(), self._forms if forms is None else forms)
        pipeline, facts = collecting(formed)
        pipeline.at("executable-sources", CollectSources(found))
        pipeline.at("executable-configurations", CollectConfigurations(found))
        given: dict[str, Any] = {**self._options, "cache": False, "progress": False, "tuning": tuning}
        if instrumentation is not None:
            given["instrumentation"] = instrumentation
        artifact = pipeline.compile(model, *inputs, target=target, **given)
        if artifact.metadata is not None:
            self._flags = _codegen_flags(artifact.metadata.flags)
            self._model = artifact.metadata.input_digest
        for each in found.values():
            self._target = each.target
        return Compiled(artifact, found, tuple(facts))

    def profile(self, compiled: Compiled, entry_point: str | None, values: Sequence[Any]) -> Profile:
        """Measure the dispatches of a model."""
        from ireekit.profiling import Machine, profile

        # Times alone are of interest, not what the machine could do.
        machine = Machine("", self._threads, 1.0, ((1, 1.0),))
        with one_at_a_time():
            compiled.profile = profile(
                compiled.artifact,
                *values,
                facts=compiled.facts,
                entry_point=entry_point,
                device=self.device,
                calls=_CALLS,
                machine=machine,
            )
        return compiled.profile

    def tasks(
        self, dispatches: Iterable[DispatchProfile], collected: Collected, candidates: int, seed: int
    ) -> list[Task]:
        """One for each kernel: functions that compute the same share it."""
        tasks: dict[str, Task] = {}
        for each in dispatches:
            dispatch = _named(each.name, collected)
            if dispatch is None:
                continue
            if dispatch.key in tasks:
                other = tasks[dispatch.key]
                other.names = (*other.names, each.name)
                other.milliseconds += each.milliseconds
            else:
                tasks[dispatch.key] = Task(dispatch, (each.name,), each.milliseconds, obstacle=dispatch.obstacle)
        compiler = compiler_build()
        for task in tasks.values():
            if task.obstacle:
                continue
            prepared = prepare(task.dispatch, self._flags, self._timeout)
            if isinstance(prepared, Dispatch):
                task.obstacle = prepared.obstacle
                continue
            machine = task.dispatch.machine
            assert machine is not None
            task.prepared = prepared
            task.search = Search(prepared.loops, machine, prepared.reference, limit=candidates, seed=seed)
            # Where weights come from makes a difference.
            weights = max((each.constant_bytes for each in task.dispatch.buffers), default=0).bit_length()
            target = digest(task.dispatch.target, *self._flags, f"weights {weights}")
            task.subject = Subject(task.dispatch.key, target, compiler, self._threads, str(prepared.reference))
        return sorted(tasks.values(), key=lambda task: -task.milliseconds)

    def search(self, tasks: Sequence[Task], made: Builders, known: Database, folder: Path, deadline: float) -> bool:
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

    def _step(self, task: Task, made: Builders, known: Database, folder: Path, deadline: float) -> bool:
        search, prepared, subject = ready(task)
        infos = search.next(max(4, made.count))
        if not infos:
            return False
        outcomes = [known.get(subject, str(info)) for info in infos]
        missing = [info for info, outcome in zip(infos, outcomes, strict=True) if outcome is None]
        built = self._build(missing, prepared, made)
        for info, stored in zip(infos, outcomes, strict=True):
            outcome = stored
            if outcome is not None:
                self.known += 1
            elif time.monotonic() >= deadline:
                break
            else:
                outcome = self._measure(task, built[str(info)], folder, _QUICK_SECONDS)
                known.put(subject, str(info), outcome)
                self.measured += 1
            search.note(info, outcome)
        self.tell(f"{task.dispatch.name}: {search.tried} tried, best {search.ratio:.2f} of its time")
        return True

    def _build(self, infos: Sequence[CompilationInfo], prepared: Prepared, made: Builders) -> dict[str, Built]:
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

    def _measure(self, task: Task, built: Built, folder: Path, seconds: float) -> Measured:
        if built.program is None:
            return Measured("failed", reason=built.reason)
        reference = self._reference(task, folder)
        if reference is None:
            return Measured("failed", reason="the kernel does not compile alone")
        candidate = folder / "candidate.vmfb"
        candidate.write_bytes(built.program)
        _, prepared, _ = ready(task)
        buffers = placed_buffers(prepared.dispatch)
        return measure(reference, candidate, buffers, threads=self._threads, seconds=seconds, timeout=self._timeout)

    def _reference(self, task: Task, folder: Path) -> Path | None:
        if task.reference is None:
            _, prepared, _ = ready(task)
            built = build(prepared.text, self._flags, self._timeout, start=FROM)
            if built.program is None:
                return None
            task.reference = folder / f"{task.dispatch.key[:16]}.vmfb"
            task.reference.write_bytes(built.program)
        return task.reference

    def confirm(self, tasks: Sequence[Task], known: Database, folder: Path) -> None:
        """Measure the best of each kernel again, for longer."""
        for task in tasks:
            if task.search is None or task.search.outcome is None or task.search.ratio > WORTH:
                continue
            search, prepared, subject = ready(task)
            task.careful = known.get(subject, str(search.best), careful=True)
            if task.careful is None:
                self.tell(f"{task.dispatch.name}: measuring the best again")
                text = prepared.candidate(search.best)
                built = Built(None) if text is None else build(text, self._flags, self._timeout, start=FROM)
                task.careful = self._measure(task, built, folder, _CAREFUL_SECONDS)
                known.put(subject, str(search.best), task.careful, careful=True)
            if not math.isfinite(task.careful.ratio):
                task.obstacle = f"the best configuration failed when measured again: {task.careful.reason}"

    def drop_worse(self, tasks: Sequence[Task], was: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
        """Give up what does not pay in the model.

        Args:
          tasks: that were worked on.
          was, now: milliseconds of dispatches in the model without tuning, and with it.

        Returns:
          Names of the dispatches that are as they were again.
        """
        dropped: list[str] = []
        for task in tasks:
            if task.outcome().best is None:
                continue
            old = sum(was.get(name, 0.0) for name in task.names)
            new = sum(now.get(name, 0.0) for name in task.names)
            if new > WORSE * old:
                task.obstacle = f"faster alone, but not in the model: {old:.3f} ms before, {new:.3f} ms after"
                dropped += task.names
        return dropped

    def tuning(self, tasks: Sequence[Task]) -> Tuning:
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
        forms, model = self._forms, self._model if self._forms else ""
        build_ = compiler_build()
        return Tuning(target_digest(self._target), words, build_, self._threads, tuple(kernels), forms, model)


def least_times(profiles: Iterable[Profile]) -> dict[str, float]:
    """Milliseconds of each dispatch, the least of several profiles."""
    least: dict[str, float] = {}
    for profile in profiles:
        for each in profile.dispatches:
            least[each.name] = min(each.milliseconds, least.get(each.name, math.inf))
    return least


def digest(*parts: str) -> str:
    """Of several texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _named(name: str, collected: Collected) -> Dispatch | None:
    """The dispatch that a profile calls ``name``, without what is the same for all."""
    if name in collected:
        return collected[name]
    return next((each for each in collected.values() if each.name.endswith(f"_dispatch_{name}")), None)


def _codegen_flags(flags: Iterable[str]) -> tuple[str, ...]:
    """Those of a compilation that a dispatch alone needs too."""
    return tuple(flag for flag in flags if not flag.startswith(("--iree-input-", "--iree-hal-dump-")))
