"""For every test: a cache of its own session, and what this machine has."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest


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
