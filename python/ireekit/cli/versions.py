"""Versions of installed packages."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

NOT_INSTALLED = "not installed"


def package_version(distribution: str) -> str:
    """Version of an installed distribution, or :data:`NOT_INSTALLED`; a program is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return NOT_INSTALLED
