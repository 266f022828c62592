"""Files in custom assembly, as the frontend reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ireekit.dialect import AssemblyError
from ireekit.frontends.mlir.source import read_module

TEXT = "module {\n  demo.func @f {\n    demo.options limit(3)\n  }\n}\n"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_file(ending: str, context: Any, demo: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.mlir"
    path.write_bytes(TEXT.replace("\n", ending).encode())
    module = read_module(path, context, [demo])
    op = module.body.operations[0]
    assert str(op.location) == f'loc("{path}":2:3)'
    assert str(read_module(TEXT, context, [demo])) == str(module)


def test_error_names_the_file(context: Any, demo: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.mlir"
    path.write_text(TEXT.replace("(3)", "(x)"))
    with pytest.raises(AssemblyError, match="expected attribute 'limit', an integer") as caught:
        read_module(path, context, [demo])
    assert caught.value.location == f"{path}:3:24"


def test_bytecode(context: Any, demo: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.mlirbc"
    with path.open("wb") as file:
        read_module(TEXT, context, [demo]).operation.write_bytecode(file)
    assert str(read_module(path, context, [demo])) == str(read_module(TEXT, context, [demo]))
