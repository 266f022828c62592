"""What ``ireekit opt`` can use: dialects and passes of files, of a pipeline, of installed packages."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ireekit.cli.opt_arguments import OptArguments
from ireekit.cli.opt_ir import mentioned_namespaces

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.cli.loading import Loaded
    from ireekit.dialect import Dialect
    from ireekit.passes import PassPipeline, PassRegistry
    from ireekit.pipeline import PipelineDefinition


_SMALL = 1 << 20
"""Bytes of an input that is searched for names first, since looking for packages takes longer."""


class Available:
    """Looks into files and packages only as far as the input and the passes need.

    Args:
      arguments: of the command.

    Raises:
      PipelineError: a file or a pipeline cannot be loaded.
    """

    def __init__(self, arguments: OptArguments) -> None:
        self._arguments = arguments
        self.loaded: tuple[Loaded, ...] = ()
        self.definition: PipelineDefinition | None = None
        if files := arguments.texts("load"):
            from ireekit.cli.loading import load_file

            self.loaded = tuple(map(load_file, files))
        if (name := arguments.text("pipeline")) is not None:
            self.definition = self._find_pipeline(name)

    @functools.cached_property
    def registry(self) -> PassRegistry:
        """Where names of passes are looked up."""
        from ireekit.pipeline.passes import pass_registry

        classes = dict.fromkeys(each for file in self.loaded for each in file.passes)
        return pass_registry(classes, self._definitions)

    @property
    def given_dialects(self) -> tuple[Dialect, ...]:
        """Those of files and of the pipeline."""
        found = [each for file in self.loaded for each in file.dialects]
        found += [each for definition in self._definitions for each in definition.dialects]
        return tuple(dict.fromkeys(found))

    @property
    def _definitions(self) -> list[PipelineDefinition]:
        named = [self.definition] if self.definition else []
        return list(dict.fromkeys([*named, *(each for file in self.loaded for each in file.pipelines)]))

    def passes(self, source: str | bytes) -> PassPipeline | None:
        """The passes to run over an input; ``None`` where there are none.

        Raises:
          PipelineError: a name or an option of a pass is wrong, or the input is no reproducer.
        """
        if not self._arguments.names_passes:
            return None
        if not self._arguments.flag("run-reproducer"):
            return self._fixed_passes
        text = source if isinstance(source, str) else ""
        self._load_for(text)
        return self._read(text)

    def _load_for(self, text: str) -> None:
        """Load the files a reproducer names."""
        from ireekit.cli.loading import load_file
        from ireekit.passes.instrumentation import read_reproducer

        known = {file.file for file in self.loaded}
        added = [load_file(file) for file in read_reproducer(text).loads if file not in known]
        if added:
            self.loaded = (*self.loaded, *added)
            self.__dict__.pop("registry", None)

    @functools.cached_property
    def _fixed_passes(self) -> PassPipeline | None:
        return self._read("")

    def _read(self, source: str) -> PassPipeline | None:
        from ireekit.cli.opt_passes import pipeline_of

        return pipeline_of(self._arguments, self.registry, self.definition, source)

    def dialects(self, source: str | bytes, pipeline: PassPipeline | None, context: ir.Context) -> tuple[Dialect, ...]:
        """The dialects in Python that an input and the passes over it need.

        Raises:
          PipelineError: a package's dialect cannot be imported.
        """
        found = dict.fromkeys(self.given_dialects)
        named: set[str] = set()
        for step in pipeline.python_passes if pipeline else ():
            found.update(dict.fromkeys(each for each in step.dependent_dialects if not isinstance(each, str)))
            named.update(each for each in step.dependent_dialects if isinstance(each, str))
        data = source.encode() if isinstance(source, str) else source
        small = len(data) <= _SMALL
        if small:
            named |= mentioned_namespaces(data)
        given = {dialect.name for dialect in found}
        unknown = {name for name in named - given if not context.is_dialect_loaded(name)}
        if unknown or not small:
            from ireekit.dialect.registry import find_dialect, installed_dialects

            installed = installed_dialects().keys() - given
            wanted = installed & unknown if small else {name for name in installed if f"{name}.".encode() in data}
            found.update(dict.fromkeys(find_dialect(name) for name in sorted(wanted)))
        return tuple(found)

    def _find_pipeline(self, name: str) -> PipelineDefinition:
        for file in self.loaded:
            for definition in file.pipelines:
                if definition.name == name:
                    return definition
        from ireekit.pipeline import find_pipeline

        return find_pipeline(name).load()
