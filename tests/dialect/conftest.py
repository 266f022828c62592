"""Contexts of both MLIR packages."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def context() -> Any:
    """A context of IREE's bindings."""
    from iree.compiler import ir

    return ir.Context()


@pytest.fixture
def torch_mlir_context() -> Any:
    """A context of torch-mlir's bindings."""
    torch_mlir = pytest.importorskip("torch_mlir.ir", reason="the package torch-mlir is not installed")
    return torch_mlir.Context()
