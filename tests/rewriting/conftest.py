"""Contexts and modules for the tests of rewriting."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from iree.compiler import ir


@pytest.fixture
def context() -> Iterator[ir.Context]:
    with ir.Context() as context:
        context.load_all_available_dialects()
        context.allow_unregistered_dialects = True
        yield context


@pytest.fixture
def parse(context: ir.Context) -> Callable[[str], ir.Module]:
    return lambda text: ir.Module.parse(text, context)


@pytest.fixture(scope="session")
def survives() -> Callable[..., str]:
    """Runs a script in a process of its own, which must end in order; returns what it printed."""

    def run(script: Path, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    return run


def lines(module: Any, *names: str) -> list[str]:
    """The operations of a module that are called one of ``names``, in order."""
    from ireekit.passes.walk import walk

    return [op.name for op in walk(module.operation) if not names or op.name in names]
