"""A configuration that asks little of code generation: slow, but rarely refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.bindings.linalg import indexing_maps
from ireekit.codegen.configuration import LoweringConfig, Translation, configure_each
from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

_BODY = ("linalg.yield", "linalg.index")


def configure_narrowly(function: ir.Operation) -> bool:
    """Configure a CPU kernel that is not configured yet so that every loop is tiled by one.

    What passes between its operations is an element then, or a row where one is read twice.

    Returns:
      Whether that can be: all of its operations have loops.
    """
    from iree.compiler import ir

    tilings: dict[ir.Operation, LoweringConfig] = {}
    levels: dict[str, tuple[int, ...]] = {}
    for op in walk(function):
        if not op.name.startswith("linalg.") or op.name in _BODY:
            continue
        maps = indexing_maps(op)
        if not maps:
            return False
        of_result = {each.position for each in maps[-1].results if isinstance(each, ir.AffineDimExpr)}
        parallel = [loop in of_result for loop in range(maps[-1].n_dims)]
        levels = {
            "vector_common_parallel": tuple(map(int, parallel)),
            "vector_reduction": tuple(int(not each) for each in parallel),
        }
        tilings[op] = LoweringConfig(levels)
    if not tilings:
        return False
    root = list(tilings)[-1]
    tilings[root] = LoweringConfig({"distribution": levels["vector_common_parallel"], **levels})
    configure_each(function, tilings, Translation("DoubleTilingExpert"))
    return True
