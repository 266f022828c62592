"""How a kernel is tiled and generated, as IREE's codegen attributes, from Python and back.

A configuration stands on the operation that a kernel is built around (its root) as ``compilation_info``. It has to be
set once kernels are formed, at phase ``executable-sources``: what forms them may change the rank of their loops.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ireekit.bindings.linalg import indexing_maps
from ireekit.errors import CodegenError

if TYPE_CHECKING:
    from iree.compiler import ir

LEVELS = (
    "distribution",
    "cache_parallel",
    "cache_reduction",
    "vector_common_parallel",
    "vector_reduction",
    "vector_inner_parallel",
)
"""Levels of tiling of CPU kernels, outermost first."""

PIPELINES = (
    "Default",
    "BufferOpsTileAndVectorize",
    "DoubleTilingExpert",
    "ConvTileAndDecomposeExpert",
    "Mmt4dTilingExpert",
    "DataTiling",
    "LinalgExtTileAndVectorize",
)
"""Code generation pipelines of CPU kernels."""

_ATTRIBUTE = "compilation_info"
_LEVEL = re.compile(r"(\w+) = \[([^\]]*)\]")
_SIZES = re.compile(r"[\d, ]*")
_PIPELINE = re.compile(r"pipeline = #iree_cpu\.pipeline<(\w+)>")
_FLAGS = re.compile(r"pipeline<\w+>, \{([^}]*)\}")


@dataclass(frozen=True)
class LoweringConfig:
    """Tile sizes by level, each one number for each loop of the root, in the order of its indexing maps.

    Attributes:
      tiles: by level, see :data:`LEVELS`; ``0`` does not tile a loop.

    Raises:
      CodegenError: there is no such level, a size is negative, or levels differ in length.
    """

    tiles: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiles", {name: tuple(sizes) for name, sizes in self.tiles.items()})
        unknown = [name for name in self.tiles if name not in LEVELS]
        if unknown:
            raise CodegenError(f"tiling has no level {unknown[0]!r}", remedy=f"one of {', '.join(LEVELS)}")
        if any(size < 0 for sizes in self.tiles.values() for size in sizes):
            raise CodegenError(f"a tile size is negative: {self.tiles}", remedy="0 leaves a loop as it is")
        if len({len(sizes) for sizes in self.tiles.values()}) > 1:
            raise CodegenError(f"levels tile different numbers of loops: {self.tiles}", remedy="one size for each loop")

    @classmethod
    def read(cls, attribute: Any) -> Self | None:
        """What a ``lowering_config`` of a CPU kernel says; ``None`` where it says more than sizes of :data:`LEVELS`."""
        listed = _LEVEL.findall(str(attribute))
        if any(name not in LEVELS or not _SIZES.fullmatch(sizes) for name, sizes in listed):
            return None
        return cls({name: tuple(int(size) for size in sizes.split(",") if size.strip()) for name, sizes in listed})

    @property
    def loops(self) -> int | None:
        """How many loops it is for; ``None`` where it tiles nothing."""
        return next((len(sizes) for sizes in self.tiles.values()), None)

    def __str__(self) -> str:
        listed = (f"{name} = [{', '.join(map(str, self.tiles[name]))}]" for name in LEVELS if name in self.tiles)
        return f"#iree_cpu.lowering_config<{', '.join(listed)}>"


@dataclass(frozen=True)
class Translation:
    """Which pipeline generates the kernel.

    Attributes:
      pipeline: one of :data:`PIPELINES`.
      flags: unit attributes it is configured by, such as ``enable_loop_peeling``: loops that tiles do not divide get a
        remainder of their own, so that the rest is vectorised.

    Raises:
      CodegenError: there is no such pipeline.
    """

    pipeline: str = "DoubleTilingExpert"
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pipeline not in PIPELINES:
            raise CodegenError(f"no pipeline generates CPU kernels as {self.pipeline!r}", remedy=", ".join(PIPELINES))

    def __str__(self) -> str:
        configuration = f", {{{', '.join(self.flags)}}}" if self.flags else ""
        return f"#iree_codegen.translation_info<pipeline = #iree_cpu.pipeline<{self.pipeline}>{configuration}>"


@dataclass(frozen=True)
class CompilationInfo:
    """A lowering configuration and the pipeline it is for: ``#iree_codegen.compilation_info``."""

    lowering: LoweringConfig
    translation: Translation = Translation()

    def __str__(self) -> str:
        return (
            f"#iree_codegen.compilation_info<lowering_config = {self.lowering}, translation_info = {self.translation}>"
        )

    def attribute(self, context: ir.Context) -> ir.Attribute:
        """It as an attribute in a context that knows the compiler's dialects."""
        from iree.compiler import ir

        return ir.Attribute.parse(str(self), context)

    @classmethod
    def read(cls, attribute: Any) -> Self | None:
        """What such an attribute says; ``None`` where it is another one, or not for a CPU."""
        text = str(attribute)
        pipeline = _PIPELINE.search(text)
        if "compilation_info" not in text or pipeline is None:
            return None
        lowering = LoweringConfig.read(text)
        if lowering is None:
            return None
        flags = _FLAGS.search(text)
        named = tuple(each.strip() for each in flags[1].split(",")) if flags else ()
        return cls(lowering, Translation(pipeline[1], named))


def configuration_of(op: ir.Operation) -> CompilationInfo | None:
    """The configuration of a root, or ``None``."""
    return CompilationInfo.read(op.attributes[_ATTRIBUTE]) if _ATTRIBUTE in op.attributes else None


def configure(op: ir.Operation, info: CompilationInfo) -> None:
    """Give the root ``op`` of a kernel a configuration, in place of another it may have.

    Raises:
      CodegenError: it tiles another number of loops than the operation has.
    """
    _check_loops(op, info.lowering)
    op.attributes[_ATTRIBUTE] = info.attribute(op.context)


def configure_each(
    function: ir.Operation, tilings: Mapping[ir.Operation, LoweringConfig], translation: Translation
) -> None:
    """Configure a kernel of several operations, each with tiles of its own; the compiler chooses nothing then.

    Args:
      function: of the kernel.
      tilings: for the operations that are to be tiled. One of them, the root, tiles at level ``distribution``.

    Raises:
      CodegenError: a configuration is for another number of loops than its operation has.
    """
    from iree.compiler import ir

    for op, lowering in tilings.items():
        _check_loops(op, lowering)
        op.attributes["lowering_config"] = ir.Attribute.parse(str(lowering), op.context)
    function.attributes["translation_info"] = ir.Attribute.parse(str(translation), function.context)


def is_configured(function: ir.Operation) -> bool:
    """Whether a kernel as a whole has been configured, see :func:`configure_each`."""
    return "translation_info" in function.attributes


def _check_loops(op: ir.Operation, lowering: LoweringConfig) -> None:
    loops = loop_count(op)
    if lowering.loops not in (None, loops):
        raise CodegenError(
            f"a configuration for {lowering.loops} loops cannot be that of {loops}",
            op=op.name,
            location=str(op.location),
            remedy="one tile size for each loop of the operation",
        )


def loop_count(op: ir.Operation) -> int:
    """How many loops a linalg operation iterates over."""
    return indexing_maps(op)[0].n_dims
