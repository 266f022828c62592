"""For every test: a cache of its own session, and what this machine has."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_died: list[str] = []


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: Any, sched: Any) -> None:
    """Run the test of a worker that died in native code once more, so that one that always dies is a failure."""
    if crashitem in _died:
        return
    _died.append(crashitem)
    sched.mark_test_pending(crashitem)
    report.outcome = "rerun"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for test in _died:
        terminalreporter.write_line(f"DIED in native code, then run once more: {test}", red=True)


@pytest.fixture(scope="session", autouse=True)
def ireekit_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache folder of this session, empty at its start; processes started by tests inherit it."""
    folder = tmp_path_factory.mktemp("ireekit-cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IREEKIT_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def vulkan() -> str:
    """Name of the first Vulkan device here; tests that ask for it are skipped where there is none."""
    name = _vulkan_device()
    if name is None:
        pytest.skip("no Vulkan device here: install a driver such as mesa-vulkan-drivers")
    return name


@functools.cache
def _vulkan_device() -> str | None:
    from ireekit.runtime import devices

    return next((device.name for device in devices() if device.driver == "vulkan"), None)
