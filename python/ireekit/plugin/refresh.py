"""Writing the manifest and the state of this environment."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from ireekit.bindings.build import VERIFIED_BUILDS, build_info
from ireekit.bindings.native import NAME, REMEDY
from ireekit.errors import CapabilityError, PipelineError
from ireekit.pipeline.discovery import installed_pipelines
from ireekit.plugin.environment import REFRESHING, locked, record, stamps_of, writable_folder
from ireekit.plugin.places import MANIFEST, NO_LOADER, has_loader, library, site_folders
from ireekit.plugin.plan import PlannedStep, can_wait, planned, record_of
from ireekit.plugin.state import State

GROUPS = ("ireekit.pipelines", "ireekit.dialects", "ireekit.passes")
_MOST_SOURCES = 500


@dataclass(frozen=True)
class Refreshed:
    """Attributes:
    manifest: the file written.
    problem: why stock tools will not load the plugin all the same, or ``""``.
    notes: what could not be imported, and why.
    """

    manifest: Path
    problem: str
    notes: tuple[str, ...]


def refresh(folder: Path | None = None) -> Refreshed:
    """Find what is installed and write the manifest and the state of it.

    Args:
      folder: for them; ``None`` for the one of this environment.

    Raises:
      CapabilityError: the library or the compiler is not installed, or no folder can be written to.
    """
    ours = library()
    if not has_loader():
        raise CapabilityError(NO_LOADER)
    if ours is None:
        raise CapabilityError(f"{NAME} is not installed", remedy=REMEDY)
    try:
        compiler = build_info()
    except FileNotFoundError as error:
        raise CapabilityError(str(error), remedy="pip install iree-base-compiler") from error
    folder = folder or writable_folder(ours)
    if folder is None:
        raise CapabilityError("no folder for the manifest can be written to", remedy="set IREEKIT_CACHE_DIR")
    if REFRESHING in os.environ:
        return _refresh(ours, compiler.path, compiler.version, folder)
    # The compiler is initialised on the way, which must not wait for the manifest.
    os.environ[REFRESHING] = "1"
    try:
        with locked(folder):
            return _refresh(ours, compiler.path, compiler.version, folder)
    finally:
        del os.environ[REFRESHING]


def loading_problem(version: str, ours: Path) -> str:
    """Why stock tools of a compiler must not be told to load the library, or ``""``.

    IREE's loader ends the tool at a plugin it does not take, so this is decided before.
    """
    known = sorted({build.version for build in VERIFIED_BUILDS.values()})
    if version not in known:
        return f"iree-base-compiler {version} was not verified; the plugin is for {', '.join(known)}"
    if "," in str(ours):
        return f"IREE cannot load a library from a folder with a comma in its name: {ours.parent}"
    return ""


def _refresh(ours: Path, compiler: Path, version: str, folder: Path) -> Refreshed:
    # What changes from here on makes the state out of date.
    stamps = stamps_of(ours, compiler)
    problem = loading_problem(version, ours)
    notes: tuple[str, ...] = ()
    plans: dict[str, tuple[PlannedStep, ...]] = {}
    references = _references()
    if not problem:
        from ireekit.plugin.manifest import write_manifest

        write_manifest(folder / MANIFEST)
        notes = _broken()
        plans = _plans(dict(references))
        sources = (folder / MANIFEST, *editable_sources())
        stamps = tuple(dict((*stamps_of(ours, compiler, sources), *stamps)).items())
    steps = tuple((name, *record_of(step)) for name, plan in plans.items() for step in plan)
    sites = tuple(map(str, site_folders()))
    record(folder, State(str(compiler), sites, problem, stamps, references, tuple(plans), steps))
    return Refreshed(folder / MANIFEST, problem, notes)


def _references() -> tuple[tuple[str, str], ...]:
    found = [(each.name, each.reference) for each in installed_pipelines()]
    counts = Counter(name for name, _ in found)
    return tuple(row for row in found if counts[row[0]] == 1 and not set("\t\n") & set("".join(row)))


def _plans(names: Container[str]) -> dict[str, tuple[PlannedStep, ...]]:
    """The steps of pipelines that can wait until one of their steps has work."""
    found: dict[str, tuple[PlannedStep, ...]] = {}
    for installed in installed_pipelines():
        if installed.name not in names or set("\t\n") & set(installed.name):
            continue
        with suppress(PipelineError):
            definition = installed.load()
            if can_wait(definition):
                found[installed.name] = planned(definition.steps)
    return found


def _broken() -> tuple[str, ...]:
    """Why pipelines cannot be imported; the manifest has nothing but their names."""
    notes: list[str] = []
    for installed in installed_pipelines():
        try:
            installed.load()
        except PipelineError as error:
            notes.append(error.cause)
    return tuple(notes)


def editable_sources() -> tuple[Path, ...]:
    """Files outside the folders of installed packages that pipelines, dialects and passes are defined in."""
    modules = {entry.module for group in GROUPS for entry in entry_points(group=group)}
    packages = {module.partition(".")[0] for module in modules} - {"ireekit"}
    loaded = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    found = {Path(file) for name, file in loaded.items() if file and name.partition(".")[0] in packages}
    for package in packages & {module.partition(".")[0] for module in modules - set(loaded)}:
        # It could not be imported: any of its files may be the one that is mended.
        found.update(_files_of(package))
    sites = site_folders()
    outside = [path for path in found if not any(path.is_relative_to(site) for site in sites)]
    return tuple(sorted(path for path in outside if not set("\t\n") & set(str(path)))[:_MOST_SOURCES])


def _files_of(package: str) -> list[Path]:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        return [Path(spec.origin)] if spec.origin else []
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    return [file for folder in folders for pattern in ("*.py", "*/*.py") for file in folder.glob(pattern)]
