"""Names in definitions: which are allowed, and the nearest known one for a mistyped one."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable

from ireekit.dialect.errors import DefinitionError

# What IRDL accepts as the name of an operation, type or attribute.
_PART = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
_FULL = re.compile(rf"{_PART}(?:\.{_PART})+")
_DIALECT = re.compile(_PART)
# Dialects that every context already holds: a definition cannot extend them.
_TAKEN = frozenset({"builtin", "func", "arith", "irdl"})


def check_full_name(name: object, what: str) -> str:
    """``name`` if it is a full name such as ``"acme.matmul"``.

    Raises:
      DefinitionError: it is not.
    """
    if not isinstance(name, str) or not _FULL.fullmatch(name):
        raise DefinitionError(
            f"{what}: name {name!r} is not of the form 'dialect.name'",
            remedy="lowercase letters, digits and single underscores, starting with a letter, e.g. 'acme.matmul'",
        )
    return name


def check_dialect_name(name: object) -> str:
    """``name`` if a dialect can have it.

    Raises:
      DefinitionError: it cannot.
    """
    if not isinstance(name, str) or not _DIALECT.fullmatch(name):
        raise DefinitionError(
            f"dialect name {name!r} is not allowed",
            remedy="lowercase letters, digits and single underscores, starting with a letter",
        )
    if name in _TAKEN:
        raise DefinitionError(f"the dialect {name!r} is MLIR's own", remedy="choose another name")
    return name


def check_field_name(name: str, reserved: Iterable[str], what: str) -> None:
    """Refuse names that mean something else.

    Raises:
      DefinitionError: the name is reserved or starts with an underscore.
    """
    if name.startswith("_"):
        raise DefinitionError(f"{what}: field {name!r} starts with an underscore")
    if name in set(reserved):
        raise DefinitionError(f"{what}: the field name {name!r} is reserved", remedy=f"e.g. {name}_")


def irdl_names(names: Iterable[str]) -> list[str]:
    """Field names as IRDL accepts them: lowercase, single underscores, all different."""
    made: list[str] = []
    for name in names:
        plain = re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "", name.lower())).strip("_") or "field"
        plain = plain if plain[0].isalpha() else f"f{plain}"
        candidate = plain
        number = 2
        while candidate in made:
            candidate = f"{plain}_{number}"
            number += 1
        made.append(candidate)
    return made


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A remedy that names the nearest of ``known``, or all if none is near; ``None`` if there are none."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names[:20])}" if names else None


def documentation(cls: type) -> tuple[str, str]:
    """Summary and description: the first paragraph of the class's own docstring, and the rest."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    summary, _, description = text.partition("\n\n")
    return " ".join(summary.split()), description.strip()
