"""Traits of operations defined at run time, each shown by what the compiler's own passes and verifier then do."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ireekit.bindings import CompilerSession, build_info
from ireekit.bindings.capsules import context_address
from ireekit.bindings.erasure import address
from ireekit.bindings.irdl import load_irdl
from ireekit.bindings.native import string_ref
from ireekit.bindings.symbols import addresses
from ireekit.bindings.trait_table import compiler_symbols, type_id_symbol
from ireekit.bindings.traits import (
    NATIVE_TRAITS,
    Attachment,
    Effect,
    TraitSpec,
    attach_dialect_traits,
    attach_traits,
    native_traits_problem,
)
from ireekit.errors import DialectError

# What traits do needs the native library and a compiler build it was verified with; how it degrades is tested below.
natively = pytest.mark.skipif(native_traits_problem() is not None, reason=str(native_traits_problem()))

# Operands and results of one type, any number; `body` has a region, `const` a value, `global` a name.
TEXT = """
irdl.dialect @acme {
  irdl.operation @fn { %a = irdl.any irdl.operands(x: variadic %a) irdl.results(r: variadic %a) }
  irdl.operation @mixed { %a = irdl.any %b = irdl.any irdl.operands(x: %a, y: %b) irdl.results(r: %a) }
  irdl.operation @body {
    %a = irdl.any
    %b = irdl.region
    irdl.operands(x: variadic %a)
    irdl.regions(b: %b)
    irdl.results(r: variadic %a)
  }
  irdl.operation @end { %a = irdl.any irdl.operands(x: variadic %a) }
  irdl.operation @const { %a = irdl.any %v = irdl.any irdl.attributes {"value" = %v} irdl.results(r: %a) }
  irdl.operation @other { %a = irdl.any %v = irdl.any irdl.attributes {"value" = %v} irdl.results(r: %a) }
  irdl.operation @global { %n = irdl.any irdl.attributes {"sym_name" = %n} }
}
"""


def specs(traits: Sequence[str | TraitSpec]) -> list[TraitSpec]:
    return [TraitSpec(trait) if isinstance(trait, str) else trait for trait in traits]


def attach(context: Any, **traits: Sequence[str | TraitSpec]) -> dict[str, Attachment]:
    """Attach traits to operations of the dialect, each given by its bare name; the result by ``"op trait"``."""
    attached = attach_dialect_traits(context, {f"acme.{op}": specs(names) for op, names in traits.items()})
    return {f"{op[5:]} {name}": row for op, rows in attached.items() for name, row in rows.items()}


def fresh(**traits: Sequence[str | TraitSpec]) -> Any:
    """A context with the dialect and these traits of its operations."""
    from iree.compiler import ir

    context = ir.Context()
    load_irdl(TEXT, context)
    attach(context, **traits)
    return context


def run(text: str, pipeline: str = "", **traits: Sequence[str | TraitSpec]) -> str:
    """``text`` after a pipeline of the compiler's own passes, in a context of its own."""
    from iree.compiler import ir
    from iree.compiler.passmanager import PassManager

    with fresh(**traits):
        module = ir.Module.parse(text)
        if pipeline:
            PassManager.parse(f"builtin.module({pipeline})").run(module.operation)
        return str(module)


def refusal(text: str, **traits: Sequence[str | TraitSpec]) -> str:
    """What the verifier says of ``text``; ``""`` where it accepts it."""
    from iree.compiler import ir

    with fresh(**traits):
        try:
            ir.Module.parse(text)
        except ir.MLIRError as error:
            return str(error.error_diagnostics[0].message)
    return ""


def effects(*rows: tuple[Any, ...]) -> TraitSpec:
    return TraitSpec("MemoryEffects", tuple(Effect(*row) for row in rows))


LOOP = """
func.func private @use(i32)
func.func @f(%n: index, %x: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %0 = OP
    func.call @use(%0) : (i32) -> ()
  }
  return
}
"""
CALL = '"acme.fn"(%x) : (i32) -> i32'
BODY = """"acme.body"() ({
      %1 = arith.addi %x, %x : i32
      INNER
      "acme.end"(%1) : (i32) -> ()
    }) : () -> i32"""


def hoisted(op: str, **traits: Sequence[str | TraitSpec]) -> bool:
    text = run(LOOP.replace("OP", op), "func.func(loop-invariant-code-motion)", **traits)
    return text.index('"acme.') < text.index("scf.for")


