"""What ``ireekit opt --list-passes`` and ``--show-dialects`` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ireekit.dialect import Dialect
    from ireekit.passes import PassRegistry


def passes_text(registry: PassRegistry) -> str:
    """Every pass with its anchor, options and statistics, the Python ones first."""
    from ireekit.passes.listing import list_passes

    lines: list[str] = []
    section = ""
    for row in list_passes(registry):
        title = "passes of the compiler:" if row.origin == "native" else "passes in Python:"
        if title != section:
            lines += [title]
            section = title
        anchor = f" on {row.anchor}" if row.anchor else ""
        lines.append(f"  --{row.name}{anchor}: {row.summary or row.origin}")
        lines += [f"      {name}: {text}" for name, text in row.options.items()]
        lines += [f"      counts {name}: {text}" for name, text in row.statistics.items()]
    return "\n".join(lines)


def dialects_text(given: tuple[Dialect, ...]) -> str:
    """Names of the compiler's dialects, and of those in Python with where they are from."""
    from ireekit.dialect import installed_dialects

    lines = ["dialects in Python:"]
    lines += [f"  {dialect.name}: given with --load or --pipeline" for dialect in given]
    lines += [f"  {name}: {entry.value}" for name, entry in sorted(installed_dialects().items())]
    if len(lines) == 1:
        lines.append("  none")
    return "\n".join([*lines, "dialects of the compiler:", f"  {', '.join(native_dialects())}"])


def native_dialects() -> tuple[str, ...]:
    """Names of the compiler's dialects, as it lists them itself when it meets an unknown one."""
    from iree.compiler import ir

    try:
        ir.Module.parse("unknown_dialect.op", context=ir.Context())
    except ir.MLIRError as error:
        notes = [note.message for row in error.error_diagnostics for note in row.notes]
        listed = next((note for note in notes if ": " in note), "")
        names = listed.partition(": ")[2].partition(" (* ")[0].split(", ")
        return tuple(name.removesuffix(" (*)") for name in names if name)
    return ()
