"""What every frontend gives: a live module and the signature of its entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.signature import EntryPoint

if TYPE_CHECKING:
    from iree.compiler import ir


F64_FLAG = "--iree-input-demote-f64-to-f32=false"
"""In :attr:`ImportedModule.compiler_flags` of a model that computes in double precision; left to itself, the
compiler computes everything in single."""


@dataclass(frozen=True)
class ParameterArchive:
    """Weights kept outside the program.

    Attributes:
      path: an ``.irpa`` or ``.safetensors`` file.
      scope: the name under which the program refers to it.
      keys: number of tensors the program reads from it.
      byte_size: their total size in bytes.
    """

    path: Path
    scope: str
    keys: int
    byte_size: int


@dataclass
class ImportedModule:
    """A model as IR, ready to be compiled.

    Attributes:
      module: a live ``builtin.module`` in ``module.context``.
      entry_points: in the order of the module's functions.
      input_type: the dialect family for ``--iree-input-type`` (``torch``, ``onnx``, ``stablehlo``, ``none``).
      framework: name and version of where the model comes from, e.g. ``"torch 2.13.0"``.
      parameters: archives holding weights that are not inside the module.
      retained: Python objects that own memory the module refers to without copying it.
      compiler_flags: what the model needs of the compiler, e.g. ``--iree-input-demote-f64-to-f32=false``.
    """

    module: ir.Module
    entry_points: tuple[EntryPoint, ...]
    input_type: str
    framework: str
    _: KW_ONLY
    parameters: tuple[ParameterArchive, ...] = ()
    compiler_flags: tuple[str, ...] = ()
    unsupported_ops: Callable[[ir.Operation], Sequence[tuple[str, str | None, str | None]]] | None = None
    retained: list[Any] = field(default_factory=list[Any])

    @property
    def context(self) -> ir.Context:
        return self.module.context

    def to_text(self, *, elide_above: int = 16) -> str:
        """MLIR text with locations, literals of more than ``elide_above`` elements elided."""
        return str(self.module.operation.get_asm(large_elements_limit=elide_above, enable_debug_info=True))


@dataclass(frozen=True)
class EntryPointRequest:
    """One callable of a model that is to become an entry point; made by :func:`ireekit.entry`.

    Attributes:
      function: an ``nn.Module``, bound method of one, ``ExportedProgram``, jitted function, ...
      inputs: positional example inputs.
      keyword_inputs: keyword example inputs.
      dynamic_shapes: as ``torch.export.export`` takes it.
    """

    function: Any
    inputs: tuple[Any, ...] = ()
    keyword_inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dynamic_shapes: Any = None


def entry(function: Any, *inputs: Any, dynamic_shapes: Any = None, **keyword_inputs: Any) -> EntryPointRequest:
    """Request ``function`` as an entry point of a program with several.

    Example::

        mypipeline.compile({"prefill": entry(model.prefill, ids), "decode": entry(model.decode, one)})
    """
    return EntryPointRequest(function, inputs, keyword_inputs, dynamic_shapes)
