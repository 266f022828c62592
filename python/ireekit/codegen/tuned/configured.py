"""Kernels that are configured: at phase ``executable-configurations``, each operation with its tiles.

Only there is every kernel in the form that tiles are for: the compiler has given convolutions their batch by then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.bindings.linalg import indexing_maps
from ireekit.codegen.configuration import CompilationInfo, LoweringConfig, Translation
from ireekit.codegen.tuned.kernels import Loops, loops_of
from ireekit.errors import CodegenError
from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

_CONFIG, _TRANSLATION = "lowering_config", "translation_info"
_LEVEL = re.compile(r"(\w+) = \[([^\]]*)\]")
_PIPELINE = re.compile(r"pipeline<(\w+)>(?:, \{([^}]*)\})?")


@dataclass(frozen=True)
class ConfiguredRoot:
    """The operation that is distributed, and how.

    Attributes:
      op: it.
      loops: that it stands for.
      info: its tiles, and the pipeline of the kernel.
    """

    op: ir.Operation
    loops: Loops
    info: CompilationInfo


def configured_root(function: ir.Operation) -> ConfiguredRoot | None:
    """The root of a configured kernel; ``None`` where there is not exactly one, or its loops are not known."""
    if _TRANSLATION not in function.attributes:
        return None
    pipeline = _PIPELINE.search(str(function.attributes[_TRANSLATION]))
    found = [op for op in walk(function) if _CONFIG in op.attributes and _tiles(op).get("distribution")]
    if pipeline is None or len(found) != 1 or not found[0].name.startswith("linalg."):
        return None
    loops, tiles = loops_of(found[0]), _tiles(found[0])
    if loops is None or any(len(sizes) != loops.count for sizes in tiles.values()):
        return None
    flags = tuple(each.strip() for each in (pipeline[2] or "").split(",") if each.strip())
    try:
        return ConfiguredRoot(found[0], loops, CompilationInfo(LoweringConfig(tiles), Translation(pipeline[1], flags)))
    except CodegenError:  # a level or pipeline that ireekit does not know
        return None


def reconfigure(function: ir.Operation, info: CompilationInfo) -> bool:
    """Configure a configured kernel anew: its root, and the operations whose tiles follow those of the root.

    Returns:
      Whether ``info`` fits the kernel, which is as it was otherwise.
    """
    from iree.compiler import ir

    root = configured_root(function)
    if root is None or info.lowering.loops not in (None, root.loops.count):
        return False
    before, after = _of_results(root.op, root.info), _of_results(root.op, info)
    for op in walk(function):
        if _CONFIG not in op.attributes or op == root.op:
            continue
        tiles = _tiles(op)
        changed = {level: after[level] if sizes == before.get(level) else sizes for level, sizes in tiles.items()}
        if changed != tiles:
            op.attributes[_CONFIG] = ir.Attribute.parse(str(LoweringConfig(changed)), op.context)
    root.op.attributes[_CONFIG] = ir.Attribute.parse(str(info.lowering), root.op.context)
    function.attributes[_TRANSLATION] = ir.Attribute.parse(str(info.translation), function.context)
    return True


def _of_results(root: ir.Operation, info: CompilationInfo) -> dict[str, tuple[int, ...]]:
    """Tiles along the dimensions of the root's result, by level."""
    from iree.compiler import ir

    dims: list[Any] = list(indexing_maps(root)[-1].results)
    loops = [ir.AffineDimExpr(each).position for each in dims if isinstance(each, ir.AffineDimExpr)]
    tiles = info.lowering.tiles
    levels = {level: tuple(sizes[loop] for loop in loops) for level, sizes in tiles.items()}
    return {"vector_common_parallel": (0,) * len(loops), **levels}


def _tiles(op: ir.Operation) -> dict[str, tuple[int, ...]]:
    found = _LEVEL.findall(str(op.attributes[_CONFIG]))
    if any(not size.strip().isdecimal() for _, sizes in found for size in sizes.split(",") if size.strip()):
        return {}
    return {level: tuple(int(size) for size in sizes.split(",") if size.strip()) for level, sizes in found}