@natively
class TestEffects:
    @pytest.mark.parametrize(
        ("traits", "gone"),
        [
            ([], False),
            (["Pure"], True),
            (["NoMemoryEffect"], True),
            (["AlwaysSpeculatable"], False),
            ([effects(("read",))], True),
            ([effects(("read", "operand", 0), ("read", "operand"))], True),
            ([effects(("write",))], False),
            ([effects(("write", "operand", 0))], False),
            ([effects(("free", "operand", 0))], False),
            ([effects(("allocate",))], False),
            ([effects(("allocate", "result", 0))], True),
            ([effects(("allocate", "result"), ("write", "result"))], True),
            ([effects(("write", "result", 7))], True),
            ([effects(*[("read", "operand")] * 20, ("write",))], False),
        ],
    )
    def test_an_unused_operation_goes_where_it_may(self, traits: list[str | TraitSpec], gone: bool) -> None:
        text = run(f"func.func @f(%x: i32) {{ %0 = {CALL} return }}", "canonicalize", fn=traits)
        assert ("acme.fn" not in text) == gone

    @pytest.mark.parametrize(
        ("between", "traits", "left"),
        [
            ("", [], 2),
            ("", ["Pure"], 1),
            ('"acme.body"() ({}) : () -> ()', ["Pure"], 1),
            ("", [effects(("read",))], 1),
            ('"acme.body"() ({}) : () -> ()', [effects(("read",))], 2),
            ("", [effects(("write",))], 2),
        ],
    )
    def test_equal_operations_are_merged_where_they_may(
        self, between: str, traits: list[str | TraitSpec], left: int
    ) -> None:
        text = f"func.func @f(%x: i32) -> (i32, i32) {{ %0 = {CALL} {between} %1 = {CALL} return %0, %1 : i32, i32 }}"
        after = run(text, "cse", fn=traits, body=[effects(("write",))])
        assert after.count("acme.fn") == left

    @pytest.mark.parametrize(
        ("traits", "moves"),
        [
            ([], False),
            (["NoMemoryEffect"], False),
            (["AlwaysSpeculatable"], False),
            (["NoMemoryEffect", "AlwaysSpeculatable"], True),
            (["Pure"], True),
        ],
    )
    def test_it_leaves_a_loop_where_it_may(self, traits: list[str], moves: bool) -> None:
        assert hoisted(CALL, fn=traits) == moves

    @pytest.mark.parametrize(("inner", "moves"), [("", True), ("func.call @use(%1) : (i32) -> ()", False)])
    def test_an_operation_with_regions_does_as_what_is_in_it(self, inner: str, moves: bool) -> None:
        body = ["RecursiveMemoryEffects", "RecursivelySpeculatable"]
        assert hoisted(BODY.replace("INNER", inner), body=body, end=["Terminator", "Pure"]) == moves


def folded(line: str, pipeline: str = "canonicalize", **traits: Sequence[str | TraitSpec]) -> str:
    """The operations of a function of ``%x`` and ``%y`` that returns ``%r``, after a pipeline."""
    text = run(f"func.func @f(%x: i32, %y: i32) -> i32 {{ {line} return %r : i32 }}", pipeline, **traits)
    lines = [row.strip() for row in text.splitlines()]
    return "; ".join(row for row in lines if row and not row.startswith(("module", "func.func", "}")))


