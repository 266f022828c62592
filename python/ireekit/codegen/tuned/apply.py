"""Configuring the kernels of a program as a tuning file says: two steps that any pipeline can have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ireekit.codegen.executables import TUNED
from ireekit.codegen.tuned.configured import reconfigure
from ireekit.codegen.tuned.file import Tuning, compiler_build, machine_words, target_digest
from ireekit.codegen.tuned.forms import with_forms
from ireekit.codegen.tuned.kernels import kernel_key
from ireekit.passes import Pass
from ireekit.passes.walk import find
from ireekit.pipeline import PipelineDefinition

if TYPE_CHECKING:
    from iree.compiler import ir

_VERSION = 1
"""To be raised where the same file comes to configure kernels in another way."""

AnyPipeline = TypeVar("AnyPipeline", bound=PipelineDefinition)


@dataclass
class Application:
    """How a tuning file fitted a program.

    Attributes:
      tuning: what the file says.
      path: of the file, for messages.
      applied: names of the functions that were configured.
      misfits: names of those it is for whose form is another one.
      machines: what the program is compiled for, where that is another machine than the file's.
    """

    tuning: Tuning
    path: str
    applied: list[str] = field(default_factory=list[str])
    misfits: list[str] = field(default_factory=list[str])
    machines: dict[str, None] = field(default_factory=dict[str, None])
    other_model: bool = False

    def formed(self, pipeline: AnyPipeline, model: str, target: str) -> AnyPipeline:
        """A pipeline whose passes have the options that the file has for this model; with them come other kernels.

        Args:
          pipeline: with the steps of :func:`with_tuning`.
          model: digest of the program as imported.
          target: that is compiled for.

        Raises:
          PipelineError: a pass has no such option.
        """
        tuning = self.tuning
        if not tuning.forms or tuning.compiler != compiler_build() or not target.startswith("cpu"):
            return pipeline
        self.other_model = model != tuning.model
        return pipeline if self.other_model else with_forms(pipeline, tuning.forms)

    def remarks(self) -> list[str]:
        """What was not as the user may think, with a way out."""
        again = f"`ireekit tune MODEL -o {self.path}` makes it anew"
        if not self.tuning.kernels and not self.tuning.forms:
            return []
        if self.tuning.compiler != compiler_build():
            made = f"{self.path} was made with compiler {self.tuning.compiler}, this is {compiler_build()}"
            return [f"the program is not tuned: {made}; {again}"]
        if self.other_model:
            named = ", ".join(map(str, self.tuning.forms))
            return [f"not tuned in full: {self.path} has {named} for another model; {again}"]
        if self.misfits:
            return [f"not tuned: {', '.join(self.misfits)}, which {self.path} has for another form; {again}"]
        if self.applied or not self.tuning.kernels:
            return []
        if self.machines:
            made = f"{self.path} is for {self.tuning.machine}, the program for {', '.join(self.machines)}"
            return [f"the program is not tuned: {made}; tune on that machine"]
        return [
            f"the program is not tuned: no kernel of it is in {self.path}; {again} (same model, options and passes)"
        ]


class MarkTuned(Pass):
    """Find the kernels that a tuning file has; the last step at phase ``executable-sources``."""

    name = "ireekit-mark-tuned-kernels"
    application: Application
    digest: str

    def run(self, op: ir.Operation) -> None:
        from iree.compiler import ir

        state = self.application
        state.applied.clear()
        state.misfits.clear()
        state.machines.clear()
        wanted = {each.key for each in state.tuning.kernels}
        if state.tuning.compiler != compiler_build():
            return
        for variant in find(op, "hal.executable.variant"):
            target = str(variant.attributes["target"])
            if target_digest(target) != state.tuning.target:
                state.machines[machine_words(target)] = None
                continue
            for function in find(variant, "func.func"):
                if any(region.blocks for region in function.regions) and (key := kernel_key(function)) in wanted:
                    function.attributes[TUNED] = ir.StringAttr.get(key, op.context)

    def __str__(self) -> str:
        return f"{self.name}{{digest={self.digest}}}"

    def fingerprint(self) -> str:
        """Changes with the content of the file, and with what is made of it."""
        return f"{self} {_VERSION}"


class ConfigureTuned(Pass):
    """Configure the kernels found; the last step at phase ``executable-configurations``."""

    name = "ireekit-configure-tuned-kernels"
    application: Application
    digest: str

    def run(self, op: ir.Operation) -> None:
        infos = {each.key: each.info for each in self.application.tuning.kernels}
        for function in find(op, "func.func"):
            if TUNED not in function.attributes:
                continue
            mark: Any = function.attributes[TUNED]
            name: Any = function.attributes["sym_name"]
            fits = reconfigure(function, infos[str(mark.value)])
            (self.application.applied if fits else self.application.misfits).append(str(name.value))
            del function.attributes[TUNED]

    def __str__(self) -> str:
        return f"{self.name}{{digest={self.digest}}}"

    def fingerprint(self) -> str:
        """Changes with the content of the file, and with what is made of it."""
        return f"{self} {_VERSION}"


def with_tuning(pipeline: AnyPipeline, tuning: Any) -> tuple[AnyPipeline, Application | None]:
    """A pipeline that also configures kernels as a tuning file says.

    Args:
      pipeline: which stays as it is.
      tuning: a :class:`Tuning`, or the path of its file; ``None``: nothing is changed.

    Raises:
      TuningError: the file cannot be read, or is none.
    """
    if tuning is None:
        return pipeline, None
    given = tuning if isinstance(tuning, Tuning) else Tuning.load(tuning)
    application = Application(given, "the tuning" if isinstance(tuning, Tuning) else str(tuning))
    changed = pipeline.extended()
    changed.at("executable-sources", MarkTuned(application, given.digest()), targets=("cpu",))
    changed.at("executable-configurations", ConfigureTuned(application, given.digest()), targets=("cpu",))
    return changed, application
