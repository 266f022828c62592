"""Pipelines of Python and native passes, nested as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ireekit.errors import PassError, PipelineError
from ireekit.passes.base import ANY, NativePasses, Pass
from ireekit.passes.execution import RunReport
from ireekit.passes.nodes import Item, NativePass, Nested, Node
from ireekit.passes.registry import PassesLike, PassRegistry
from ireekit.passes.runner import Runner
from ireekit.passes.stages import Stage, stages_of
from ireekit.passes.targets import check_anchors
from ireekit.passes.text import nesting_error, node_items, parse_items

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.pass_manager import Sink
    from ireekit.dialect import Dialect
    from ireekit.passes.instrumentation.base import Instrumentation

MODULE = "builtin.module"


class PassPipeline:
    """Passes that run on operations called ``anchor``.

    Args:
      anchor: usually ``"builtin.module"``; ``"any"`` for operations of every name.
      items: pass objects, :class:`Nested`, and texts such as ``"canonicalize"`` or ``"acme-fuse{max-ops=4},cse"``.
      passes: to look names in texts up in, see :meth:`PassRegistry.of`.
      name: in reports; the text where none is given.

    Raises:
      PipelineError: a text does not parse or names what does not exist, or a pass cannot stand where it does.

    Example::

        PassPipeline("builtin.module", [Fuse(max_ops=4), Nested("util.func", ["canonicalize", Tile()])])
    """

    def __init__(
        self, anchor: str, items: Iterable[Item] = (), *, passes: PassesLike = None, name: str | None = None
    ) -> None:
        given = (items,) if isinstance(items, str) else items
        registry = PassRegistry.of(passes)
        self.anchor = anchor
        self.items: tuple[Node, ...] = tuple(_read(given, anchor, registry))
        self._name = name

    @property
    def name(self) -> str:
        return self._name or str(self)

    def __str__(self) -> str:
        return f"{self.anchor}({','.join(map(str, self.items))})"

    def __repr__(self) -> str:
        return f"PassPipeline({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PassPipeline):
            return NotImplemented
        return (self.anchor, self.items) == (other.anchor, other.items)

    def __hash__(self) -> int:
        return hash((self.anchor, str(self)))

    @property
    def python_passes(self) -> tuple[Pass, ...]:
        """The Python passes in it, in order."""
        return tuple(each for each in _leaves(self.items) if isinstance(each, Pass))

    def fingerprint(self) -> str:
        """Changes with the text and with the source of the Python passes."""
        import hashlib

        sources = "\n".join(each.fingerprint() for each in self.python_passes)
        return f"{self}@{hashlib.sha256(sources.encode()).hexdigest()[:16]}"

    def run(
        self,
        module: ir.Module | ir.Operation | ir.OpView,
        *,
        instrumentation: Instrumentation | None = None,
        dialects: Iterable[Dialect] = (),
        verify: bool = True,
        diagnostics: Sink | None = None,
    ) -> RunReport:
        """Run over ``module``, in place.

        Given a module while anchored on something else, it runs on what is directly in the module. Native passes
        that stand together run as one pass manager, without Python's global lock; with instrumentation each runs by
        itself.

        Args:
          module: or any operation the pipeline is anchored on.
          instrumentation: told of every pass.
          dialects: loaded before, and verified by their Python part between passes.
          verify: what passes leave. Native ones are verified by the compiler in any case.
          diagnostics: given every diagnostic of passes and verifiers.

        Raises:
          PassError: a pass failed, or left invalid IR; the module is as that pass left it, and no later one ran. Or
            the module was invalid before.
          PipelineError: no operation can have the name of an anchor.
        """
        root: ir.Operation = module.operation
        runner = Runner(root, instrumentation=instrumentation, dialects=dialects, verify=verify, sink=diagnostics)
        stages = self.stages_on(root.name)
        check_anchors(root, dict.fromkeys(_anchors(self.items, self.anchor)))
        if verify:
            runner.verify_input()
        return runner.run(str(self), stages)

    def stages_on(self, root: str) -> tuple[Stage, ...]:
        """The stages in which it runs on an operation called ``root``.

        Raises:
          PassError: it is not for such operations.
        """
        if self.anchor in (ANY, root):
            return stages_of(self.items)
        if root != MODULE:
            raise PassError(
                f"the pipeline runs on {self.anchor} and was given {root}",
                op=root,
                remedy=f"anchor it on {root}, or on any",
            )
        return stages_of(self.items, (self.anchor,))


def parse_pipeline(text: str, passes: PassesLike = None) -> PassPipeline:
    """Read a pipeline text.

    A text that is not one ``anchor(...)`` as a whole runs on ``builtin.module``.

    Args:
      text: e.g. ``"builtin.module(acme-fuse{max-ops=4},util.func(canonicalize,acme-tile),cse)"``.
      passes: to look names up in: pass classes, :class:`Passes` or a :class:`PassRegistry`; ``None`` for what
        installed packages offer.

    Raises:
      PipelineError: it does not parse, or names what does not exist; points at the column and suggests the nearest.
    """
    items = parse_items(text, PassRegistry.of(passes), MODULE)
    if len(items) == 1 and isinstance(items[0], Nested):
        return _made(items[0].anchor, node_items(items[0]))
    return _made(MODULE, items)


def _made(anchor: str, items: tuple[Node, ...]) -> PassPipeline:
    pipeline = PassPipeline(anchor)
    pipeline.items = items  # read and checked already
    return pipeline


def _read(items: Iterable[Item], anchor: str, registry: PassRegistry) -> Iterator[Node]:
    for item in items:
        if isinstance(item, str):
            yield from parse_items(item, registry, anchor)
        elif isinstance(item, NativePasses):
            yield from _spliced(parse_items(item.text, registry, anchor), anchor)
        elif isinstance(item, Nested):
            yield Nested(item.anchor, tuple(_read(item.items, item.anchor, registry)))
        elif isinstance(item, Pass | NativePass):  # pyright: ignore[reportUnnecessaryIsInstance]
            if (error := nesting_error(item, anchor)) is not None:
                raise error
            yield item
        else:
            raise PipelineError(
                f"{item!r} is no pass", remedy="give pass objects, Nested(...), or texts such as 'canonicalize'"
            )


def _spliced(nodes: tuple[Node, ...], anchor: str) -> tuple[Node, ...]:
    """Without the anchor around all, where that is the one they stand in."""
    if len(nodes) == 1 and isinstance(nodes[0], Nested) and nodes[0].anchor == anchor:
        return node_items(nodes[0])
    return nodes


def _anchors(items: Iterable[Node], anchor: str) -> Iterator[str]:
    yield anchor
    for item in items:
        if isinstance(item, Nested):
            yield from _anchors(node_items(item), item.anchor)
        elif isinstance(item, Pass):
            yield item.anchor


def _leaves(items: Iterable[Node]) -> Iterator[Pass | NativePass]:
    for item in items:
        if isinstance(item, Nested):
            yield from _leaves(node_items(item))
        else:
            yield item
