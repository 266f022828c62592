"""What is generated from a dialect, how dialects are found, and what type checkers make of definitions."""

from __future__ import annotations

import ast
import gc
import json
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ireekit.dialect import Dialect, Op, Operand, Result, find_dialect, installed_dialects, operand, registry, result
from ireekit.dialect.reference import markdown, stub
from ireekit.errors import PipelineError

DEFINITION = '''
"""A dialect as its author writes it."""

from __future__ import annotations

from collections.abc import Sequence

from iree.compiler import ir

from ireekit.dialect import (
    AttrDef, Dialect, EnumAttr, Op, Operand, Region, Result, Successor, TypeDef, attribute, operand,
    optional_attribute, optional_operand, optional_result, parameter, region, result, successor, variadic_operand,
    variadic_region, variadic_result, variadic_successor,
)
from ireekit.dialect.constraints import (
    F16, F32, I64, AnyFloat, AnyOf, AnyType, ArrayAttr, ElementsAttr, IntegerAttr, SameElementType, ShapeRelation,
    StringAttr, Tensor, UnitAttr, Var,
)
from ireekit.dialect.traits import Pure, Terminator


class Tile(TypeDef):
    """A tile in local memory."""

    name = "refe.tile"
    element: ir.Type = parameter(AnyOf(F32, F16), "of the elements")
    rows: int = parameter(IntegerAttr(min=1))


class Layout(AttrDef):
    name = "refe.layout"
    order: str = parameter(StringAttr())


class Mode(EnumAttr):
    """How exact."""

    name = "refe.mode"
    fast = 0
    exact = 1


class MatMul(Op):
    """Product of two factors.

    With | and more.
    """

    name = "refe.matmul"
    lhs: Operand = operand(Tensor(Var("T", AnyFloat), rank=2), "left factor")
    rhs: Operand = operand(Tensor(Var("T"), rank=2))
    bias: Operand | None = optional_operand(AnyType)
    parts: Sequence[Operand] = variadic_operand(AnyType)
    axis: int = attribute(I64, default=0)
    mode: Mode = attribute(Mode, "how", default=Mode.fast)
    layout: Layout | None = optional_attribute(Layout)
    names: Sequence[str] = attribute(ArrayAttr(StringAttr()))
    weights: object = optional_attribute(ElementsAttr())
    quiet: bool = optional_attribute(UnitAttr())
    body: Region = region(blocks=1, arguments=(F32,))
    arms: Sequence[Region] = variadic_region()
    out: Result = result(Tensor(Var("T"), rank=2))
    some: Result | None = optional_result(AnyType)
    rest: Sequence[Result] = variadic_result(AnyType)
    traits = (Pure,)
    constraints = (SameElementType("lhs", "out"), ShapeRelation("lhs[1] == rhs[0]"))

    def verify(self) -> None:
        if self.axis > 3 and self.mode is Mode.fast:
            self.error("not fast")

    @classmethod
    def infer(cls, lhs: ir.Value) -> ir.Type:
        return lhs.type


class Branch(Op):
    name = "refe.branch"
    to: Successor = successor()
    others: Sequence[Successor] = variadic_successor()
    traits = (Terminator,)


refe = Dialect(
    "refe", ops=(MatMul, Branch), types=(Tile,), attributes=(Layout,), enums=(Mode,),
    description="For tests.\\n\\nOnly.",
)
'''

USE = """
from iree.compiler import ir

from ireekit.dialect import view

from {module} import Branch, Layout, MatMul, Mode, Tile, refe


def right(a: ir.Value, block: ir.Block, context: ir.Context) -> int:
    refe.load(context)
    made = MatMul(lhs=a, rhs=a, names=["x"])
    MatMul(
        lhs=a, rhs=a, bias=a, parts=[a, a], mode=Mode.exact, axis=3, quiet=True, names=[], out=a.type,
        layout=Layout(order="row"), location=ir.Location.unknown(), at=block, body=[a.type], result_types=[a.type],
    )
    Branch(to=block, others=[block], at=made)
    made.axis = 3
    values: tuple[ir.Value, ir.Value, ir.Value | None, int, Mode, bool] = (
        made.lhs, made.out, made.bias, made.axis, made.mode, made.quiet,
    )
    tile = Tile(element=a.type, rows=4)
    number: int = tile.rows
    kind: ir.Type = Tile.get(element=a.type, rows=number)
    match view(made.operation):
        case MatMul(lhs=lhs, mode=Mode.fast, out=out):
            return len([lhs.type, out.type, kind, *values])
        case _:
            return 0


def wrong(a: ir.Value, block: ir.Block) -> None:
    MatMul(lhs=a, names=["x"])  # line {first}
    MatMul(lhs=a, rhs=a, names=["x"], mode=3)
    MatMul(lhs=a, rhs=a, names=["x"], nope=1)
    MatMul(a, a, names=["x"])
    Tile(element=a.type, rows="x")
    Branch(others=[block])
"""


