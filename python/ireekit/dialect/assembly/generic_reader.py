"""Reads operations in the generic form, as the native printer writes them, into :class:`Instance`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ireekit.dialect.assembly.dict_elements import parse_entries
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.instance import Instance, UnprintableError, segment_sizes, split_fields
from ireekit.dialect.assembly.lexer import Cursor, split_list, type_end
from ireekit.dialect.model import OPERAND_SEGMENTS, RESULT_SEGMENTS, OpModel

_OPERANDS = re.compile(r"([^)]*)\)(?:\[([^\]]*)\])?")
_PLAIN_TYPES = re.compile(r' : \(([^()"\n]*+)\) -> ([^()"\n\[ <]++(?:<[^()"\n<>]*+>)?)(?=[ \n]|\Z)')

RegionReader = Callable[[str, int], tuple[str, int]]
"""``(text, offset of "{") -> (the region as it is to be printed, offset after it)``."""


def read_generic(
    model: OpModel, text: str, position: int, defaults: Mapping[str, str], read_region: RegionReader
) -> tuple[Instance, int]:
    """The operation whose operands begin at ``position`` (after ``"name"(``), and the offset where it ends.

    Its location, if one follows, is not part of it.

    Raises:
      UnprintableError: it does not fit its definition.
    """
    match = _OPERANDS.match(text, position)
    if match is None:
        raise UnprintableError
    cursor = Cursor(text, match.end())
    attributes: dict[str, str] = {}
    try:
        if text.startswith(" <{", cursor.position):
            cursor.position += 3
            attributes |= {name: value for _, name, value in parse_entries(cursor)}
            cursor.expect(">")
        regions = _regions(cursor, read_region)
        if text.startswith(" {", cursor.position):
            cursor.position += 2
            attributes |= {name: value for _, name, value in parse_entries(cursor)}
        operand_types, result_types = _types(cursor)
    except Fault as fault:
        raise UnprintableError from fault
    return (
        _instance(model, match, attributes, defaults, regions, operand_types, result_types),
        cursor.position,
    )


def _regions(cursor: Cursor, read_region: RegionReader) -> list[str]:
    if not cursor.text.startswith(" ({", cursor.position):
        return []
    cursor.position += 2
    regions: list[str] = []
    while True:
        region, cursor.position = read_region(cursor.text, cursor.ahead())
        regions.append(region)
        if not cursor.accept(","):
            cursor.expect(")")
            return regions


def _types(cursor: Cursor) -> tuple[list[str], list[str]]:
    plain = _PLAIN_TYPES.match(cursor.text, cursor.position)
    if plain is not None:
        cursor.position = plain.end()
        listed = plain[1]
        return list(split_list(listed)) if "<" in listed else listed.split(", ") if listed else [], [plain[2]]
    cursor.expect(":")
    operands = list(split_list(cursor.balanced()[1:-1]))
    cursor.expect("->")
    if cursor.peek("("):
        return operands, list(split_list(cursor.balanced()[1:-1]))
    start = cursor.ahead()
    end = type_end(cursor.text, start)
    if end is None:
        raise cursor.fault("expected a type")
    cursor.position = end
    return operands, [cursor.text[start:end]]


def _instance(
    model: OpModel,
    match: re.Match[str],
    attributes: dict[str, str],
    defaults: Mapping[str, str],
    regions: list[str],
    operand_types: list[str],
    result_types: list[str],
) -> Instance:
    operand_sizes = segment_sizes(attributes.pop(OPERAND_SEGMENTS, None)) if model.needs_operand_segments else None
    result_sizes = segment_sizes(attributes.pop(RESULT_SEGMENTS, None)) if model.needs_result_segments else None
    operands = match[1].split(", ") if match[1] else []
    values = split_fields(model.operands, operands, operand_sizes)
    types = split_fields(model.operands, operand_types, operand_sizes)
    results = split_fields(model.results, result_types, result_sizes)
    successors = _deal([(row.name, row.variadic) for row in model.successors], match[2].split(", ") if match[2] else [])
    dealt = _deal([(row.name, row.variadic) for row in model.regions], regions)
    if values is None or types is None or results is None or successors is None or dealt is None:
        raise UnprintableError
    types |= results
    return Instance(values, types, attributes, defaults, dealt, successors)


def _deal(fields: list[tuple[str, bool]], items: list[str]) -> dict[str, list[str]] | None:
    """``items`` dealt out to named fields, of which the last may be ``variadic``."""
    if len(items) < sum(not variadic for _, variadic in fields):
        return None
    dealt: dict[str, list[str]] = {}
    rest = items
    for name, variadic in fields:
        count = len(rest) if variadic else 1
        dealt[name], rest = rest[:count], rest[count:]
    return None if rest else dealt
