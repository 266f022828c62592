"""Dominance: which definitions are sure to have been executed.

Dominator trees are computed by the algorithm of K. Cooper, T. Harvey and K. Kennedy, "A Simple, Fast Dominance
Algorithm" (2001), one for each region with more than one block, when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ireekit.passes.uses import block_of, parent_of

if TYPE_CHECKING:
    from iree.compiler import ir

GRAPH_REGIONS = frozenset({"builtin.module"})
"""Operations whose regions are graphs: within them the order of operations says nothing."""


class DominatorTree:
    """The dominator tree of the blocks of one region.

    As in MLIR, blocks that cannot be reached are dominated by every block, and dominate only one another.
    """

    def __init__(self, region: ir.Region) -> None:
        blocks = list(region.blocks)
        self._numbers: dict[Any, int] = {block: index for index, block in enumerate(blocks)}
        successors = [[self._numbers[each] for each in _successors(block)] for block in blocks]
        self._blocks = blocks
        self._parents = immediate_dominators(successors)
        self._depths = _depths(self._parents)

    @property
    def immediate(self) -> Mapping[ir.Block, ir.Block | None]:
        """The immediate dominator of each reachable block; ``None`` for the entry."""
        return {
            self._blocks[index]: None if parent == index else self._blocks[parent]
            for index, parent in enumerate(self._parents)
            if parent is not None
        }

    def is_reachable(self, block: ir.Block) -> bool:
        return self._parents[self._numbers[block]] is not None

    def dominates(self, one: ir.Block, other: ir.Block) -> bool:
        """Whether every way from the entry to ``other`` leads through ``one``; a block dominates itself."""
        above, below = self._numbers[one], self._numbers[other]
        if above == below or self._parents[below] is None:
            return True
        if self._parents[above] is None:
            return False
        while self._depths[below] > self._depths[above]:
            parent = self._parents[below]
            assert parent is not None
            below = parent
        return above == below

    def nearest_common(self, one: ir.Block, other: ir.Block) -> ir.Block | None:
        """The last block that dominates both; ``None`` where one of them cannot be reached."""
        a, b = self._numbers[one], self._numbers[other]
        if self._parents[a] is None or self._parents[b] is None:
            return None
        while a != b:
            if self._depths[a] < self._depths[b]:
                a, b = b, a
            parent = self._parents[a]
            assert parent is not None
            a = parent
        return self._blocks[a]


class Dominance:
    """Dominance of operations and values, over nested regions. Made anew after blocks or branches changed."""

    def __init__(self) -> None:
        self._trees: dict[Any, DominatorTree] = {}

    def tree(self, region: ir.Region) -> DominatorTree:
        """The dominator tree of a region; computed once."""
        key = region.blocks[0]
        if key not in self._trees:
            self._trees[key] = DominatorTree(region)
        return self._trees[key]

    def properly_dominates(self, one: Any, other: Any) -> bool:
        """Whether ``one``, an operation or value, is defined before ``other``, an operation, on every way to it.

        An operation does not properly dominate itself, nor its results what is in its own regions. An operation that
        is nested where ``other`` is not dominates nothing there.
        """
        target: ir.Operation = other.operation
        if not hasattr(one, "operation"):
            owner = one.owner
            maker = getattr(owner, "operation", None)
            return self._argument_dominates(owner, target) if maker is None else self._op_dominates(maker, target)
        return self._op_dominates(one.operation, target)

    def dominates(self, one: Any, other: Any) -> bool:
        """:meth:`properly_dominates`, or ``one`` is ``other``, or the operation that makes it is."""
        owner = one.operation if hasattr(one, "operation") else getattr(one.owner, "operation", None)
        return owner == other.operation or self.properly_dominates(one, other)

    def dominates_block(self, one: ir.Block, other: ir.Block) -> bool:
        """Whether ``one`` dominates ``other``, which may be nested deeper."""
        lifted = _lift_block(other, one.region)
        return lifted is not None and (lifted == one or self._block_dominates(one, lifted))

    def _op_dominates(self, one: ir.Operation, target: ir.Operation) -> bool:
        block: Any = block_of(one)
        if block is None:
            return False
        lifted = _lift(target, block.region)
        if lifted is None or lifted == one:
            return False  # in a region of `one` itself, or outside
        if lifted.block != block:
            return self._block_dominates(block, lifted.block)
        around = parent_of(one)
        return around is not None and (around.name in GRAPH_REGIONS or one.is_before_in_block(lifted))

    def _argument_dominates(self, block: Any, target: ir.Operation) -> bool:
        lifted = _lift(target, block.region)
        return lifted is not None and (lifted.block == block or self._block_dominates(block, lifted.block))

    def _block_dominates(self, one: Any, other: Any) -> bool:
        return self.tree(one.region).dominates(one, other)


def dominates(one: Any, other: Any) -> bool:
    """:meth:`Dominance.dominates` for a single question; for several make one :class:`Dominance`."""
    return Dominance().dominates(one, other)


def properly_dominates(one: Any, other: Any) -> bool:
    """:meth:`Dominance.properly_dominates` for a single question."""
    return Dominance().properly_dominates(one, other)


def immediate_dominators(successors: list[list[int]]) -> list[int | None]:
    """The immediate dominator of each node of a graph whose entry is node 0.

    Args:
      successors: of each node.

    Returns:
      The entry's own number for the entry, ``None`` for nodes that cannot be reached.
    """
    if not successors:
        return []
    order = _reverse_postorder(successors)
    position = {node: index for index, node in enumerate(order)}
    predecessors: list[list[int]] = [[] for _ in successors]
    for node in order:
        for each in successors[node]:
            predecessors[each].append(node)
    parents: list[int | None] = [None] * len(successors)
    parents[0] = 0
    changed = True
    while changed:
        changed = False
        for node in order[1:]:
            known = [each for each in predecessors[node] if parents[each] is not None]
            new = known[0]
            for each in known[1:]:
                new = _intersect(parents, position, new, each)
            if parents[node] != new:
                parents[node] = new
                changed = True
    return parents


def _intersect(parents: list[int | None], position: dict[int, int], one: int, other: int) -> int:
    while one != other:
        if position[one] < position[other]:
            one, other = other, one
        parent = parents[one]
        assert parent is not None
        one = parent
    return one


def _reverse_postorder(successors: list[list[int]]) -> list[int]:
    order: list[int] = []
    seen = {0}
    stack: list[tuple[int, Iterator[int]]] = [(0, iter(successors[0]))]
    while stack:
        node, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            order.append(node)
        elif following not in seen:
            seen.add(following)
            stack.append((following, iter(successors[following])))
    return order[::-1]


def _depths(parents: list[int | None]) -> list[int]:
    depths = [-1] * len(parents)
    if parents:
        depths[0] = 0
    for start in range(len(parents)):
        path: list[int] = []
        node = start
        while depths[node] < 0:
            parent = parents[node]
            if parent is None:
                break
            path.append(node)
            node = parent
        for each in reversed(path):
            parent = parents[each]
            assert parent is not None
            depths[each] = depths[parent] + 1
    return depths


def _successors(block: Any) -> list[Any]:
    last = None
    for last in block.operations:  # noqa: B007 (the last one is wanted)
        pass
    return [] if last is None else list(last.operation.successors)


def _lift(op: ir.Operation, region: Any) -> ir.Operation | None:
    """``op`` or the operation around it that lies directly in ``region``."""
    current: ir.Operation | None = op
    while current is not None:
        block: Any = block_of(current)
        if block is None:
            return None
        if block.region == region:
            return current
        current = parent_of(current)
    return None


def _lift_block(block: Any, region: Any) -> Any:
    while block is not None and block.region != region:
        owner = block.owner.operation
        block = block_of(owner)
    return block