@natively
class TestFolding:
    @pytest.mark.parametrize("traits", [["Pure"], ["Pure", "Commutative"]])
    def test_constants_of_a_commutative_operation_move_right(self, traits: list[str]) -> None:
        after = folded('%c = arith.constant 1 : i32 %r = "acme.fn"(%c, %x) : (i32, i32) -> i32', fn=traits)
        assert ("(%arg0, %c1_i32)" in after) == ("Commutative" in traits)

    def test_commutative_operations_are_equal_either_way_round(self) -> None:
        line = """%0 = "acme.fn"(%x, %y) : (i32, i32) -> i32
                  %1 = "acme.fn"(%y, %x) : (i32, i32) -> i32 %r = arith.addi %0, %1 : i32"""
        assert folded(line, "cse", fn=["Pure", "Commutative"]).count("acme.fn") == 1
        assert folded(line, "cse", fn=["Pure"]).count("acme.fn") == 2

    def test_operands_of_several_types_keep_their_order(self) -> None:
        line = """%c = arith.constant 1.0 : f32 %0 = "acme.mixed"(%c, %x) : (f32, i32) -> f32
                  %r = arith.fptosi %0 : f32 to i32"""
        assert '"acme.mixed"(%cst, %arg0)' in folded(line, mixed=["Commutative"])

    def test_an_idempotent_operation_of_itself(self) -> None:
        line = """%0 = "acme.fn"(%x) : (i32) -> i32 %1 = "acme.fn"(%0) : (i32) -> i32
                  %r = "acme.fn"(%1) : (i32) -> i32"""
        assert folded(line, fn=["Idempotent", "Pure"]).count("acme.fn") == 1
        assert folded(line, fn=["Pure"]).count("acme.fn") == 3

    def test_an_idempotent_operation_of_one_value_twice(self) -> None:
        same = '%r = "acme.fn"(%x, %x) : (i32, i32) -> i32'
        assert folded(same, fn=["Idempotent", "Pure"]) == "return %arg0 : i32"
        other = '%r = "acme.fn"(%x, %y) : (i32, i32) -> i32'
        assert "acme.fn" in folded(other, fn=["Idempotent", "Pure"])

    def test_an_involution_of_itself(self) -> None:
        line = '%0 = "acme.fn"(%x) : (i32) -> i32 %r = "acme.fn"(%0) : (i32) -> i32'
        assert folded(line, fn=["Involution", "Pure"]) == "return %arg0 : i32"
        assert folded(line, fn=["Pure"]).count("acme.fn") == 2

    @pytest.mark.parametrize(("trait", "left"), [("Idempotent", 1), ("Involution", 0)])
    def test_other_attributes_make_another_operation(self, trait: str, left: int) -> None:
        line = '%0 = "acme.fn"(%x) {by = 1 : i32} : (i32) -> i32 %r = "acme.fn"(%0) {by = 2 : i32} : (i32) -> i32'
        assert folded(line, fn=[trait, "Pure"]).count("acme.fn") == 2
        assert folded(line.replace("= 2", "= 1"), fn=[trait, "Pure"]).count("acme.fn") == left

    def test_two_traits_fold_together(self) -> None:
        line = """%c = arith.constant 1 : i32 %0 = "acme.fn"(%c, %x) : (i32, i32) -> i32
                  %r = "acme.fn"(%0, %0) : (i32, i32) -> i32"""
        after = folded(line, fn=["Pure", "Commutative", "Idempotent"])
        assert after.count("acme.fn") == 1
        assert "(%arg0, %c1_i32)" in after

    def test_a_constant_is_seen_through(self) -> None:
        line = '%c = "acme.const"() {value = 3 : i32} : () -> i32 %r = arith.addi %c, %c : i32'
        assert folded(line, const=["ConstantLike", "Pure"]) == "%c6_i32 = arith.constant 6 : i32; return %c6_i32 : i32"
        assert "arith.addi" in folded(line, const=["Pure"])

    def test_a_constant_decides_a_branch(self) -> None:
        line = """%c = "acme.const"() {value = true} : () -> i1
                  %r = scf.if %c -> i32 { scf.yield %x : i32 } else { scf.yield %y : i32 }"""
        assert folded(line, const=["ConstantLike", "Pure"]) == "return %arg0 : i32"

    def test_equal_constants_are_merged_and_move_up(self) -> None:
        text = """func.func @f(%b: i1) -> i32 {
          %0 = scf.if %b -> i32 {
            %c = "acme.const"() {value = "a"} : () -> i32
            "acme.fn"(%c) : (i32) -> ()
            %d = "acme.const"() {value = "a"} : () -> i32
            scf.yield %d : i32
          } else {
            %e = "acme.const"() {value = "b"} : () -> i32
            scf.yield %e : i32
          }
          return %0 : i32
        }"""
        after = run(text, "canonicalize", const=["ConstantLike", "Pure"])
        assert after.count("acme.const") == 2
        assert after.rindex("acme.const") < after.index("scf.if")
        assert run(text, "canonicalize", const=["Pure"]).count("acme.const") == 3

    @pytest.mark.parametrize(
        "second",
        [
            '"acme.other"() {value = 3 : i32} : () -> i32',
            '"acme.const"() {value = 3 : i32, of = 1 : i32} : () -> i32',
            '"acme.const"() {value = 4 : i32} : () -> i32',
        ],
    )
    def test_constants_that_differ_are_not_merged(self, second: str) -> None:
        line = f"""%0 = "acme.const"() {{value = 3 : i32}} : () -> i32 %1 = {second}
                   %r = "acme.fn"(%0, %1) : (i32, i32) -> i32"""
        after = folded(line, "canonicalize,cse", const=["ConstantLike", "Pure"], other=["ConstantLike", "Pure"])
        assert after.count("value =") == 2

    def test_the_value_may_have_another_name(self) -> None:
        line = '%c = "acme.const"() {value = 1 : i8, number = 3 : i32} : () -> i32 %r = arith.addi %c, %x : i32'
        # Two attributes: it stays a constant, but of a value of its own.
        assert "arith.addi" in folded(line, const=[TraitSpec("ConstantLike", attribute="number"), "Pure"])
        assert "number" in refusal(
            'func.func @f() { %0 = "acme.const"() {value = 1 : i8} : () -> i32 return }',
            const=[TraitSpec("ConstantLike", attribute="number")],
        )

    def test_a_constant_without_its_value_is_no_trap(self) -> None:
        """IR that was not verified: every constant is asked for its value without a question whether it has one."""
        from iree.compiler import ir
        from iree.compiler.passmanager import PassManager

        with fresh(const=["ConstantLike", "Pure"]):
            text = '%0 = "acme.const"() {value = 1 : i32} : () -> i32 %1 = arith.addi %0, %0 : i32 return %1 : i32'
            module = ir.Module.parse(f"func.func @f() -> i32 {{ {text} }}")
            constant = module.body.operations[0].regions[0].blocks[0].operations[0]
            del constant.attributes["value"]
            manager = PassManager.parse("builtin.module(canonicalize)")
            manager.enable_verifier(False)
            manager.run(module.operation)
            assert "arith.addi" in module.operation.get_asm(print_generic_op_form=True)


