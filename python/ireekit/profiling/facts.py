"""What the compiler knows of each dispatch: its work, and the layers of the model it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.codegen.custom_kernels import WORK
from ireekit.locations import first_name, location_name, source_line
from ireekit.passes import Pass, find, walk
from ireekit.profiling.work import flops, traffic

if TYPE_CHECKING:
    from iree.compiler import ir

PHASE = "flow"
"""After this phase dispatches are formed, and their work is still operations on tensors."""

_EXECUTABLE, _EXPORT, _DISPATCH = "flow.executable", "flow.executable.export", "flow.dispatch"
_WRITTEN, _WRITTEN_EXPORT = "stream.executable", "stream.executable.export"


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
      flops: of one dispatch; ``None`` where it is not known.
      bytes: read and written by one dispatch at least; ``None`` where it is not known.
      operations: names of the operations on tensors in it, in order, each once.
      origins: where it is dispatched from, in program order.
      layers: of everything that was fused into it; of the first origin only.
      unknown: why the work is not known; empty where it is.
    """

    name: str
    flops: int | None
    bytes: int | None
    operations: tuple[str, ...]
    origins: tuple[Origin, ...]
    layers: tuple[str, ...]
    unknown: str = ""


def dispatch_facts(module: ir.Operation) -> tuple[DispatchFacts, ...]:
    """The facts of all dispatches in a module after phase :data:`PHASE`."""
    origins: dict[str, list[Origin]] = {}
    around = _function_names(module)
    for dispatch in find(module, _DISPATCH):
        entries: Any = dispatch.attributes["entry_points"]
        for entry in entries:
            name = str(entry).rpartition("::@")[2].strip('"')
            origins.setdefault(name, []).append(_origin(dispatch, around))
    facts: list[DispatchFacts] = []
    for executable in find(module, _EXECUTABLE):
        exports = [_symbol(export) for export in find(executable, _EXPORT)]
        functions = {_symbol(function): function for function in find(executable, "func.func")}
        facts += [
            _facts(name, list(walk(functions[name])), origins.get(name, ()), around)
            for name in exports
            if name in functions
        ]
    for executable in find(module, _WRITTEN):
        facts += [_written(_symbol(each), executable, origins) for each in find(executable, _WRITTEN_EXPORT)]
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


def _facts(
    name: str, ops: Sequence[ir.Operation], origins: Iterable[Origin], functions: frozenset[str | None]
) -> DispatchFacts:
    counted = [flops(op) for op in ops]
    known = [count for count in counted if count is not None]
    names = [op.name for op in ops if _is_work(op.name)]
    layers = [layer for op in ops if _is_work(op.name) and (layer := first_name(op.location, but=functions))]
    return DispatchFacts(
        name,
        sum(known) if len(known) == len(counted) else None,
        traffic(ops),
        tuple(dict.fromkeys(names)),
        tuple(origins),
        tuple(dict.fromkeys(layers)),
        "" if len(known) == len(counted) else "a shape is dynamic",
    )


def _written(name: str, executable: ir.Operation, origins: Mapping[str, Sequence[Origin]]) -> DispatchFacts:
    """Of a kernel that a pass wrote: the work is what the pass says it is."""
    stated: Any = executable.attributes.get(WORK)
    work: dict[str, int] = {} if stated is None else {each.name: each.attr.value for each in stated}
    reason = "the pass that wrote the kernel does not say its work" if "bytes" in work else "a shape is dynamic"
    unknown = "" if "flops" in work else reason
    return DispatchFacts(name, work.get("flops"), work.get("bytes"), (), tuple(origins.get(name, ())), (), unknown)


def _is_work(name: str) -> bool:
    dialect, _, operation = name.partition(".")
    return dialect in ("linalg", "iree_linalg_ext") and operation not in ("yield", "index", "fill")


def _function_names(module: ir.Operation) -> frozenset[str | None]:
    """Names in the locations of functions.

    Importers give functions the name of their first argument, and what passes make may have the location of the
    function: that is no layer.
    """
    return frozenset(location_name(each.location) for each in find(module, "util.func"))


def _origin(op: ir.Operation, functions: frozenset[str | None]) -> Origin:
    return Origin(first_name(op.location, but=functions), source_line(op.location))


def _symbol(op: ir.Operation) -> str:
    value: Any = op.attributes["sym_name"]
    return str(value.value)
