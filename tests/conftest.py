"""For every test: a cache of its own session, and what this machine has."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

_died: list[str] = []


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: Any, sched: Any) -> None:
    """Run the test of a worker that died in native code once more, so that one that always dies is a failure."""
    if crashitem in _died:
        return
    _died.append(crashitem)
    sched.mark_test_pending(crashitem)
    report.outcome = "rerun"


def pytest_configure() -> None:
    """Interruptions reach the processes of tests even where this one was started in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The suites of lit first: the longest tests, with which one worker would else be alone at the end."""
    items.sort(key=lambda item: item.path.name != "test_lit.py")


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


@pytest.fixture(autouse=True)
def unused_devices_released() -> Iterator[None]:
    """No test runs beside the threads of a Vulkan device of another one: on Mesa's software device these never rest."""
    yield
    runtime = sys.modules.get("ireekit.runtime.device")
    if runtime is not None:
        runtime.release_devices("vulkan")


@pytest.fixture(scope="session")
def build_wheel() -> Callable[..., None]:
    """``build_wheel(folder, **environment)`` builds the wheel of this tree; skips without its back-end."""
    return _build_wheel


@pytest.fixture(scope="session")
def usual_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built once for all processes of the session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "usual-wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        if not list(folder.glob("*.whl")):
            _build_wheel(folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _build_wheel(folder: Path, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "-w", folder, "-q", "--disable-pip-version-check"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    unreachable = ("ConnectionError", "No matching distribution", "timed out")
    if done.returncode and any(word in done.stderr for word in unreachable):
        pytest.skip(f"pip cannot fetch the build back-end here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


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
