"""What commands print: tables, JSON, sizes and times in units people read."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: drawn in a terminal, plain aligned columns for a pipe or file."""
    if sys.stdout.isatty():
        _print_drawn(headers, rows)
        return
    lines = [[header.upper() for header in headers], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    numbers = _number_columns(rows)
    for line in lines:
        cells = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def print_json(data: Any) -> None:
    """Print ``data`` as indented JSON."""
    print(json.dumps(data, indent=2))


def human_bytes(count: int) -> str:
    """``812 B``, ``12.0 KiB``, ``3.4 MiB``, ..."""
    size = float(count)
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


def counted(count: int, noun: str) -> str:
    """``1 entry point``, ``2 entry points``."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _number_columns(rows: Sequence[Sequence[str]]) -> set[int]:
    return {
        index
        for index, column in enumerate(zip(*rows, strict=True))
        if all(re.fullmatch(r"[\d.,]*%?", cell) for cell in column)
    }


def _print_drawn(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    numbers = _number_columns(rows)
    table = Table(header_style="bold", box=box.SIMPLE)
    for index, header in enumerate(headers):
        # Folded rather than cut: a URI is there to be copied.
        table.add_column(header, justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        # As Text: shapes in brackets must not be taken for markup.
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
