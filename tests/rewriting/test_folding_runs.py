"""What is folded against what the compiled program computes from the same numbers."""

from __future__ import annotations

import numpy as np
from iree.compiler import ir

from ireekit import Pipeline
from ireekit.passes.constants import constant_attribute, constant_value
from ireekit.passes.folding import fold_constants
from ireekit.passes.walk import find

FLOATS = ["addf", "subf", "mulf", "divf", "maximumf", "minimumf"]
INTEGERS = ["addi", "subi", "muli", "andi", "ori", "xori", "divsi", "remsi", "divui", "maxsi", "minui", "floordivsi"]
EXACT = ["arith.negf", "math.absf", "math.ceil", "math.floor", "math.sqrt"]
ELEMENTARY = ["math.exp", "math.tanh", "math.log", "math.sin", "math.erf", "math.rsqrt"]


def body(x: str, y: str, i: str, j: str) -> tuple[list[str], list[str], list[str]]:
    """Operations over four values, their names, and the types of their results."""
    rows: list[str] = []
    types: list[str] = []
    names: list[str] = []

    def add(row: str, type_: str) -> None:
        names.append(f"%r{len(names)}")
        rows.append(f"{names[-1]} = {row}")
        types.append(type_)

    for name in FLOATS:
        add(f"arith.{name} {x}, {y} : tensor<16xf32>", "tensor<16xf32>")
    for name in INTEGERS:
        add(f"arith.{name} {i}, {j} : tensor<16xi32>", "tensor<16xi32>")
    for name in EXACT + ELEMENTARY:
        add(f"{name} {y} : tensor<16xf32>", "tensor<16xf32>")
    add(f"arith.fptosi {x} : tensor<16xf32> to tensor<16xi32>", "tensor<16xi32>")
    add(f"arith.sitofp {i} : tensor<16xi32> to tensor<16xf32>", "tensor<16xf32>")
    return rows, names, types


def module_text(arguments: str, constants: list[str], x: str, y: str, i: str, j: str) -> str:
    rows, names, types = body(x, y, i, j)
    lines = [*constants, *rows, f"return {', '.join(names)} : {', '.join(types)}"]
    return f"func.func @main({arguments}) -> ({', '.join(types)}) {{\n" + "\n".join(lines) + "\n}"


def test_folded_numbers_are_those_of_the_compiled_program():
    rng = np.random.default_rng(11)
    x = rng.uniform(-9, 9, 16).astype(np.float32)
    y = rng.uniform(0.1, 9, 16).astype(np.float32)
    i = rng.integers(-(2**31), 2**31 - 1, 16, np.int32)
    j = rng.integers(1, 2**20, 16, np.int32)
    program = Pipeline("folding-test").compile(
        module_text(
            "%x: tensor<16xf32>, %y: tensor<16xf32>, %i: tensor<16xi32>, %j: tensor<16xi32>", [], "%x", "%y", "%i", "%j"
        ),
        target="cpu",
    )
    computed = [np.asarray(value) for value in program(x, y, i, j)]
    with ir.Context() as context, ir.Location.unknown():
        context.load_all_available_dialects()
        given = zip("xyij", (x, y, i, j), ("f32", "f32", "i32", "i32"), strict=True)
        constants = [
            f"%{name} = arith.constant {constant_attribute(array, ir.Type.parse(f'tensor<16x{element}>'))}"
            for name, array, element in given
        ]
        module = ir.Module.parse(module_text("", constants, "%x", "%y", "%i", "%j"))
        result = fold_constants(module)
        assert result.folded == len(computed)
        folded = [constant_value(value).broadcast() for value in find(module.operation, "func.return")[0].operands]
    approximate = range(len(FLOATS + INTEGERS + EXACT), len(FLOATS + INTEGERS + EXACT + ELEMENTARY))
    for index, (one, other) in enumerate(zip(folded, computed, strict=True)):
        if index in approximate:  # the program computes these by polynomials
            np.testing.assert_allclose(one, other, rtol=4e-6, atol=1e-6, err_msg=f"result {index}")
        else:
            np.testing.assert_array_equal(one, other, err_msg=f"result {index}")
