"""``ireekit targets``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ireekit.cli.output import counted, print_json, print_table

if TYPE_CHECKING:
    from ireekit.targets import Family


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("family", nargs="?", metavar="FAMILY", help="list the architectures of this family")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the table of targets, or one family's architectures.

    Raises:
      TargetError: there is no such family.
    """
    from ireekit.targets import FAMILIES, Target

    families = list(FAMILIES.values())
    if arguments.family is not None:
        # Parsing refuses an unknown name, with the nearest one.
        families = [FAMILIES.get(arguments.family) or Target.parse(arguments.family).row]
    if arguments.json:
        print_json({"targets": [_as_json(family) for family in families]})
    elif arguments.family is None:
        _print_families(families)
    else:
        _print_architectures(families[0])
    return 0


def _print_families(families: list[Family]) -> None:
    print_table(
        ("target", "default", "architectures", "devices", "description"),
        [
            (
                family.name,
                family.default or "of the device here",
                str(len(family.architectures)),
                ", ".join(family.drivers),
                family.description,
            )
            for family in families
        ],
    )
    print("`ireekit targets NAME` lists the architectures of one, given as NAME:ARCHITECTURE")


def _print_architectures(family: Family) -> None:
    print_table(
        ("target", "description"),
        [
            (
                f"{family.name}:{name}",
                architecture.description + (" (default)" if name == family.default else ""),
            )
            for name, architecture in family.architectures.items()
        ],
    )
    for name, architecture in family.architectures.items():
        if architecture.note:
            print(f"{family.name}:{name}: {architecture.note}")
    print(f"{counted(len(family.architectures), 'architecture')}; runs on: {', '.join(family.drivers)}")


def _as_json(family: Family) -> dict[str, Any]:
    return {
        "name": family.name,
        "description": family.description,
        "default": family.default,
        "drivers": list(family.drivers),
        "static_library": family.static_library,
        "architectures": [
            {
                "name": name,
                "description": architecture.description,
                "flags": list(architecture.flags),
                "note": architecture.note,
            }
            for name, architecture in family.architectures.items()
        ],
    }
