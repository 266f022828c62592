"""Targets parsed from text, and the compiler flags of a set of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ireekit.errors import TargetError
from ireekit.targets.detect import detected_vulkan_profile
from ireekit.targets.table import FAMILIES, Architecture, Family, Level


@dataclass(frozen=True)
class Target:
    """A family and one of its architectures, e.g. ``cuda:sm_80``."""

    family: str
    architecture: str

    @staticmethod
    def parse(text: str) -> Target:
        """Parse ``"cpu"``, ``"cpu:aarch64"``, ``"vulkan:rdna3"``, ...

        Raises:
          TargetError: unknown family or architecture; the error names the nearest known ones.
        """
        name, _, architecture = text.strip().lower().partition(":")
        family = FAMILIES.get(name)
        if family is None:
            raise TargetError(
                f"unknown target {text!r}",
                remedy=_suggestion(name, FAMILIES) + "; `ireekit targets` lists them",
            )
        if not architecture:
            architecture = family.default or detected_vulkan_profile()
        if architecture not in family.architectures:
            raise TargetError(
                f"unknown architecture {architecture!r} of target {name!r}",
                remedy=_suggestion(architecture, family.architectures) + f"; `ireekit targets {name}` lists them",
            )
        return Target(name, architecture)

    @property
    def row(self) -> Family:
        return FAMILIES[self.family]

    @property
    def architecture_row(self) -> Architecture:
        return self.row.architectures[self.architecture]

    @property
    def drivers(self) -> tuple[str, ...]:
        return self.row.drivers

    @property
    def note(self) -> str | None:
        return self.architecture_row.note

    def __str__(self) -> str:
        return f"{self.family}:{self.architecture}"


@dataclass(frozen=True)
class TargetSet:
    """The targets of one program, in order of preference at load."""

    targets: tuple[Target, ...]

    @property
    def families(self) -> frozenset[str]:
        return frozenset(target.family for target in self.targets)

    @property
    def double_precision(self) -> bool:
        """Whether every target computes in f64; where not, f64 inside a program is computed in f32."""
        return all(target.row.double_precision for target in self.targets)

    @property
    def default_level(self) -> Level:
        """The highest optimization level that is sound for every target."""
        return min(target.row.default_level for target in self.targets)

    def flags(self) -> tuple[str, ...]:
        """Session flags that select these targets and no others."""
        devices = dict.fromkeys(target.row.device for target in self.targets)
        flags: dict[str, str] = {}
        for target in self.targets:
            for flag in (*target.row.flags, *target.architecture_row.flags):
                # Backends add up, one flag each; of any other flag the last one counts.
                name = flag.partition("=")[0]
                flags[flag if name.endswith("-backends") else name] = flag
        return (
            f"--iree-hal-target-device={','.join(devices)}",
            *flags.values(),
        )

    def __str__(self) -> str:
        return ",".join(map(str, self.targets))


def parse_targets(target: str | Target | TargetSet | Iterable[str | Target]) -> TargetSet:
    """Parse one target, several separated by commas, or a sequence of them.

    Raises:
      TargetError: a target is unknown, none is given, or two need different code for the same kind of device.
    """
    if isinstance(target, TargetSet):
        return target
    items = _split(target)
    targets = tuple(dict.fromkeys(Target.parse(str(item)) for item in items))
    if not targets:
        raise TargetError("no target given", remedy='e.g. target="cpu" or target=["cpu", "vulkan"]')
    seen: dict[str, Target] = {}
    for each in targets:
        other = seen.setdefault(each.family, each)
        if other != each:
            raise TargetError(
                f"{other} and {each} cannot share an artifact: one architecture of a family each",
                remedy="compile one artifact per architecture",
            )
    return TargetSet(targets)


def _split(target: str | Target | Iterable[str | Target]) -> Sequence[str | Target]:
    if isinstance(target, str):
        return [part for part in target.split(",") if part.strip()]
    # Whatever else is given is refused, with its text, as an unknown target.
    return list(target) if isinstance(target, Iterable) else [target]


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, 3, 0.5)
    return "did you mean " + " or ".join(close) if close else "known: " + ", ".join(names)
