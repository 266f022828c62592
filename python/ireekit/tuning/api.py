"""Tuning a model."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.codegen.tuned.file import Tuning
from ireekit.passes.instrumentation import Statistics
from ireekit.profiling import measured_machine
from ireekit.tuning.database import Database
from ireekit.tuning.dispatches import Dispatch
from ireekit.tuning.executors import builders
from ireekit.tuning.form_search import FormSearch, Subjects
from ireekit.tuning.run import Run, least_times
from ireekit.tuning.tasks import DispatchOutcome

if TYPE_CHECKING:
    import os

    from ireekit.facade import Pipeline

    PathLike = str | os.PathLike[str]


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
    forms: bool = False,
) -> TuneResult:
    """Search for faster configurations of the kernels that a model spends its time in, on this machine.

    Everything measured is kept in a database as soon as it is known: a second run goes on where the first one ended.

    Args:
      model, inputs: as for :meth:`ireekit.Pipeline.compile`.
      pipeline: to compile with; ``None``: mypipeline.
      target: ``"cpu"``.
      top: how many dispatches, those that take longest.
      budget: in seconds, for the search, half of it at most for forms; compiling and measuring the whole model before
        and after comes on top.
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
      forms: also try what passes offer as options (``option(..., trials=...)``), and to do without some, on the whole
        model, before kernels are looked at. The program is compiled once for each.

    Raises:
      TuningError: the target is no CPU, the database cannot be used, or a cluster does not answer.
      CompileError, InputError, CapabilityError: the model does not compile or run here; see
        :func:`ireekit.profiling.profile`.
    """
    run = Run(_default(pipeline), threads, timeout, progress or _silent, dict(compile_options or {}))
    run.check(target)
    with tempfile.TemporaryDirectory(prefix="ireekit-tune-") as folder, Database(database) as known:
        run.tell("compiling the model")
        started = time.monotonic()
        counts = Statistics()
        model_ = run.compile(model, inputs, target, instrumentation=counts if forms else None)
        run.tell("measuring its dispatches")
        profile = run.profile(model_, entry_point, values)
        formed: float | None = None
        deadline, finished_forms = time.monotonic() + budget, True
        if forms:
            subjects = Subjects(model, inputs, target, entry_point, values)
            found = FormSearch(
                run,
                known,
                subjects,
                model_,
                deadline - budget / 2,
                deadline - budget - started,
                _idle(counts),
                lambda: measured_machine(threads).costs(),
            )
            best, finished_forms = found.search(), found.finished
            if best:
                formed = profile.dispatch_milliseconds
                model_ = run.compile(model, inputs, target)
                profile = run.profile(model_, entry_point, values)
        collected = model_.dispatches
        tasks = run.tasks(profile.dispatches[:top], collected, candidates, seed)
        with builders(jobs, dask) as made:
            finished = run.search(tasks, made, known, Path(folder), deadline) and finished_forms
            run.confirm(tasks, known, Path(folder))
        tuning = run.tuning(tasks)
        was, now = least_times([profile]), least_times([profile])
        if tuning.kernels:
            run.tell("measuring the tuned model")
            tuned = run.compile(model, inputs, target, tuning)
            # In turn: what else the machine does should count for both, or for none.
            order = [run.profile(each, entry_point, values) for each in (tuned, model_, tuned)]
            was, now = least_times([profile, order[1]]), least_times([order[0], order[2]])
            dropped = run.drop_worse(tasks, was, now)
            now |= {name: was[name] for name in dropped if name in was}
            tuning = run.tuning(tasks)
    return TuneResult(
        tuning,
        tuple(each.outcome() for each in tasks),
        sum(was.values()) if formed is None else formed,
        sum(now.values()),
        finished,
        run.measured,
        run.known,
        collected,
    )


def _idle(counts: Statistics) -> set[str]:
    """Passes that count something, and counted nothing."""
    found: dict[str, int] = {}
    for each in counts.values:
        name = each.pass_text.partition("{")[0]
        found[name] = found.get(name, 0) + each.value
    return {name for name, count in found.items() if not count}


def _default(pipeline: Pipeline | None) -> Pipeline:
    if pipeline is not None:
        return pipeline
    from ireekit.pipeline import load_pipeline

    found: Any = load_pipeline("mypipeline")
    return found


def _silent(_: str) -> None:
    """Tell nobody."""
