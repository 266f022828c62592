"""Dispatches whose code generation fails are compiled more safely, each by itself, the others as they were.

The program is kept as it stands where kernels are formed, before the steps there. When code generation fails, the
kernels at fault are known by their names; for each, alone, it is found out what does work, and the program goes on from
what was kept.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from ireekit.bindings import CompilerSession, Diagnostic
from ireekit.compiler.diagnostics import headline, split_location
from ireekit.compiler.hooks import RunStep
from ireekit.locations import describe_location, source_line
from ireekit.passes.walk import find, walk

if TYPE_CHECKING:
    from iree.compiler import ir

KEPT_AT = "executable-sources"
"""The phase from which code generation is taken up again."""

KERNEL_PHASES = ("executable-configurations", "executable-targets")
"""The phases that generate code, one kernel apart from the other."""

Safety = Literal["by the compiler", "loop by loop"]

_SAFETIES: tuple[Safety, ...] = ("by the compiler", "loop by loop")
_TAG = re.compile(r"ireekit kernel ([^:\n]+):1:1: ")
_MOST_ATTEMPTS = 4
_CONFIGURATIONS = ("compilation_info", "translation_info", "lowering_config")
_PARTS = re.compile(r"\w+ = \[[^\]]*\]|pipeline<\w+>")
_WORK = ("linalg.", "iree_linalg_ext.")


class Fallback:
    """What is known of the kernels of one program that cannot be generated as its pipeline wants them.

    Args:
      session: that compiles.

    Attributes:
      remarks: a sentence for each kernel that is compiled in another way than the pipeline wanted.
    """

    def __init__(self, session: CompilerSession) -> None:
        self.remarks: list[str] = []
        self._session = session
        self._kept: ir.Operation | None = None
        self._safe: dict[str, Safety] = {}
        self._causes: dict[str, str] = {}
        self._locations: dict[str, list[ir.Location]] = {}
        self._failed: dict[str, str] = {}
        self._attempts = 0

    def keep(self, module: ir.Operation) -> None:
        """Keep the program at :data:`KEPT_AT`; costs a copy of it, which shares all weights."""
        if self._kept is None:
            self._kept = module.clone()

    def is_safe(self, op: ir.Operation) -> bool:
        """Whether ``op`` is in a kernel that steps are to leave alone."""
        if not self._safe:
            return False
        at: ir.Operation | None = op
        while at is not None and at.name != "hal.executable":
            parent = at.parent
            at = None if parent is None else parent.operation
        return at is not None and _name(at) in self._safe

    def sparing_hooks(self, run: RunStep) -> RunStep:
        """``run`` for steps around passes, but not in kernels that they are to leave alone."""
        return lambda step, op: 0 if self.is_safe(op) else run(step, op)

    @contextmanager
    def sparing(self, module: ir.Operation) -> Generator[None]:
        """Kernels that are compiled more safely are the same afterwards as before."""
        from iree.compiler import ir

        before = {name: op.clone() for name, op in _executables(module).items() if name in self._safe}
        yield
        for name, op in _executables(module).items():
            if name in before:
                self._tell(name, op)
                ir.InsertionPoint(op).insert(before[name])
                op.erase()

    @contextmanager
    def watching(self, module: ir.Operation, diagnostics: Callable[[], Sequence[Diagnostic]]) -> Generator[None]:
        """Inside, code is generated: kernels that fail are found by the locations of the compiler's messages."""
        from iree.compiler import ir

        executables = _executables(module)
        for name, executable in executables.items():
            variants = find(executable, "hal.executable.variant")
            self._locations[name] = [variant.location for variant in variants]
            for variant in variants:
                variant.location = ir.Location.file(f"ireekit kernel {name}", 1, 1, module.context)
        seen = len(diagnostics())
        yield
        self._failed = self._failures(diagnostics()[seen:])
        if self._failed:
            return
        for name, executable in _executables(module).items():
            for variant, location in zip(
                find(executable, "hal.executable.variant"), self._locations[name], strict=True
            ):
                variant.location = location

    def _failures(self, diagnostics: Sequence[Diagnostic]) -> dict[str, str]:
        """Kernels that failed, as the messages name them -> the first message that gives a reason."""
        errors = [each.message for each in diagnostics if each.severity == "error"]
        reasons = (message for message in errors if _TAG.match(message) is None)
        reason = headline(split_location(next(reasons, "no reason given"))[1]).rstrip(":")
        return {tag[1]: reason for message in errors if (tag := _TAG.match(message)) is not None}

    def untagged(self, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
        """``diagnostics`` with the kernels' own locations."""
        return [dataclasses.replace(each, message=_TAG.sub(self._where, each.message)) for each in diagnostics]

    def _where(self, tag: re.Match[str]) -> str:
        line = next((line for each in self._locations.get(tag[1], ()) if (line := source_line(each))), None)
        return f"{line}: " if line else ""

    def next_program(self) -> ir.Operation | None:
        """The program to go on with from :data:`KEPT_AT`, or ``None`` where nothing would be different."""
        failed, self._failed = self._failed, {}
        self._attempts += 1
        if self._kept is None or not failed:
            return None
        for name, cause in failed.items():
            safety = self._safety(name)
            if safety is None or self._attempts > _MOST_ATTEMPTS:
                return None
            self._safe[name], self._causes[name] = safety, cause
        if self._attempts == _MOST_ATTEMPTS:
            for name in set(_executables(self._kept)) - set(self._safe):
                self._safe[name], self._causes[name] = _SAFETIES[0], "that of others kept failing"
        program = self._kept.clone()
        for name, op in _executables(program).items():
            if self._safe.get(name) == "loop by loop":
                _narrow(op)
        return program

    def _safety(self, name: str) -> Safety | None:
        """The first way to compile a kernel, other than the present one, that works for it alone."""
        known = self._safe.get(name)
        further = _SAFETIES if known is None else _SAFETIES[_SAFETIES.index(known) + 1 :]
        return next((safety for safety in further if self._works(name, safety)), None)

    def _works(self, name: str, safety: Safety) -> bool:
        assert self._kept is not None
        alone = self._kept.clone()
        for op in [each.operation for each in alone.regions[0].blocks[0]]:
            if op.name == "hal.executable" and _name(op) == name:
                if safety == "loop by loop" and not _narrow(op):
                    return False
            elif not _is_device(op):
                op.erase()
        with self._session.invocation() as invocation:
            invocation.import_module(alone)
            return invocation.run(KEPT_AT, KERNEL_PHASES[-1])

    def _tell(self, name: str, configured: ir.Operation) -> None:
        """Once, with what the steps made of the kernel in ``configured``."""
        cause = self._causes.pop(name, None)
        if cause is None:
            return
        wanted = dict(_configured(configured))
        work = [*wanted, *(op for op in walk(configured) if op.name.startswith(_WORK))]
        where = next((origin for op in work if (origin := describe_location(op.location))), None)
        at = f" ({where})" if where else ""
        as_wanted = "; ".join(dict.fromkeys(wanted.values()))
        instead = f" instead of as {as_wanted}" if as_wanted and self._safe[name] == _SAFETIES[0] else ""
        self.remarks.append(
            f"{name}{at} is configured {self._safe[name]}{instead}, since code generation failed: {cause}"
        )


def _executables(module: ir.Operation) -> dict[str, ir.Operation]:
    operations = (each.operation for each in module.regions[0].blocks[0])
    return {_name(op): op for op in operations if op.name == "hal.executable"}


def _name(op: ir.Operation) -> str:
    return str(op.attributes["sym_name"]).strip('"')


def _is_device(op: ir.Operation) -> bool:
    return op.name == "util.global" and "#hal.device" in str(op.attributes.get("initial_value", ""))


def _configured(executable: ir.Operation) -> Generator[tuple[ir.Operation, str]]:
    """Operations with configurations, and what these say."""
    for op in walk(executable):
        texts = [str(op.attributes[name]) for name in _CONFIGURATIONS if name in op.attributes]
        if texts:
            yield op, " ".join(each for text in texts for each in _PARTS.findall(text))


def _narrow(executable: ir.Operation) -> bool:
    """Whether all kernels in it are for CPUs, and could be configured so."""
    from ireekit.codegen.narrow import configure_narrowly

    variants = find(executable, "hal.executable.variant")
    if not all("llvm-cpu" in str(variant.attributes["target"]) for variant in variants):
        return False
    functions = [op for op in find(executable, "func.func") if any(region.blocks for region in op.regions)]
    return all(configure_narrowly(function) for function in functions)
