"""Where an artifact's bytes go."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ireekit.artifact.container import METADATA_ENTRY, entry_sizes
from ireekit.artifact.metadata import Metadata

# Entry name -> what it is. First match wins.
_KINDS: tuple[tuple[str, str], ...] = (
    (re.escape(METADATA_ENTRY), "metadata"),
    (r"module\.fb", "program"),
    (r".*_(embedded_elf|system_elf|system|vmvx|vulkan|cuda|hip|rocm|metal|webgpu).*", "executables"),
    (r".*\.(so|spv|ptx|hsaco|metallib|metal|dylib|dll|vmfb|fb)", "executables"),
)


@dataclass(frozen=True)
class SizeReport:
    """A breakdown in bytes.

    Attributes:
      parts: ``(kind, name, bytes)``, largest first; kinds: ``program`` (scheduling bytecode and small
        constants), ``executables`` (device code), ``constants`` (weights inside), ``metadata``,
        ``container`` (what holds these together), ``parameters`` (weights in archives beside the artifact).
    """

    parts: tuple[tuple[str, str, int], ...]

    def totals(self) -> dict[str, int]:
        """Bytes by kind, largest first."""
        sums: defaultdict[str, int] = defaultdict(int)
        for kind, _, size in self.parts:
            sums[kind] += size
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def __str__(self) -> str:
        totals = self.totals()
        lines = [f"{size:>14,}  {kind}" for kind, size in totals.items()]
        lines.append(f"{sum(totals.values()):>14,}  total")
        lines.append("largest parts:")
        lines += [f"{size:>14,}  {kind:<12} {name}" for kind, name, size in self.parts[:10]]
        return "\n".join(lines)


def size_report(source: bytes | Path, metadata: Metadata | None) -> SizeReport:
    """Break down an artifact's size."""
    parts = [(_kind(name), name, size) for name, size in entry_sizes(source)]
    whole = source.stat().st_size if isinstance(source, Path) else len(source)
    if rest := whole - sum(size for _, _, size in parts):
        parts.append(("container", "alignment and directory", rest))
    parts += [("parameters", p.file, p.byte_size) for p in (metadata.parameters if metadata else ())]
    return SizeReport(tuple(sorted(parts, key=lambda part: -part[2])))


def _kind(name: str) -> str:
    return next((kind for pattern, kind in _KINDS if re.fullmatch(pattern, name)), "constants")