IN_REGION = 'func.func @f(%x: i32) {{ "acme.body"() ({{ {} }}) : () -> () return }}'
END = '"acme.end"() : () -> ()'


@natively
class TestStructure:
    @pytest.mark.parametrize(
        ("traits", "body", "said"),
        [
            ({}, f"%0 = {CALL}", "no terminator"),
            ({"body": ["NoTerminator"]}, f"%0 = {CALL}", ""),
            ({}, END, "no terminator"),
            ({"end": ["Terminator"]}, END, ""),
            ({"end": ["Terminator", "ReturnLike"]}, END, ""),
            ({"end": ["Terminator"]}, f"{END} {END}", "must be the last operation"),
            ({"end": ["Terminator"], "body": ["IsolatedFromAbove"]}, f"%0 = {CALL} {END}", "outside the region"),
            ({"end": ["Terminator"], "body": ["IsolatedFromAbove"]}, END, ""),
            ({"end": ["Terminator"], "body": ["NoRegionArguments"]}, f"^b(%y: i32): {END}", "no arguments"),
            ({"end": ["Terminator"], "body": ["NoRegionArguments"]}, END, ""),
            ({"end": ["Terminator"], "body": ["SingleBlock"]}, f"cf.br ^b ^b: {END}", "to have 0 or 1 blocks"),
            ({"end": ["Terminator"], "body": ["SingleBlock"]}, END, ""),
            ({"body": ["SingleBlock"]}, "", ""),
        ],
    )
    def test_regions(self, traits: dict[str, list[str]], body: str, said: str) -> None:
        message = refusal(IN_REGION.format(body), **traits)
        assert said in message
        assert bool(said) == bool(message)

    def test_passes_anchor_on_what_is_isolated(self) -> None:
        body = f'"acme.body"() ({{ %x = arith.constant 1 : i32 %0 = {CALL} {END} }}) : () -> ()'
        after = run(body, "acme.body(canonicalize)", body=["IsolatedFromAbove"], end=["Terminator"], fn=["Pure"])
        assert "acme.fn" not in after
        with pytest.raises(Exception, match="not marked as 'IsolatedFromAbove'"):
            run(body, "acme.body(canonicalize)", end=["Terminator"])

    @pytest.mark.parametrize("trait", ["AffineScope", None])
    def test_values_of_an_affine_scope_are_symbols(self, trait: str | None) -> None:
        body = f"""func.func @f(%c: i1) {{ scf.if %c {{ "acme.body"() ({{
          %n = "acme.fn"() : () -> index
          affine.for %i = 0 to %n {{ "acme.fn"(%i) : (index) -> () }}
          {END}
        }}) : () -> () }} return }}"""
        message = refusal(body, end=["Terminator"], body=[trait] if trait else [])
        assert ("cannot be used as a symbol" in message) == (trait is None)

    @pytest.mark.parametrize("trait", ["AutomaticAllocationScope", None])
    def test_stack_memory_belongs_to_an_allocation_scope(self, trait: str | None) -> None:
        body = f'"acme.body"() ({{ %0 = memref.alloca() : memref<4xf32> {END} }}) : () -> ()'
        message = refusal(body, end=["Terminator"], body=[trait] if trait else [])
        assert ("AutomaticAllocationScope" in message) == (trait is None)

    def test_an_elementwise_operation_becomes_linalg(self) -> None:
        text = """func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {
          %0 = "acme.fn"(%a) : (tensor<4xf32>) -> tensor<4xf32> return %0 : tensor<4xf32> }"""
        pipeline = "func.func(convert-elementwise-to-linalg)"
        assert '"acme.fn"(%in) : (f32) -> f32' in run(text, pipeline, fn=["ElementwiseMappable", "Pure"])
        assert "linalg" not in run(text, pipeline, fn=["Elementwise", "Pure"])


