"""``ireekit doctor``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from ireekit.cli.output import counted, human_bytes, print_json

if TYPE_CHECKING:
    from ireekit.cli.checkup import Check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what is here and what to install for what is missing; 0 where the main job can be done here."""
    from ireekit.cli import checkup

    system = checkup.system()
    sections = {
        "installation": [checkup.compiler(), checkup.runtime()],
        "capabilities": checkup.capability_checks(),
        "drivers": checkup.driver_checks(),
        "frontends": checkup.frontend_checks(),
        "pipelines": checkup.pipeline_checks(),
    }
    cache = checkup.cache_facts()
    main_job = checkup.main_job()
    if arguments.json:
        print_json(
            {
                "ok": main_job.ok,
                "system": system,
                **{name: [asdict(check) for check in checks] for name, checks in sections.items()},
                "cache": cache,
                "main_job": asdict(main_job),
            }
        )
        return 0 if main_job.ok else 1
    for name, value in system.items():
        print(f"{name}: {value}")
    for name, checks in sections.items():
        _print_section(name, checks)
    size = human_bytes(cache["bytes"])
    print(f"cache: {cache['folder']}, {counted(cache['entries'], 'program')}, {size}")
    _print_section("main job", [main_job])
    return 0 if main_job.ok else 1


def _print_section(title: str, checks: Sequence[Check]) -> None:
    print(f"{title}:")
    width = max((len(check.name) for check in checks), default=0)
    for check in checks:
        mark = "ok     " if check.ok else "missing"
        print(f"  {mark}  {check.name:<{width}}  {check.detail}".rstrip())
        if check.remedy:
            print(f"           {'':<{width}}  {'to be safe' if check.ok else 'remedy'}: {check.remedy}")
    if not checks:
        print("  none")
