"""The bench's models as ireekit takes them."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from suite.engines import iree_program
from suite.folders import ModelFolder

if TYPE_CHECKING:
    from ireekit.frontends import ImportedModule


def imported(model: ModelFolder) -> ImportedModule:
    """The import in a model's folder; its memory is that of the file.

    Raises:
      BenchError: the model could not be imported.
    """
    described = iree_program.described(model)
    from ireekit.bindings import CompilerSession
    from ireekit.bindings.bytecode import parse_aligned
    from ireekit.frontends import ImportedModule
    from ireekit.signature import EntryPoint

    content = model.bytecode.read_bytes()
    memory = mmap.mmap(-1, len(content))
    memory.write(content)
    return ImportedModule(
        parse_aligned(memory, CompilerSession().context),
        tuple(EntryPoint.from_json(entry) for entry in described["entry_points"]),
        described["input_type"],
        described["framework"],
        compiler_flags=tuple(described["flags"]),
    )
