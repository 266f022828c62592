"""Replacing casts that remain by what the type converter makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ireekit.errors import PassError
from ireekit.passes.conversion.types import Materialization, TypeConverter
from ireekit.passes.rewrite.rewriter import replacement_values

if TYPE_CHECKING:
    from iree.compiler import ir


def materialize_casts(casts: Sequence[ir.Operation], converter: TypeConverter) -> None:
    """Ask the materializations of ``converter`` for each cast; those that none makes stay.

    Raises:
      PassError: one returns values of other types.
    """
    from iree.compiler import ir

    for cast in casts:
        values, results = list(cast.operands), list(cast.results)
        types = [result.type for result in results]
        # Back to one old type, or on to what one old type becomes.
        to_source = len(types) == 1 and converter.converted(types[0]) == [value.type for value in values]
        functions = converter.source_materializations if to_source else converter.target_materializations
        with ir.InsertionPoint(cast), cast.location:
            made = _first(functions, values, types)
        if made is None:
            continue
        if [value.type for value in made] != types:
            raise PassError(
                f"a materialization makes ({', '.join(str(value.type) for value in made)}) "
                f"where ({', '.join(map(str, types))}) is needed"
            )
        for result, value in zip(results, made, strict=True):
            result.replace_all_uses_with(value)


def _first(functions: Sequence[Materialization], values: Sequence[Any], types: Sequence[Any]) -> list[Any] | None:
    for function in functions:
        made = function(values, types)
        if made is not None:
            return replacement_values(made)
    return None
