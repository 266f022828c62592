"""``ireekit devices``."""

from __future__ import annotations

import argparse

from ireekit.cli.output import print_json, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print every device here, what to compile for each, and why drivers are missing."""
    from ireekit.runtime import devices, drivers
    from ireekit.targets import target_of_device

    rows = [(device, target_of_device(device.driver, device.name)) for device in devices()]
    states = drivers()
    if arguments.json:
        print_json(
            {
                "devices": [
                    {
                        "uri": device.uri,
                        "driver": device.driver,
                        "index": device.index,
                        "name": device.name,
                        "target": target,
                    }
                    for device, target in rows
                ],
                "drivers": [
                    {"name": state.name, "available": state.available, "reason": state.reason} for state in states
                ],
            }
        )
        return 0
    print_table(
        ("device", "target", "name", "uri"),
        [(_short_name(device.driver, device.index), target or "", device.name, device.uri) for device, target in rows],
    )
    for state in states:
        if not state.available:
            print(f"no {state.name}: {state.reason}")
    return 0


def _short_name(driver: str, index: int) -> str:
    return driver if driver.startswith("local-") else f"{driver}:{index}"
