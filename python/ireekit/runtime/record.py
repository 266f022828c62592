"""Results with named fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Record:
    """A result that was a dataclass, named tuple or model output: fields by attribute, key or position.

    Iterates over its values, as a tuple does; fields that are ``None`` are left out of iteration,
    length and positions, as in the model outputs of ``transformers``.
    """

    __slots__ = ("_fields", "_type_name")

    def __init__(self, fields: dict[str, Any], type_name: str | None = None) -> None:
        self._fields = fields
        self._type_name = type_name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(f"{self._label()} has no field {name!r}; it has {', '.join(self._fields)}") from None

    def __getitem__(self, key: str | int | slice) -> Any:
        return self._fields[key] if isinstance(key, str) else self.to_tuple()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.to_tuple())

    def __len__(self) -> int:
        return len(self.to_tuple())

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def keys(self) -> tuple[str, ...]:
        """Field names, those that are ``None`` included."""
        return tuple(self._fields)

    def to_tuple(self) -> tuple[Any, ...]:
        """The values that are not ``None``."""
        return tuple(value for value in self._fields.values() if value is not None)

    def to_dict(self) -> dict[str, Any]:
        """Name to value, ``None`` included."""
        return dict(self._fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return Record, (self._fields, self._type_name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._fields == other._fields

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return f"{self._label()}({', '.join(f'{k}={v!r}' for k, v in self._fields.items())})"

    def _label(self) -> str:
        return (self._type_name or "Record").rpartition(".")[2]