def _dialect(folder: Path) -> Any:
    (folder / "refe_definition.py").write_text(DEFINITION)
    scope: dict[str, Any] = {"__name__": "refe_definition"}
    exec(compile(DEFINITION, str(folder / "refe_definition.py"), "exec", dont_inherit=True), scope)
    return scope["refe"]


def test_markdown(tmp_path: Path) -> None:
    text = markdown(_dialect(tmp_path))
    for part in (
        "# Dialect `refe`\n\nFor tests.\n\nOnly.",
        "### `refe.matmul`\n\nProduct of two factors.\n\nWith | and more.",
        "| `lhs` | 1 | rank-2 tensor of floating-point type T | left factor |",
        "| `bias` | 0 or 1 | any type |",
        "| `axis` | i64 attribute | `0` |",
        "| `mode` | refe.mode (fast, exact) | `Mode.fast` | how |",
        "| `names` | array of string | required |",
        "| `arms` (any number) | any | any |",
        "Traits: `Pure`",
        "- lhs[1] == rhs[0]",
        "### `!refe.tile`",
        "### `#refe.layout`",
        "| `exact` | `1` |",
    ):
        assert part in text
    assert all(line.count("|") == head.count("|") for head, line in _table_lines(text))


def _table_lines(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    head = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            head = ""
            continue
        head = head or line
        found.append((head, re.sub(r"\\\|", "", line)))
    return found


def test_stub_is_python(tmp_path: Path) -> None:
    text = stub(_dialect(tmp_path))
    classes = {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    assert classes == {"Mode", "Layout", "Tile", "MatMul", "Branch"}
    assert "import numpy as np" in text
    assert text.endswith("refe: Dialect\n")


def test_type_checkers_understand_both(tmp_path: Path) -> None:
    """pyright in strict mode: the definition itself, its use, and its use through the generated stub."""
    root = Path(__file__).parents[2]
    (tmp_path / "refe_stub.pyi").write_text(stub(_dialect(tmp_path)))
    files = []
    for module in ("refe_definition", "refe_stub"):
        text = USE.format(module=module, first="first")
        (tmp_path / f"use_{module}.py").write_text(text)
        files.append(tmp_path / f"use_{module}.py")
    first = 1 + text.splitlines().index('    MatMul(lhs=a, names=["x"])  # line first')
    configuration = {
        "typeCheckingMode": "strict",
        "stubPath": str(root / "typings"),
        "extraPaths": [str(root / "python")],
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(configuration))
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--outputjson",
        "--pythonpath",
        sys.executable,
        "--project",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [row for row in json.loads(done.stdout)["generalDiagnostics"] if row["severity"] == "error"]
    assert [row for row in found if Path(row["file"]) not in files] == []
    for file in files:
        lines = sorted({row["range"]["start"]["line"] + 1 for row in found if Path(row["file"]) == file})
        assert lines == list(range(first, first + 6)), file.name


class Only(Op):
    name = "regi.only"
    it: Operand = operand()
    out: Result = result()


def _entries(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    rows = [EntryPoint(name, value, registry.ENTRY_POINTS) for name, value in values.items()]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [row for row in rows if row.group == group])


def test_installed_dialects_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = Dialect("regi", ops=(Only,))
    monkeypatch.setitem(sys.modules, "regi_package", SimpleNamespace(regi=installed, other=3))  # type: ignore[arg-type]
    _entries(monkeypatch, regi="regi_package:regi", wrong="regi_package:other", gone="no_such_package:x")
    assert list(installed_dialects()) == ["regi", "wrong", "gone"]
    assert find_dialect("regi") is installed
    with pytest.raises(PipelineError, match="no installed dialect is called 'rigi'") as caught:
        find_dialect("rigi")
    assert caught.value.remedy == "did you mean 'regi'?"
    with pytest.raises(PipelineError, match="is no Dialect but int"):
        find_dialect("wrong")
    with pytest.raises(PipelineError, match="cannot be imported from no_such_package:x: ModuleNotFoundError"):
        find_dialect("gone")


def test_dialects_of_this_process_are_found_while_they_live(monkeypatch: pytest.MonkeyPatch) -> None:
    _entries(monkeypatch)
    here = Dialect("brief")
    assert find_dialect("brief") is here
    del here
    gc.collect()
    with pytest.raises(PipelineError, match="no installed dialect is called 'brief'"):
        find_dialect("brief")
