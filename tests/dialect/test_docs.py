"""What the documentation says is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import ireekit.dialect
from ireekit.dialect import constraints, traits
from ireekit.dialect.reference import traits_table

PAGE = Path(__file__).parents[2] / "docs" / "dialects.md"


def test_table_of_traits_is_current() -> None:
    assert traits_table() in PAGE.read_text()


def test_examples_run(context: Any) -> None:
    """The definition of the page, and its use."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    scope: dict[str, Any] = {"__name__": "docs"}
    for block in blocks[:2]:
        exec(compile(block, str(PAGE), "exec", dont_inherit=True), scope)
    from iree.compiler import ir

    with scope["context"]:
        module = ir.Module.parse("func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) { return }")
        operations = module.body.operations[0].regions[0].blocks[0]
        scope |= {"a": operations.arguments[0], "b": operations.arguments[1]}
        scope |= {"tensor_type": ir.Type.parse("tensor<2x4xf32>"), "block": operations}
        building, matching = blocks[2].split("match ")
        exec(
            compile(building.replace("InsertionPoint(", "InsertionPoint.at_block_terminator("), str(PAGE), "exec"),
            scope,
        )
        scope["operation"] = scope["product"].operation
        exec(compile(f"match {matching}", str(PAGE), "exec"), scope)
        assert scope["x"] == scope["a"]
        scope["verify"](module, [scope["acme"]])
        text = ireekit.dialect.print_op(module, [scope["acme"]])
        assert "acme.matmul %arg0, %arg1" in text


def test_every_name_of_the_page_exists() -> None:
    """Constraints, traits and functions that it mentions."""
    text = PAGE.read_text()
    tables = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    names = set(re.findall(r"`(?:\\\||[^`])*?\b([A-Z][A-Za-z0-9]+)(?=\(|`)", tables))
    homes = (constraints, traits, ireekit.dialect)
    own = {"Tile", "Value", "Block", "None", "Operand", "Result", "Region", "Successor"}
    assert {name for name in names - own if not any(hasattr(home, name) for home in homes)} == set()
    assert len(names) > 40
