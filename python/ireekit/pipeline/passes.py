"""Where passes are looked up by name once pipelines are known too.

:mod:`ireekit.passes` knows nothing of pipelines; here the passes they consist of join those that packages offer.
"""

from __future__ import annotations

from collections.abc import Iterable

from ireekit.errors import PipelineError
from ireekit.passes import InstalledPasses, LazyPasses, Pass, Passes, PassPipeline, PassRegistry
from ireekit.pipeline.definition import PipelineDefinition
from ireekit.pipeline.discovery import InstalledPipeline, installed_pipelines


def pipeline_passes(definition: PipelineDefinition) -> Passes:
    """The classes of the passes a pipeline offers or runs.

    Raises:
      PipelineError: two different ones have one name.
    """
    offered: Iterable[type[Pass]] = getattr(definition, "passes", ())
    found = Passes(offered)
    for step in definition.steps:
        action: object = step.action
        if isinstance(action, Pass):
            found.add(type(action))
        elif isinstance(action, PassPipeline):
            for each in action.python_passes:
                found.add(type(each))
    return found


class PipelinePasses:
    """Passes of every installed pipeline. A pipeline that cannot be imported offers none here."""

    def __init__(self) -> None:
        self._passes = [passes for each in installed_pipelines() if (passes := _loaded(each)) is not None]

    def names(self) -> tuple[str, ...]:
        return tuple(name for each in self._passes for name in each.names())

    def find(self, name: str) -> type[Pass] | None:
        return next((cls for each in self._passes if (cls := each.find(name)) is not None), None)


def pass_registry(passes: Iterable[type[Pass]] = (), pipelines: Iterable[PipelineDefinition] = ()) -> PassRegistry:
    """Where ``ireekit opt`` looks names up: ``passes``, those of ``pipelines``, those that packages offer, the
    compiler's, and at last, as it imports them, those of all installed pipelines.

    Args:
      passes: given one by one, e.g. those of a file.
      pipelines: chosen by name.
    """
    chosen = [pipeline_passes(each) for each in pipelines]
    return PassRegistry([Passes(passes), *chosen, InstalledPasses()], [LazyPasses(PipelinePasses)])


def _loaded(installed: InstalledPipeline) -> Passes | None:
    try:
        return pipeline_passes(installed.load())
    except PipelineError:
        return None
