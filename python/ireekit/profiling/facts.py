"""What the compiler knows of each dispatch: its work, and the layers of the model it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.locations import first_name, source_line
from ireekit.passes import Pass, find, walk
from ireekit.profiling.work import flops, traffic

if TYPE_CHECKING:
    from iree.compiler import ir

PHASE = "flow"
"""After this phase dispatches are formed, and their work is still operations on tensors."""

_EXECUTABLE, _EXPORT, _DISPATCH = "flow.executable", "flow.executable.export", "flow.dispatch"


@dataclass(frozen=True)
class Origin:
    """Where in a model something comes from.

    Attributes:
      layer: as the framework names it, e.g. ``"encoder.layer.0.attention"``; ``None`` where it gave no name.
      source: ``file:line:column``; ``None`` where it is not known.
    """

    layer: str | None
    source: str | None


@dataclass(frozen=True)
class DispatchFacts:
    """A function that is dispatched, from one or several places.

    Attributes:
      name: as at run time.
      flops: of one dispatch; ``None`` where a shape is dynamic.
      bytes: read and written by one dispatch at least; ``None`` where a shape is dynamic.
      operations: names of the operations on tensors in it, in order, each once.
      origins: where it is dispatched from, in program order.
      layers: of everything that was fused into it; of the first origin only.
    """

    name: str
    flops: int | None
    bytes: int | None
    operations: tuple[str, ...]
    origins: tuple[Origin, ...]
    layers: tuple[str, ...]


def dispatch_facts(module: ir.Operation) -> tuple[DispatchFacts, ...]:
    """The facts of all dispatches in a module after phase :data:`PHASE`."""
    origins: dict[str, list[Origin]] = {}
    for dispatch in find(module, _DISPATCH):
        entries: Any = dispatch.attributes["entry_points"]
        for entry in entries:
            name = str(entry).rpartition("::@")[2].strip('"')
            origins.setdefault(name, []).append(_origin(dispatch))
    facts: list[DispatchFacts] = []
    for executable in find(module, _EXECUTABLE):
        exports = [_symbol(export) for export in find(executable, _EXPORT)]
        functions = {_symbol(function): function for function in find(executable, "func.func")}
        facts += [
            _facts(name, list(walk(functions[name])), origins.get(name, ())) for name in exports if name in functions
        ]
    return tuple(facts)


class CollectFacts(Pass):
    """Keeps the facts of the dispatches; changes nothing.

    Attributes:
      found: filled each time the pass runs; what was in it goes: a compilation may start again on a safer level.
    """

    name = "ireekit-collect-dispatch-facts"
    found: list[DispatchFacts]

    def run(self, op: ir.Operation) -> None:
        self.found[:] = dispatch_facts(op)


def _facts(name: str, ops: Sequence[ir.Operation], origins: Iterable[Origin]) -> DispatchFacts:
    counted = [flops(op) for op in ops]
    known = [count for count in counted if count is not None]
    names = [op.name for op in ops if _is_work(op.name)]
    layers = [layer for op in ops if _is_work(op.name) and (layer := first_name(op.location))]
    return DispatchFacts(
        name,
        sum(known) if len(known) == len(counted) else None,
        traffic(ops),
        tuple(dict.fromkeys(names)),
        tuple(origins),
        tuple(dict.fromkeys(layers)),
    )


def _is_work(name: str) -> bool:
    dialect, _, operation = name.partition(".")
    return dialect in ("linalg", "iree_linalg_ext") and operation not in ("yield", "index", "fill")


def _origin(op: ir.Operation) -> Origin:
    return Origin(first_name(op.location), source_line(op.location))


def _symbol(op: ir.Operation) -> str:
    value: Any = op.attributes["sym_name"]
    return str(value.value)