# Trait -> a use it accepts, a use it refuses.
TYPES = {
    "SameTypeOperands": ("(i32, i32) -> f32", "(i32, f32) -> f32"),
    "SameOperandsElementType": ("(tensor<2xi32>, i32) -> f32", "(tensor<2xi32>, f32) -> f32"),
    "SameOperandsShape": ("(tensor<2xi32>, tensor<2xf32>) -> f32", "(tensor<2xi32>, tensor<3xi32>) -> i32"),
    "SameOperandsAndResultType": ("(i32, i32) -> i32", "(i32, i32) -> f32"),
    "SameOperandsAndResultElementType": ("(i32, tensor<2xi32>) -> i32", "(i32, i32) -> f32"),
    "SameOperandsAndResultShape": ("(tensor<2xi32>, tensor<2xf32>) -> tensor<2xi1>", "(i32, i32) -> tensor<2xi32>"),
    "SameOperandsAndResultRank": (
        "(tensor<2xi32>, tensor<3xi32>) -> tensor<4xi32>",
        "(tensor<2xi32>, tensor<2xi32>) -> tensor<2x2xi32>",
    ),
    "Elementwise": ("(tensor<2xi32>, i32) -> tensor<2xi32>", "(tensor<2xi32>, i32) -> i32"),
    "Idempotent": ("(i32, i32) -> i32", "(i32, f32) -> i32"),
    "Involution": (None, "(i32, i32) -> i32"),
}
ANY = """
irdl.dialect @acme {
  irdl.operation @two {
    %a = irdl.any
    %b = irdl.any
    %c = irdl.any
    irdl.operands(x: %a, y: %b)
    irdl.results(r: %c)
  }
}
"""


@natively
@pytest.mark.parametrize("trait", TYPES)
def test_types_are_verified(trait: str) -> None:
    from iree.compiler import ir

    context = ir.Context()
    load_irdl(ANY, context)
    assert attach_traits(context, "acme.two", [TraitSpec(trait)]) == {trait: Attachment(True, True)}
    for use, accepted in zip(TYPES[trait], (True, False), strict=True):
        if use is None:
            continue
        left, right = use[1 : use.index(")")].split(", ")
        text = f'func.func @f(%a: {left}, %b: {right}) {{ %0 = "acme.two"(%a, %b) : {use} return }}'
        if accepted:
            ir.Module.parse(text, context)
            continue
        with pytest.raises(ir.MLIRError, match=r"'acme\.two' op|expects"):
            ir.Module.parse(text, context)


@natively
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('%0 = "acme.const"() {} : () -> i32', "value"),
        ('"acme.const"() {value = 1 : i32} : () -> ()', "result"),
        ('%0 = "acme.fn"() : () -> i32', "needs one or two operands"),
        ('%0:2 = "acme.fn"(%x) : (i32) -> (i32, i32)', "exactly one result"),
    ],
)
def test_what_folds_is_verified(text: str, said: str) -> None:
    message = refusal(f"func.func @f(%x: i32) {{ {text} return }}", const=["ConstantLike"], fn=["Idempotent"])
    assert said in message


