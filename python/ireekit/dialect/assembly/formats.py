"""The formats of a set of dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ireekit.dialect.assembly.format import OpFormat, op_format
from ireekit.dialect.assembly.type_format import TypeFormat, type_format
from ireekit.dialect.model import OpModel, TypeModel

if TYPE_CHECKING:
    from ireekit.dialect.dialect import Dialect


@dataclass(frozen=True)
class Formats:
    """What has a syntax of its own.

    Attributes:
      ops: by full name.
      generic_ops: names of operations that have none.
      entities: types and attributes, by full name with sigil.
    """

    ops: Mapping[str, OpFormat]
    generic_ops: frozenset[str]
    entities: Mapping[str, TypeFormat]

    @classmethod
    def of(cls, dialects: Sequence[Dialect]) -> Formats:
        """The formats of all members of ``dialects`` that have one.

        Raises:
          FormatError: one of them is wrong.
        """
        ops: dict[str, OpFormat] = {}
        entities: dict[str, TypeFormat] = {}
        generic: set[str] = set()
        for dialect in dialects:
            models = dialect.models
            ops |= {name: op_format(row) for name, row in models.ops.items() if row.assembly_format is not None}
            generic |= models.ops.keys() - ops.keys()
            for row in (*models.types.values(), *models.attributes.values()):
                if row.assembly_format is not None:
                    entities[f"{row.sigil}{row.name}"] = type_format(row)
        return cls(ops, frozenset(generic), entities)

    def concerns(self, text: str) -> bool:
        """Whether ``text`` may hold any of it: a quick test, for texts that need no work."""
        prefixes = {name.partition(".")[0] + "." for name in (*self.ops, *self.generic_ops, *self.entities)}
        return any(prefix in text for prefix in prefixes)


def check_format(model: OpModel | TypeModel) -> None:
    """Check the ``assembly_format`` of a definition, if it has one.

    Raises:
      FormatError: it is wrong; says at which column, and what is missing.
    """
    if model.assembly_format is None:
        return
    if isinstance(model, OpModel):
        op_format(model)
    else:
        type_format(model)
