"""The dialect of the lit cases, with a format of every kind, and contexts that hold it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from ireekit.bindings.session import CompilerSession
from ireekit.dialect import Dialect

_DEFINITIONS = Path(__file__).parents[1] / "lit" / "assembly" / "Inputs" / "demo.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("assembly_test_dialect", _DEFINITIONS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Annotations are looked up by the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_MODULE = _load()


@pytest.fixture(scope="session")
def demo() -> Dialect:
    return _MODULE.DEMO


@pytest.fixture(scope="module")
def context(demo: Dialect) -> Any:
    session = CompilerSession()
    demo.load(session.context)
    return session.context
