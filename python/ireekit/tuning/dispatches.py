"""The dispatches of a program, each with what it takes to compile and call it alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.codegen.configuration import (
    CompilationInfo,
    configuration_of,
    configure,
    is_configured,
    loop_count,
)
from ireekit.codegen.executables import machine_in
from ireekit.codegen.tuned.configured import configured_root
from ireekit.codegen.tuned.kernels import Region, canonical, kernel_key, regions_of, root_index, structured_operations
from ireekit.passes import Pass
from ireekit.passes.walk import find, walk
from ireekit.targets.machines import Machine

if TYPE_CHECKING:
    from iree.compiler import ir

_SEGMENTS = ("workload", "operands", "resources", "sizes", "offsets", "lengths")


@dataclass(frozen=True)
class Source:
    """The operation a kernel is built around, before the compiler configures it: what tuning specifications match.

    Attributes:
      text: the operation, without its configuration.
      operands: names of its operands in the text, and their types.
      loops: how many it has.
    """

    text: str
    operands: tuple[tuple[str, str], ...]
    loops: int


@dataclass(frozen=True)
class Buffer:
    """What is bound to a kernel.

    Attributes:
      regions: tensors in it.
      constant_bytes: of all that the program holds there (its weights); 0 where it is computed.
    """

    regions: tuple[Region, ...]
    constant_bytes: int

    @property
    def byte_size(self) -> int:
        return max((each.offset + each.byte_size for each in self.regions), default=0)


@dataclass(frozen=True)
class Dispatch:
    """A function that is dispatched.

    Attributes:
      name: of the function, as at run time.
      key: of the kernel, see :func:`~ireekit.codegen.tuned.kernels.kernel_key`.
      target: what it is compiled for, as the compiler says it.
      machine: that is.
      entry: executable, variant and function.
      obstacle: why it cannot be tuned; empty where it can.
      text: the executable at phase ``executable-sources``, configured as the pipeline does it.
      source: what specifications match; ``None`` where they cannot.
      chosen: how it is configured in the end; ``None`` where that is not known.
      device: the program's ``util.global`` of its device.
      workload, constants: of the first place it is dispatched from.
      buffers: by binding.
    """

    name: str
    key: str
    target: str
    machine: Machine | None
    entry: tuple[str, str, str]
    obstacle: str = ""
    text: str = ""
    source: Source | None = None
    chosen: CompilationInfo | None = None
    device: str = ""
    workload: tuple[int, ...] = ()
    constants: tuple[int, ...] = ()
    buffers: tuple[Buffer, ...] = ()


Collected: TypeAlias = "dict[str, Dispatch]"
"""The dispatches of a program, by name of their function."""


class CollectSources(Pass):
    """Keeps the kernels; the last step at phase ``executable-sources``. Changes nothing."""

    name = "ireekit-collect-kernels"
    found: Collected

    def __str__(self) -> str:
        return self.name

    def run(self, op: ir.Operation) -> None:
        self.found.clear()
        sites = {_entry(each): each for each in reversed(find(op, "stream.cmd.dispatch"))}
        devices = [each for each in find(op, "util.global") if _is_device(each)]
        device = text_of(devices[0]) if len(devices) == 1 else ""
        for executable in find(op, "hal.executable"):
            dispatch = _dispatch(executable, device, sites)
            if dispatch is not None:
                self.found[dispatch.name] = dispatch


class CollectConfigurations(Pass):
    """Keeps how kernels are configured; the last step at phase ``executable-configurations``. Changes nothing."""

    name = "ireekit-collect-configurations"
    found: Collected

    def __str__(self) -> str:
        return self.name

    def run(self, op: ir.Operation) -> None:
        for function in find(op, "func.func"):
            dispatch = self.found.get(symbol_of(function))
            configured = configured_root(function)
            if dispatch is not None and configured is not None:
                self.found[dispatch.name] = replace(dispatch, chosen=configured.info)


def _dispatch(executable: ir.Operation, device: str, sites: dict[str, ir.Operation]) -> Dispatch | None:
    variants = find(executable, "hal.executable.variant")
    functions = [each for each in find(executable, "func.func") if any(region.blocks for region in each.regions)]
    if len(variants) != 1 or len(functions) != 1:
        return None
    function, target = functions[0], str(variants[0].attributes["target"])
    entry = (symbol_of(executable), symbol_of(variants[0]), symbol_of(function))
    bare = Dispatch(entry[2], kernel_key(function), target, machine_in(target), entry, device=device)
    if bare.machine is None:
        return replace(bare, obstacle="its machine is not in the table of machines")
    if not structured_operations(function):
        return replace(bare, obstacle="a pass wrote it, or it only copies; --forms tries what its pass can choose")
    if is_configured(function):
        return replace(bare, obstacle="a pass configures each of its operations")
    site = sites.get("::".join(entry))
    if site is None or not device:
        return replace(bare, obstacle="it is not dispatched by the program itself")
    ops = structured_operations(function)
    given = [(at, info) for at, op in enumerate(ops) if (info := configuration_of(op)) is not None]
    at = given[0][0] if given else root_index(ops)
    with canonical(executable) as copy:
        again = structured_operations(find(copy, "func.func")[0])
        source = None if at is None else _source(again[at])
        for each, info in given:
            configure(again[each], info)
        bare = replace(bare, text=text_of(copy), source=source)
    return _with_site(bare, executable, site)


def _source(op: ir.Operation) -> Source | None:
    if len(op.results) != 1 or _captures(op):
        return None
    operands = dict.fromkeys((value.get_name(use_local_scope=True), str(value.type)) for value in op.operands)
    return Source(text_of(op), tuple(operands), loop_count(op))


def _captures(op: ir.Operation) -> bool:
    """Whether what is in the operation uses what is made outside of it."""
    inside = list(walk(op))[1:]
    own = {hash(result) for each in inside for result in each.results}
    own |= {hash(value) for region in op.regions for block in region.blocks for value in block.arguments}
    return any(hash(value) not in own for each in inside for value in each.operands)


def _with_site(dispatch: Dispatch, executable: ir.Operation, site: ir.Operation) -> Dispatch:
    segments: Any = site.attributes["operandSegmentSizes"]
    operands, parts, start = list(site.operands), dict[str, list[Any]](), 0
    for name, size in zip(_SEGMENTS, list(segments), strict=False):
        parts[name] = operands[start : start + size]
        start += size
    workload = [_constant(value) for value in parts["workload"]]
    constants = [_constant(value) for value in parts["operands"]]
    with canonical(executable) as copy:
        function = find(copy, "func.func")[0]
        regions = regions_of(function)
        needs_constants = bool(find(function, "hal.interface.constant.load"))
    if regions is None or None in workload or (needs_constants and None in constants):
        return replace(dispatch, obstacle="its tensors have dynamic shapes, or elements that are no plain numbers")
    buffers = tuple(
        Buffer(
            tuple(each for each in regions if each.binding == binding),
            (_constant(size) or 0) if "constant" in str(resource.type) else 0,
        )
        for binding, (resource, size) in enumerate(zip(parts["resources"], parts["sizes"], strict=True))
    )
    return replace(
        dispatch,
        workload=tuple(value or 0 for value in workload),
        constants=tuple(value or 0 for value in constants),
        buffers=buffers,
    )


def _constant(value: ir.Value) -> int | None:
    owner: Any = value.owner
    if not hasattr(owner, "operation") or owner.operation.name != "arith.constant":
        return None
    return int(owner.operation.attributes["value"].value)


def _is_device(op: ir.Operation) -> bool:
    return "initial_value" in op.attributes and "#hal.device" in str(op.attributes["initial_value"])


def _entry(site: ir.Operation) -> str:
    entries: Any = site.attributes["entry_points"]
    return str(next(iter(entries))).replace("@", "").replace('"', "")


def symbol_of(op: ir.Operation) -> str:
    """The name of a symbol."""
    value: Any = op.attributes["sym_name"]
    return str(value.value)


def text_of(op: ir.Operation) -> str:
    """An operation that stands by itself: aliases written out."""
    return str(op.get_asm(use_local_scope=True, assume_verified=True))