UNIT = """
"acme.body"() ({{
  "acme.global"() {{sym_name = "unused", sym_visibility = "private"}} : () -> ()
  "acme.global"() {{sym_name = "used", sym_visibility = "nested"}} : () -> ()
  "acme.global"() {{sym_name = "open"}} : () -> ()
  "acme.fn"() {{of = @used}} : () -> ()
  {}
}}) : () -> ()
"""
TABLE = ["SymbolTable", "NoTerminator", "IsolatedFromAbove"]
SYMBOL = {"global": ["Symbol"]}


INTERFACE = (
    "_ZN4mlir11OpInterfaceINS_17SymbolOpInterfaceENS_6detail32SymbolOpInterfaceInterfaceTraitsEE"
    "15getInterfaceForEPNS_9OperationE"
)


def hidden(name: str) -> int:
    return addresses([name])[name]


def hidden_call(name: str, result: Any, *arguments: Any) -> Any:
    """Call a function of the compiler by linker name; integers go as 64-bit words."""
    types = [ctypes.c_uint64 if isinstance(argument, int) else type(argument) for argument in arguments]
    return ctypes.CFUNCTYPE(result, *types)(hidden(name))(*arguments)


@natively
class TestSymbols:
    def test_what_nobody_names_is_removed(self) -> None:
        after = run(UNIT.format(""), "acme.body(symbol-dce)", body=TABLE, **SYMBOL)
        assert '"unused"' not in after
        assert '"used"' in after
        assert '"open"' in after
        assert '"unused"' in run(UNIT.format(""), "acme.body(symbol-dce)", body=TABLE)

    def test_symbol_tables_hold_it(self) -> None:
        from iree.compiler import ir

        with fresh(body=TABLE, **SYMBOL):
            text = '"acme.global"() {sym_name = "a", sym_visibility = "private"} : () -> () func.func @f() { return }'
            module = ir.Module.parse(text)
            symbol = ir.SymbolTable(module.operation)["a"]
            assert symbol.operation.name == "acme.global"
            ir.SymbolTable.set_symbol_name(symbol, "c")
            assert ir.SymbolTable.get_visibility(symbol).value == "private"
            ir.SymbolTable.set_visibility(symbol, "nested")
            assert 'sym_name = "c", sym_visibility = "nested"' in str(module)

    def test_every_method_of_the_interface(self) -> None:
        from iree.compiler import ir

        with fresh(body=TABLE, **SYMBOL):
            text = '"acme.global"() {sym_name = "a"} : () -> () "acme.fn"() {of = @a} : () -> ()'
            module = ir.Module.parse(text)
            symbol = address(module.body.operations[0])
            top = address(module.operation)
            interface = (ctypes.c_uint64 * 2)(symbol, hidden_call(INTERFACE, ctypes.c_uint64, symbol))

            def ask(method: str, result: Any, *arguments: int) -> Any:
                return hidden_call(
                    f"_ZN4mlir17SymbolOpInterface{method}", result, ctypes.addressof(interface), *arguments
                )

            assert ask("11getNameAttrEv", ctypes.c_uint64)
            for value, word in ((1, '"private"'), (2, '"nested"'), (0, None)):
                ask("13setVisibilityENS_11SymbolTable10VisibilityE", None, value)
                assert ask("13getVisibilityEv", ctypes.c_uint32) == value
                assert (f"sym_visibility = {word}" in str(module)) == (word is not None)
                assert ask("20canDiscardOnUseEmptyEv", ctypes.c_bool) == (value != 0)
            assert not ask("16isOptionalSymbolEv", ctypes.c_bool)
            assert not ask("13isDeclarationEv", ctypes.c_bool)
            assert not ask("19symbolKnownUseEmptyEPNS_9OperationE", ctypes.c_bool, top)
            name = hidden_call("mlirStringAttrGet", ctypes.c_uint64, context_address(module.context), string_ref("b"))
            assert ask("20replaceAllSymbolUsesENS_10StringAttrEPNS_9OperationE", ctypes.c_bool, name, top)
            assert "of = @b" in str(module)
            assert ask("19symbolKnownUseEmptyEPNS_9OperationE", ctypes.c_bool, top)
            ask("13setSymbolNameENS_10StringAttrE", None, name)
            assert 'sym_name = "b"' in str(module)

    def test_a_use_is_renamed_with_it(self) -> None:
        from iree.compiler import ir

        with fresh(body=TABLE, **SYMBOL):
            module = ir.Module.parse('"acme.global"() {sym_name = "a"} : () -> () "acme.fn"() {of = @a} : () -> ()')
            ir.SymbolTable.replace_all_symbol_uses("a", "z", module.operation)
            assert "of = @z" in str(module)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('"acme.global"() {sym_name = 1 : i32} : () -> ()', "needs string attribute 'sym_name'"),
            ('"acme.global"() {sym_name = "a", sym_visibility = "secret"} : () -> ()', "'sym_visibility'"),
            ('"acme.global"() {sym_name = "a", sym_visibility = 1 : i32} : () -> ()', "'sym_visibility'"),
            ('func.func @f() { "acme.global"() {sym_name = "a"} : () -> () return }', "SymbolTable trait"),
            (UNIT.format('"acme.global"() {sym_name = "open"} : () -> ()'), "redefinition of symbol named 'open'"),
            ('"acme.body"() ({}) : () -> ()', "must have exactly one block"),
        ],
    )
    def test_rules(self, text: str, said: str) -> None:
        assert said in refusal(text, body=TABLE, **SYMBOL)


