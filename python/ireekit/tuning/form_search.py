"""The search over forms of a model: option after option, each kept where the model gets faster by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ireekit.codegen.tuned.file import Form
from ireekit.codegen.tuned.forms import possible_forms
from ireekit.errors import IreekitError
from ireekit.profiling.api import chosen_entry_point, entry_values
from ireekit.tuning.database import Database
from ireekit.tuning.measuring import Measured
from ireekit.tuning.model_results import TOLERANCE, largest_difference, results
from ireekit.tuning.run import Run
from ireekit.tuning.tasks import WORTH

if TYPE_CHECKING:
    from ireekit.artifact import Artifact
    from ireekit.profiling import Profile


class FormSearch:
    """The search over forms: option after option, each kept where the model gets faster by it."""

    def __init__(
        self,
        run: Run,
        known: Database,
        model: Any,
        inputs: Sequence[Any],
        target: str,
        entry_point: str | None,
        values: Sequence[Any],
    ) -> None:
        self._run, self._known = run, known
        self._model, self._inputs, self._target = model, inputs, target
        self._entry_point, self._values = entry_point, values

    def search(self, artifact: Artifact, profile: Profile) -> tuple[Form, ...]:
        """The forms with which the model is faster than without."""
        run = self._run
        pipeline = run.pipeline
        subject = run.model_subject(pipeline)
        entry = chosen_entry_point(artifact, self._entry_point)
        given = entry_values(entry, self._values)
        expected = results(artifact, entry.name, given, run.device)
        best, reference = profile.dispatch_milliseconds, profile.dispatch_milliseconds
        kept: dict[tuple[str, str], Form] = {}
        for form in possible_forms(pipeline):
            tried = tuple({**kept, (form.step, form.option): form}.values())
            text = " ".join(map(str, tried))
            found = self._known.get(subject, text)
            if found is None:
                run.tell(f"compiling the model with {form}")
                found = self._measure(tried, entry.name, given, expected, reference)
                self._known.put(subject, text, found)
                run.measured += 1
            else:
                run.known += 1
            milliseconds = reference * found.ratio
            run.tell(f"{form}: {_told(found)}")
            if milliseconds < WORTH * best:
                best = milliseconds
                kept[form.step, form.option] = form
        run.use_forms(tuple(kept.values()))
        return tuple(kept.values())

    def _measure(
        self, forms: Sequence[Form], entry: str, given: Sequence[Any], expected: Sequence[Any], reference: float
    ) -> Measured:
        run = self._run
        try:
            artifact, _ = run.compile(self._model, self._inputs, self._target, forms=forms)
            error = largest_difference(expected, results(artifact, entry, given, run.device))
            if error > TOLERANCE:
                return Measured("wrong", error=min(error, 1e30), reason=f"its results differ by {error:.2g}")
            found = run.profile(artifact, entry, given)
        except IreekitError as failure:
            return Measured("failed", reason=failure.cause.splitlines()[0][:200])
        return Measured("ok", 1e6 * reference, 1e6 * found.dispatch_milliseconds, error)


def _told(found: Measured) -> str:
    return f"{found.ratio:.2f} of the model's time" if found.status == "ok" else found.reason
