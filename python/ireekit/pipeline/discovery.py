"""Pipelines that installed packages offer, by the entry point group ``ireekit.pipelines``.

A package offers one with::

    [project.entry-points."ireekit.pipelines"]
    acme = "acme:pipeline"

Listing them reads package metadata only; a pipeline's package is imported when its pipeline is asked for.
"""

from __future__ import annotations

import difflib
import traceback
from dataclasses import dataclass
from pathlib import Path

from ireekit.errors import IreekitError, PipelineError
from ireekit.pipeline.definition import PipelineDefinition

GROUP = "ireekit.pipelines"


@dataclass(frozen=True)
class InstalledPipeline:
    """A pipeline some installed package offers.

    Attributes:
      name: as in ``ireekit compile -p NAME``.
      reference: where it is defined, ``"module:object"``.
      distribution: name of the package that offers it.
      version: of that package.
    """

    name: str
    reference: str
    distribution: str
    version: str

    def load(self) -> PipelineDefinition:
        """Import it.

        Raises:
          PipelineError: importing it fails, or the object is no pipeline.
        """
        from importlib.metadata import EntryPoint

        try:
            found = EntryPoint(self.name, self.reference, GROUP).load()
        except (Exception, SystemExit) as error:  # whatever the module does when it is imported
            raise self._import_error(error) from error
        if not isinstance(found, PipelineDefinition):
            raise PipelineError(
                f"{self.reference}, which {self.distribution} offers as pipeline {self.name!r}, is of type "
                f"{type(found).__name__}",
                remedy="make it an ireekit.Pipeline",
            )
        return found

    def _import_error(self, error: BaseException) -> PipelineError:
        module = self.reference.partition(":")[0]
        cause = error.cause if isinstance(error, IreekitError) else _first_line(error)
        remedy = error.remedy if isinstance(error, IreekitError) else None
        return PipelineError(
            f"pipeline {self.name!r} of {self.distribution} {self.version} cannot be imported: "
            f"{type(error).__name__}: {cause}",
            location=_raised_at(error),
            remedy=remedy or f"`python -c 'import {module}'` shows the whole story",
        )


def installed_pipelines() -> tuple[InstalledPipeline, ...]:
    """Every pipeline the installed packages offer, by name; nothing of them is imported."""
    from importlib.metadata import entry_points

    found = {
        (entry.name, entry.value): InstalledPipeline(
            entry.name,
            entry.value,
            entry.dist.name if entry.dist else "an unknown package",
            entry.dist.version if entry.dist else "",
        )
        for entry in entry_points(group=GROUP)
    }
    return tuple(found[key] for key in sorted(found))


def find_pipeline(name: str) -> InstalledPipeline:
    """The installed pipeline called ``name``, not yet imported.

    Raises:
      PipelineError: there is none (the error names the nearest), or several packages offer one.
    """
    installed = installed_pipelines()
    matches = [pipeline for pipeline in installed if pipeline.name == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        offers = " and ".join(f"{match.distribution} ({match.reference})" for match in matches)
        raise PipelineError(
            f"several packages offer a pipeline {name!r}: {offers}",
            remedy=f"uninstall all but one: pip uninstall {matches[-1].distribution}",
        )
    names = [pipeline.name for pipeline in installed]
    close = difflib.get_close_matches(name, names, 1, 0.5)
    raise PipelineError(
        f"no installed package offers a pipeline {name!r}",
        remedy=f"did you mean {close[0]!r}?" if close else f"installed: {', '.join(names) or 'none'}",
    )


def load_pipeline(name: str) -> PipelineDefinition:
    """Import the installed pipeline called ``name``.

    Raises:
      PipelineError: as :func:`find_pipeline` and :meth:`InstalledPipeline.load`.
    """
    return find_pipeline(name).load()


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "no message")


def _raised_at(error: BaseException) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    own = (Path(__file__), Path(traceback.__file__))
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        # Frames of the import system itself explain nothing.
        if not frame.filename.startswith("<frozen") and "importlib" not in frame.filename
        if Path(frame.filename) not in own
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