class _Found(ctypes.Structure):
    _fields_ = (("definition", ctypes.c_void_p), ("found", ctypes.c_bool))


def definition(context: Any, op: str) -> int:
    lookup = "_ZN4mlir23RegisteredOperationName6lookupEN4llvm9StringRefEPNS_11MLIRContextE"
    name = string_ref(op)
    result = ctypes.CFUNCTYPE(_Found, type(name), ctypes.c_void_p)(hidden(lookup))(name, context_address(context))
    assert result.found
    return result.definition


@natively
class TestAttaching:
    def test_every_trait_of_the_table_attaches(self) -> None:
        """Each to an operation of its own; that it is known by name is asked of the compiler."""
        from iree.compiler import ir

        context = ir.Context()
        rows = " ".join(f"irdl.operation @op{index} {{ }}" for index in range(len(NATIVE_TRAITS)))
        load_irdl(f"irdl.dialect @acme {{ {rows} }}", context)
        ops = {f"acme.op{index}": [TraitSpec(name)] for index, name in enumerate(NATIVE_TRAITS)}
        attached = attach_dialect_traits(context, ops)
        assert {row for rows in attached.values() for row in rows.values()} == {Attachment(True, True)}
        has_trait = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)(
            hidden("_ZN4mlir19DynamicOpDefinition8hasTraitENS_6TypeIDE")
        )
        for op, (spec,) in ops.items():
            for name in filter(None, (NATIVE_TRAITS[spec.name].type_id, *NATIVE_TRAITS[spec.name].more_ids)):
                type_id = ctypes.CFUNCTYPE(ctypes.c_void_p)(hidden(type_id_symbol(name)))()
                assert has_trait(definition(context, op), type_id), name
                assert not has_trait(definition(context, "acme.op0"), type_id), name

    def test_sessions_take_them_too(self) -> None:
        context = CompilerSession().context
        load_irdl(TEXT, context)
        assert attach(context, fn=["Pure"]) == {"fn Pure": Attachment(True, True)}

    @pytest.mark.parametrize("trait", NATIVE_TRAITS)
    def test_once_only(self, trait: str) -> None:
        context = fresh(fn=[trait])
        with pytest.raises(DialectError, match="attached once"):
            attach(context, fn=[trait])

    @pytest.mark.parametrize(
        "traits", [["Pure", effects(("read",))], ["AlwaysSpeculatable", "RecursivelySpeculatable"]]
    )
    def test_contradictions(self, traits: list[str | TraitSpec]) -> None:
        context = fresh()
        with pytest.raises(DialectError, match="contradict"):
            attach(context, fn=traits)

    @pytest.mark.parametrize("op", ["arith.addi", "transform.yield", "func.func"])
    @pytest.mark.parametrize("trait", ["Pure", "Terminator", "Symbol", "Commutative"])
    def test_the_compilers_own_operations_are_left_alone(self, op: str, trait: str) -> None:
        context = fresh()
        context.load_all_available_dialects()
        with pytest.raises(DialectError, match="of the compiler's own"):
            attach_traits(context, op, [TraitSpec(trait)])

    def test_an_operation_that_is_not_registered(self) -> None:
        attached = attach(fresh(), nowhere=["Pure", "SameTypeOperands", "Terminator"])
        assert {row.acts for row in attached.values()} == {False}
        assert [row.verifies for row in attached.values()] == [True, False, False]

    def test_a_trait_that_only_python_knows(self) -> None:
        attached = attach(fresh(), fn=["HasParent"])["fn HasParent"]
        assert not attached.acts
        assert not attached.verifies
        assert "Python" in str(attached.reason)

    def test_a_name_too_long(self) -> None:
        context = fresh()
        with pytest.raises(DialectError, match="too long"):
            attach(context, const=[TraitSpec("ConstantLike", attribute="v" * 1000)])

    def test_the_table_names_symbols_that_exist(self) -> None:
        if build_info().verified is None:
            pytest.skip(f"compiler build {build_info().build_id} is not one that was verified")
        assert set(addresses(compiler_symbols())) == set(compiler_symbols())


