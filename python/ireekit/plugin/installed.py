"""An installed pipeline, found without reading the metadata of every installed package, which takes 30 ms."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.plugin.places import STATE, library, state_folders
from ireekit.plugin.plan import PlannedStep, step_of
from ireekit.plugin.state import State, read_state

if TYPE_CHECKING:
    from ireekit.pipeline import PipelineDefinition

_MANIFEST_FILE = "IREEKIT_PLUGIN_MANIFEST"


def load_installed(name: str) -> PipelineDefinition:
    """Import the installed pipeline called ``name``, by what was found when the manifest was written.

    Raises:
      PipelineError: as :func:`ireekit.pipeline.load_pipeline`.
    """
    from ireekit.pipeline import PipelineDefinition, load_pipeline

    state = _recorded()
    module, _, attribute = (dict(state.pipelines).get(name, "") if state else "").partition(":")
    if module and attribute:
        try:
            found = getattr(importlib.import_module(module), attribute)
        except (Exception, SystemExit):  # what is wrong is said below
            found = None
        if isinstance(found, PipelineDefinition):
            return found
    return load_pipeline(name)


def recorded_plan(name: str) -> tuple[PlannedStep, ...] | None:
    """The steps of the installed pipeline called ``name``, where that is known without importing it.

    It is not where a file changed since the manifest was written, nor where its options are set by the environment.
    """
    state = _recorded()
    if state is None or name not in state.plans or _has_options(name) or not state.is_current():
        return None
    return tuple(step_of(*fields) for owner, *fields in state.steps if owner == name)


def _has_options(name: str) -> bool:
    # As ireekit.pipeline.configuration.variable has it.
    prefix = f"{name}_opt_".replace("-", "_").upper()
    return any(variable.startswith(prefix) for variable in os.environ)


def _recorded() -> State | None:
    if given := os.environ.get(_MANIFEST_FILE):
        folders = [Path(given).parent]
    else:
        ours = library()
        folders = [] if ours is None else state_folders(ours)
    return next((state for folder in folders if (state := read_state(folder / STATE)) is not None), None)
