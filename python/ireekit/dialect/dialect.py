"""A dialect: operations, types, attributes and enums under one name."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ireekit.dialect import irdl as irdl_text
from ireekit.dialect.checks import constraints_of
from ireekit.dialect.constraints import Parametric, walk
from ireekit.dialect.entities import AttrDef, TypeDef
from ireekit.dialect.enums import EnumAttr
from ireekit.dialect.errors import DefinitionError
from ireekit.dialect.model import DialectModel
from ireekit.dialect.names import check_dialect_name
from ireekit.dialect.op import Op
from ireekit.dialect.registry import register

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.load import LoadReport


class Dialect:
    """A named set of definitions.

    Args:
      name: e.g. ``"acme"``; every member's full name starts with it.
      ops: :class:`Op` classes.
      types: :class:`TypeDef` classes.
      attributes: :class:`AttrDef` classes.
      enums: :class:`EnumAttr` classes.
      description: Markdown, for the reference.

    Raises:
      DefinitionError: a member is of the wrong kind, of another dialect, twice there, or missing though others use it.

    Example::

        acme = Dialect("acme", ops=(MatMul,), types=(Tile,), enums=(Mode,))
        acme.load(context)
    """

    def __init__(
        self,
        name: str,
        *,
        ops: Sequence[type[Op]] = (),
        types: Sequence[type[TypeDef]] = (),
        attributes: Sequence[type[AttrDef]] = (),
        enums: Sequence[type[EnumAttr]] = (),
        description: str = "",
    ) -> None:
        self.name = check_dialect_name(name)
        summary, _, rest = description.strip().partition("\n\n")
        self.models = DialectModel(
            name=name,
            summary=" ".join(summary.split()),
            description=rest.strip(),
            ops=_members(name, "ops", ops, Op),
            types=_members(name, "types", types, TypeDef),
            attributes=_members(name, "attributes", attributes, AttrDef),
            enums=_members(name, "enums", enums, EnumAttr),
        )
        entities = self.models.attributes.keys() | self.models.enums.keys()
        both = entities & self.models.types.keys() | (self.models.attributes.keys() & self.models.enums.keys())
        if both:
            raise DefinitionError(f"dialect {name!r}: {min(both)} names two of a type, an attribute and an enum")
        _check_listed(self.models)
        register(self)

    @functools.cached_property
    def marker(self) -> str:
        """The name of an empty attribute that marks a context in which exactly this definition is loaded."""
        return f"definition_{self.fingerprint[:16]}"

    @functools.cached_property
    def fingerprint(self) -> str:
        """Changes with everything the definition says, save Python code."""
        digest = hashlib.sha256(irdl_text.emit(self.models, "definition").text.encode())
        for op in self.models.ops.values():
            says = (
                [str(trait) for trait in op.traits],
                [relation.describe() for relation in op.relations],
                [(row.name, row.constraint.describe(), row.optional, repr(row.default)) for row in op.attributes],
                [(row.name, row.arity, row.constraint.describe()) for row in (*op.operands, *op.results)],
                [(row.name, row.variadic, row.blocks) for row in op.regions],
                [(row.name, row.variadic) for row in op.successors],
                op.assembly_format,
            )
            digest.update(f"{op.name}{says}".encode())
        for entity in (*self.models.types.values(), *self.models.attributes.values()):
            rows = [(row.name, row.constraint.describe()) for row in entity.parameters]
            digest.update(f"{entity.sigil}{entity.name}{rows}{entity.assembly_format}".encode())
        for enum in self.models.enums.values():
            digest.update(f"{enum.name}{dict(enum.members)}".encode())
        return digest.hexdigest()

    def irdl(self) -> str:
        """The dialect as IRDL text, e.g. for ``iree-opt --irdl-file=``; comments name what IRDL cannot state."""
        return irdl_text.emit(self.models, self.marker).text

    def load(self, context: ir.Context) -> LoadReport:
        """Make the dialect known to ``context``: once, whoever calls and however often, from any thread.

        Where the compiler build cannot register dialects, or IRDL cannot state this one, unregistered operations are
        allowed in the context instead, and the dialect is verified by :func:`ireekit.dialect.verify` alone.

        Raises:
          DialectError: another definition of the name is loaded there already, or the compiler refused this one.
        """
        from ireekit.dialect.load import load

        return load(self, context)

    def op(self, name: str) -> type[Op] | None:
        """The class of the operation of that full name."""
        model = self.models.ops.get(name)
        return None if model is None else model.cls

    def __repr__(self) -> str:
        return f"Dialect({self.name!r})"


def _check_listed(models: DialectModel) -> None:
    """Refuse definitions that use a type or attribute of the dialect that it does not list."""
    for owner in (*models.ops.values(), *models.types.values(), *models.attributes.values()):
        for constraint in constraints_of(owner):
            for part in walk(constraint):
                if not isinstance(part, Parametric) or part.model.dialect != models.name:
                    continue
                what = "types" if part.domain == "type" else "attributes"
                if part.model.name not in getattr(models, what):
                    raise DefinitionError(
                        f"dialect {models.name!r}: {owner.name} uses {part.model.sigil}{part.model.name}, "
                        f"which is not among its {what}",
                        remedy=f"write {what}=({part.definition.__name__}, ...)",
                    )


def _members(dialect: str, what: str, members: Any, base: type) -> dict[str, Any]:
    if not isinstance(members, Iterable):
        raise DefinitionError(f"dialect {dialect!r}: {what} is a tuple of classes, not {members!r}")
    found: dict[str, Any] = {}
    member: Any
    for member in members:
        if not isinstance(member, type) or not issubclass(member, base) or not hasattr(member, "model"):
            raise DefinitionError(
                f"dialect {dialect!r}: {what} holds {member!r}, which is no {base.__name__} with a name"
            )
        model: Any = member.model  # pyright: ignore[reportAttributeAccessIssue]
        if model.dialect != dialect:
            raise DefinitionError(f"dialect {dialect!r}: {model.name} is of another dialect")
        if model.name in found:
            raise DefinitionError(f"dialect {dialect!r}: {model.name} is defined twice")
        found[model.name] = model
    return found