def python(script: str, **environment: str) -> str:
    """Standard output of a Python process that runs ``script`` with this module in reach."""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@natively
def test_threaded_contexts_on_several_threads_neither_deadlock_nor_differ() -> None:
    script = """
from concurrent.futures import ThreadPoolExecutor
from test_traits import run

FUNCTION = (
    'func.func @f{}(%x: i32) -> i32 {{ %c = "acme.const"() {{value = 3 : i32}} : () -> i32 '
    '%0 = "acme.fn"(%c, %x) : (i32, i32) -> i32 %1 = "acme.fn"(%x, %c) : (i32, i32) -> i32 '
    '%2 = "acme.fn"(%0, %1) : (i32, i32) -> i32 return %2 : i32 }} '
)

def work(_):
    text = "".join(FUNCTION.format(number) for number in range(200))
    fn, const = ["Pure", "Commutative", "Idempotent"], ["ConstantLike", "Pure"]
    return run(text, "func.func(canonicalize,cse,canonicalize),symbol-dce", fn=fn, const=const).count("acme.fn")

with ThreadPoolExecutor(4) as pool:
    print(*pool.map(work, range(12)))
"""
    assert python(script) == " ".join(["200"] * 12)


def test_without_the_native_library_the_rest_is_left_to_python() -> None:
    script = """
from test_traits import *

assert "without its native library" in native_traits_problem()
for name, row in attach(fresh(), fn=list(NATIVE_TRAITS)).items():
    known = NATIVE_TRAITS[name.removeprefix("fn ")]
    assert row.acts == bool(known.public), name
    assert row.verifies == (row.acts or not known.has_rule), name
    assert row.acts or "native library" in row.reason
call = 'func.func @f(%x: i32) { %0 = "acme.fn"(%x) : (i32) -> i32 return }'
assert "acme.fn" in run(call, "canonicalize", fn=["Pure"])
assert not refusal(IN_REGION.format(END), end=["Terminator"])
try:
    attach_traits(fresh(), "arith.addi", [TraitSpec("Terminator")])
except DialectError as error:
    print(error.cause)
"""
    said = python(script, IREEKIT_NATIVE_LIBRARY="")
    assert said == "traits cannot be attached to an operation of the compiler's own"


def test_in_a_build_that_was_not_verified_the_rest_is_left_to_python() -> None:
    script = """
from ireekit.bindings import build
build.VERIFIED_BUILDS.clear()
from test_traits import *

print(native_traits_problem())
assert not attach(fresh(), fn=["Pure"])["fn Pure"].acts
assert not refusal(IN_REGION.format(END), end=["Terminator"])
"""
    assert "has no 'native-traits'" in python(script) or "native library" in python(script)


@natively
@pytest.mark.parametrize("wrong", ["storage=8", "call=0x140", "None"])
def test_a_layout_that_the_code_does_not_show_is_not_used(wrong: str) -> None:
    """Folding goes, and with it what relies on it; the rest stays."""
    script = f"""
from dataclasses import replace
from ireekit.bindings import build
for key, row in build.VERIFIED_BUILDS.items():
    layout = {"None" if wrong == "None" else f"replace(row.fold_layout, {wrong})"}
    build.VERIFIED_BUILDS[key] = replace(row, fold_layout=layout, interface_map=None)
from test_traits import *

attached = attach(fresh(), fn=["Commutative", "Pure", "Symbol"], const=["ConstantLike"], other=["Involution"])
print(*(row.acts for row in attached.values()))
assert all(row.verifies for row in attached.values())
line = '%c = "acme.const"() {{value = 3 : i32}} : () -> i32 %r = arith.addi %c, %c : i32'
assert "arith.addi" in folded(line, const=["ConstantLike", "Pure"])
assert "value" in refusal('func.func @f() {{ %0 = "acme.const"() : () -> i32 return }}', const=["ConstantLike"])
"""
    assert python(script) == "True True False False False"
