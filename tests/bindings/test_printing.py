"""Inside of hooks operations are printed in their own scope."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from iree.compiler import ir

from ireekit.bindings.printing import _in_scope, printing_locally
from ireekit.dialect.assembly import print_op

TEXT = """
module {
  func.func @outer(%a: f32) -> f32 {
    %0 = arith.addf %a, %a : f32
    %1 = arith.mulf %0, %a : f32
    return %1 : f32
  }
}
"""


@pytest.fixture
def module() -> Iterator[Any]:
    with ir.Context(), ir.Location.unknown():
        yield ir.Module.parse(TEXT)


@pytest.fixture
def product(module: Any) -> Any:
    return module.body.operations[0].regions[0].blocks[0].operations[1]


def test_the_text_is_the_same_up_to_what_is_around(module: Any, product: Any) -> None:
    function = module.body.operations[0]
    things = (module, function, product, product.operation, product.result, product.operands[0], function.arguments[0])
    outside = [str(each) for each in things]
    with printing_locally():
        assert [str(each) for each in things] == outside
        assert product.result.get_name() == "%1"
        assert str(function.regions[0].blocks[0]).splitlines()[0] == "%0 = arith.addf %arg0, %arg0 : f32"
    assert str(function.regions[0].blocks[0]).startswith("^bb0")


def test_print_and_get_asm_take_what_they_took(module: Any, product: Any) -> None:
    state = ir.AsmState(module.operation)
    with printing_locally():
        for options in ({}, {"use_local_scope": False}, {"print_generic_op_form": True}):
            file = io.StringIO()
            product.print(file=file, **options)
            assert file.getvalue().strip() == product.get_asm(**options).strip()
        file = io.StringIO()
        product.print(state, file)
        assert "arith.mulf" in file.getvalue()
        assert product.result.get_name(state) == "%1"
        assert isinstance(product.get_asm(True), bytes)


def test_other_threads_print_as_ever(product: Any) -> None:
    found: list[str] = []
    with printing_locally():
        thread = threading.Thread(target=lambda: found.append(str(product.operation.parent.regions[0].blocks[0])))
        thread.start()
        thread.join()
    assert found[0].startswith("^bb0")


def test_custom_assembly_is_printed_in_the_scope_of_its_thread_too(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, given = module.body.operations[0].operation, []
    with printing_locally():
        scoped = ir.Operation.get_asm.__wrapped__
    monkeypatch.setattr(
        ir._OperationBase,
        "get_asm",
        _in_scope(lambda *words, **options: given.append(options) or scoped(*words, **options), 7, ir.AsmState),
    )
    for local in (False, True):
        assert "arith.mulf" in print_op(function, (), local_scope=local)
        with printing_locally():
            assert "arith.mulf" in print_op(function, (), local_scope=local)
    assert [each.get("use_local_scope", False) for each in given] == [False, True, True, True]
