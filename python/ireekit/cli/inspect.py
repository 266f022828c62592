"""``ireekit inspect``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ireekit.cli.output import human_bytes, print_json
from ireekit.cli.reports import REPORTS, print_report

if TYPE_CHECKING:
    from ireekit.artifact import Artifact


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("artifact", metavar="ARTIFACT", help="a .vmfb")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what can be called in a compiled program, how it was made, and its sizes and times."""
    from ireekit.artifact import Artifact

    artifact = Artifact.open(arguments.artifact)
    if arguments.json:
        print_json(_as_json(artifact))
        return 0
    print(f"{arguments.artifact}: {human_bytes(artifact.size)}")
    for name, value in _facts(artifact):
        print(f"  {name + ':':<12} {value}")
    for entry in artifact.entry_points:
        print(f"entry point {entry.name}" + (" (keeps state between calls)" if entry.stateful else ""))
        for leaf in entry.inputs:
            print(f"  in   {leaf}")
        for leaf in entry.results:
            print(f"  out  {leaf}")
    for report in REPORTS:
        print()
        print_report(report, artifact)
    return 0


def _facts(artifact: Artifact) -> list[tuple[str, str]]:
    metadata = artifact.metadata
    if metadata is None:
        return [("made by", "not ireekit: nothing is known but what the program itself says")]
    options = " ".join(f"{name}={value}" for name, value in metadata.options.items())
    return [
        ("targets", ", ".join(metadata.targets)),
        ("made by", f"ireekit {metadata.ireekit}, pipeline {metadata.pipeline}"),
        ("compiler", metadata.compiler),
        ("from", metadata.framework),
        *([("options", options)] if options else []),
        ("flags", " ".join(metadata.flags)),
        *(("weights", f"{p.file} as {p.scope!r}, {human_bytes(p.byte_size)}") for p in metadata.parameters),
    ]


def _as_json(artifact: Artifact) -> dict[str, Any]:
    metadata = artifact.metadata
    report = artifact.size_report()
    return {
        "size": artifact.size,
        "entry_points": [entry.to_json() for entry in artifact.entry_points],
        "sizes": report.totals(),
        "parts": [{"kind": kind, "name": name, "size": size} for kind, name, size in report.parts],
        "made": None
        if metadata is None
        else {
            "ireekit": metadata.ireekit,
            "compiler": metadata.compiler,
            "framework": metadata.framework,
            "pipeline": metadata.pipeline,
            "passes": list(metadata.passes),
            "targets": list(metadata.targets),
            "flags": list(metadata.flags),
            "options": dict(metadata.options),
            "phase_seconds": dict(metadata.phase_seconds),
            "input_digest": metadata.input_digest,
            "parameters": [vars(reference) for reference in metadata.parameters],
        },
    }
