"""The search over forms of a model: option after option, each kept where the model gets faster by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.codegen.tuned.file import Form
from ireekit.codegen.tuned.forms import layer_option, possible_forms
from ireekit.errors import IreekitError
from ireekit.profiling.api import chosen_entry_point, entry_values
from ireekit.tuning.database import Database
from ireekit.tuning.layers import choices, layer_times
from ireekit.tuning.measuring import Measured
from ireekit.tuning.model_results import TOLERANCE, largest_difference, results
from ireekit.tuning.run import Compiled, Run
from ireekit.tuning.tasks import WORTH

if TYPE_CHECKING:
    from ireekit.passes.options import OptionField
    from ireekit.profiling import Profile

Kept: TypeAlias = "dict[tuple[str, str], Form]"


@dataclass(frozen=True)
class Subjects:
    """What is compiled and called.

    Attributes:
      model, inputs, target: as for :meth:`ireekit.Pipeline.compile`.
      entry_point: of the model; ``None``: the only one, or ``main``.
      values: of its inputs, flat; none: random ones.
    """

    model: Any
    inputs: Sequence[Any]
    target: str
    entry_point: str | None
    values: Sequence[Any]


class FormSearch:
    """The search over forms: option after option, each kept where the model gets faster by it.

    Args:
      run: to compile and measure with.
      known: what was measured before.
      subjects: what is compiled and called.
      compiled: the model without forms.
      deadline: by :func:`time.monotonic`; a trial that would take longer, as others took, does not begin.
      usual: seconds that compiling and measuring the model took.
      idle: passes that do nothing in the model.
      costs: gives those of this machine.
    """

    def __init__(
        self,
        run: Run,
        known: Database,
        subjects: Subjects,
        compiled: Compiled,
        deadline: float,
        usual: float = 0.0,
        idle: Collection[str] = (),
        costs: Callable[[], Mapping[str, float]] = dict[str, float],
    ) -> None:
        self._run, self._known, self._subjects, self._reference = run, known, subjects, compiled
        self._deadline, self._idle, self._costs = deadline, idle, costs
        self._longest = usual
        entry = chosen_entry_point(compiled.artifact, subjects.entry_point)
        self._entry, self._values = entry.name, entry_values(entry, subjects.values)
        self._expected: list[Any] | None = None
        self._subject = run.model_subject(run.pipeline)
        self.finished = True

    def search(self) -> tuple[Form, ...]:
        """The forms with which the model is faster than without."""
        kept: Kept = {}
        best = 1.0
        pipeline = self._run.pipeline
        times: dict[str, dict[str, Mapping[str, float]]] = {}
        forms = list(possible_forms(pipeline, idle=self._idle, costs=self._costs))
        for at, form in enumerate(forms):
            option = layer_option(pipeline, form)
            ratio, profile = self._tried({**kept, (form.step, form.option): form}, again=option is not None)
            if ratio < WORTH * best:
                best = ratio
                kept[form.step, form.option] = form
            if option is None:
                continue
            if profile is not None:
                times.setdefault(form.step, {})[form.value] = layer_times(profile)
            if not any((each.step, each.option) == (form.step, form.option) for each in forms[at + 1 :]):
                best = self._by_layer(form, option, times.get(form.step, {}), kept, best)
        self._run.use_forms(tuple(kept.values()))
        return tuple(kept.values())

    def _by_layer(
        self, form: Form, option: OptionField, times: dict[str, Mapping[str, float]], kept: Kept, best: float
    ) -> float:
        """After all values of an option: each layer with the one that suits it best."""
        found = kept.get((form.step, form.option))
        default = self._run.option_value(form)
        times[default] = layer_times(self._reference.profile)
        chosen = choices(times, found.value if found else default)
        if not chosen:
            return best
        value = option.type.print(option.check([f"{layer}={value}" for layer, value in chosen.items()]))
        made = Form(form.step, option.name, value)
        ratio, _ = self._tried({**kept, (made.step, made.option): made})
        if ratio < WORTH * best:
            kept[made.step, made.option] = made
            return ratio
        return best

    def _tried(self, forms: Kept, *, again: bool = False) -> tuple[float, Profile | None]:
        """The share of its time that the model takes, and its profile where it was measured now.

        Args:
          forms: to compile with; the last one is new.
          again: measure though it is known.
        """
        run, (*_, form) = self._run, forms.values()
        text = " ".join(map(str, forms.values()))
        found, profile = self._known.get(self._subject, text), None
        enough = time.monotonic() + self._longest < self._deadline
        if found is not None and not (again and found.status == "ok" and enough):
            run.known += 1
        elif not enough:
            self.finished = False
            return float("inf"), None
        else:
            run.tell(f"compiling the model with {_short(form)}")
            started = time.monotonic()
            found, profile = self._measured(tuple(forms.values()))
            self._longest = max(self._longest, time.monotonic() - started)
            self._known.put(self._subject, text, found)
            run.measured += 1
        run.tell(f"{_short(form)}: {_told(found)}")
        return found.ratio, profile

    def _measured(self, forms: Sequence[Form]) -> tuple[Measured, Profile | None]:
        run, subjects, reference = self._run, self._subjects, self._reference
        try:
            compiled = run.compile(subjects.model, subjects.inputs, subjects.target, forms=forms)
            if self._expected is None:
                self._expected = results(reference.artifact, self._entry, self._values, run.device)
            error = largest_difference(
                self._expected, results(compiled.artifact, self._entry, self._values, run.device)
            )
            if error > TOLERANCE:
                return Measured("wrong", error=min(error, 1e30), reason=f"its results differ by {error:.2g}"), None
            # In turn: what else the machine does should count for both, or for none.
            given = self._entry, self._values
            found, old, again = (run.profile(each, *given) for each in (compiled, reference, compiled))
        except IreekitError as failure:
            return Measured("failed", reason=failure.cause.splitlines()[0][:200]), None
        before = min(old.dispatch_milliseconds, reference.profile.dispatch_milliseconds)
        after = min(found, again, key=lambda each: each.dispatch_milliseconds)
        return Measured("ok", 1e6 * before, 1e6 * after.dispatch_milliseconds, error), after


def _short(form: Form) -> str:
    text = str(form)
    return text if len(text) < 100 else f"{text[:97]}..."


def _told(found: Measured) -> str:
    return f"{found.ratio:.2f} of the model's time" if found.status == "ok" else found.reason
