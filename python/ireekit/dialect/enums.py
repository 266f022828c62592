"""Enums as attributes."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints import Constraint, EnumOf
from ireekit.dialect.errors import DefinitionError
from ireekit.dialect.model import EnumModel
from ireekit.dialect.names import check_full_name, documentation


class _EnumAttrType(enum.EnumMeta):
    model: EnumModel

    @classmethod
    def __prepare__(metacls, cls: str, bases: tuple[type, ...], **options: Any) -> Any:  # noqa: N804
        namespace = super().__prepare__(cls, bases, **options)
        # The full name of the enum is no member.
        namespace["_ignore_"] = ["name"]
        return namespace

    def __new__(metacls, cls: str, bases: tuple[type, ...], namespace: Any, **options: Any) -> Any:
        name = namespace.get("name")
        made: Any = super().__new__(metacls, cls, bases, namespace, **options)
        if not bases or bases == (enum.Enum,):
            return made
        members = {member.name: member.value for member in made}
        kinds = {type(value) for value in members.values()}
        alias = next((each for each in made.__members__ if each not in members), None)
        if alias is not None:
            raise DefinitionError(f"{cls}: {made[alias].name} and {alias} have one value")
        if not members:
            raise DefinitionError(f"{cls} has no members")
        if kinds not in ({int}, {str}):
            raise DefinitionError(f"{cls}: the members' values are all integers or all strings")
        if kinds == {int} and not all(-(2**31) <= value < 2**31 for value in members.values()):
            raise DefinitionError(f"{cls}: the members' values are 32-bit integers")
        summary, description = documentation(made)
        made.model = EnumModel(check_full_name(name, cls), summary, description, members, made)
        return made


class EnumAttr(enum.Enum, metaclass=_EnumAttrType):
    """Base of enums that attributes hold.

    Values that are integers are stored as ``i32`` attributes, strings as string attributes.

    Class attributes:
      name: the full name, e.g. ``"acme.mode"``; a member's ``name`` is its own, as in every enum.

    Raises:
      DefinitionError: no full name, no members, values of mixed kinds, or one value twice.

    Example::

        class Mode(EnumAttr):
            name = "acme.mode"
            fast = 0
            exact = 1
    """

    if TYPE_CHECKING:
        name: Any  # pyright: ignore[reportIncompatibleMethodOverride]

    @classmethod
    def as_constraint(cls) -> Constraint:
        """The constraint that the class alone stands for: any of its members."""
        return EnumOf(cls)
