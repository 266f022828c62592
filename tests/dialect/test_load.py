"""Registration: once per context, from any thread, in IREE's contexts and others; and what happens without it."""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ireekit.bindings import CompilerSession
from ireekit.dialect import (
    AttrDef,
    Dialect,
    EnumAttr,
    Op,
    Operand,
    Region,
    Result,
    Successor,
    TypeDef,
    VerificationError,
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    parameter,
    parse_module,
    print_op,
    problems,
    region,
    result,
    successor,
    traits,
    variadic_operand,
    variadic_region,
    verify,
    view,
)
from ireekit.dialect import load as loading
from ireekit.dialect.constraints import (
    F16,
    F32,
    I64,
    AnyFloat,
    AnyTensor,
    AnyType,
    IntegerAttr,
    StringAttr,
    Tensor,
    UnitAttr,
    Var,
)
from ireekit.errors import CapabilityError, DialectError, IreekitError


class Tile(TypeDef):
    name = "lod.tile"
    element: Any = parameter(F32 | F16)
    rows: int = parameter(IntegerAttr(min=1))


class Layout(AttrDef):
    name = "lod.layout"
    order: str = parameter(StringAttr("row", "column"))


class Mode(EnumAttr):
    name = "lod.mode"
    fast = 0
    exact = 1


class Fill(Op):
    name = "lod.fill"
    rows: int = attribute(I64)
    layout: Layout = attribute(Layout)
    mode: Mode = attribute(Mode, default=Mode.fast)
    quiet: bool = optional_attribute(UnitAttr())
    out: Result = result(Tile)
    traits = (traits.Pure,)


class Add(Op):
    name = "lod.add"
    lhs: Operand = operand(Var("T", Tile))
    rhs: Operand = operand(Var("T"))
    scale: Operand | None = optional_operand(AnyFloat)
    more: Sequence[Operand] = variadic_operand(Var("T"))
    out: Result = result(Var("T"))
    traits = (traits.Pure, traits.Commutative)


class Loop(Op):
    name = "lod.loop"
    start: Operand = operand(Var("T", AnyType))
    body: Region = region(blocks=1, arguments=(Var("T"),))
    out: Result = result(Var("T"))


class Yield(Op):
    name = "lod.yield"
    value: Operand = operand(AnyType)
    traits = (traits.Terminator, traits.HasParent("lod.loop"))


class Jump(Op):
    name = "lod.jump"
    to: Successor = successor()
    traits = (traits.Terminator,)


class Mix(Op):
    """Needs what IRDL has not: values of several types in one group, and any number of regions."""

    name = "lod.mix"
    parts: Sequence[Operand] = variadic_operand(AnyType)
    arms: Sequence[Region] = variadic_region()
    traits = (traits.NoTerminator,)


STATED = (Fill, Add, Loop, Yield, Jump)
strict = Dialect("lod", ops=STATED, types=(Tile,), attributes=(Layout,), enums=(Mode,))
lenient = Dialect("lod", ops=(*STATED, Mix), types=(Tile,), attributes=(Layout,), enums=(Mode,))

TILE = "!lod.tile<f32, 4 : i64>"
FLAT = f"""
func.func @f(%s: f32) -> {TILE} {{
  %0 = "lod.fill"() {{layout = #lod.layout<"row">, mode = 1 : i32, rows = 4 : i64}} : () -> {TILE}
  %1 = "lod.add"(%0, %0, %s, %0) {{operandSegmentSizes = array<i32: 1, 1, 1, 1>}}
    : ({TILE}, {TILE}, f32, {TILE}) -> {TILE}
  return %1 : {TILE}
}}
"""
FUNCTION = f"""
func.func @f(%s: f32) -> {TILE} {{
  %0 = "lod.fill"() {{layout = #lod.layout<"row">, mode = 1 : i32, rows = 4 : i64}} : () -> {TILE}
  %1 = "lod.add"(%0, %0, %s, %0) {{operandSegmentSizes = array<i32: 1, 1, 1, 1>}}
    : ({TILE}, {TILE}, f32, {TILE}) -> {TILE}
  %2 = "lod.loop"(%1) ({{
  ^bb0(%x: {TILE}):
    "lod.yield"(%x) : ({TILE}) -> ()
  }}) : ({TILE}) -> {TILE}
  return %2 : {TILE}
}}
"""
MIXED = '"lod.mix"(%s, %0) ({}, {}, {}) : (f32, ' + TILE + ") -> ()"
WITH_MIX = FUNCTION.replace("  return", f"  {MIXED}\n  return")


def _parse(text: str, context: Any) -> Any:
    from iree.compiler import ir

    return ir.Module.parse(text, context=context)


def test_registered_parses_prints_and_round_trips(context: Any) -> None:
    from iree.compiler import ir

    report = strict.load(context)
    assert report.registered
    assert report.reason is None
    module = _parse(FUNCTION, context)
    verify(module, [strict])
    text = str(module)
    again = _parse(text, context)
    assert str(again) == text
    with pytest.raises(ir.MLIRError, match="unregistered operation"):
        _parse('"lod.nothing"() : () -> ()', context)


def test_bytecode_round_trips(context: Any, tmp_path: Path) -> None:
    import io

    strict.load(context)
    module = _parse(FUNCTION, context)
    buffer = io.BytesIO()
    module.operation.write_bytecode(buffer)
    from iree.compiler import ir

    other = ir.Context()
    strict.load(other)
    with other:
        again = ir.Module.parse(buffer.getvalue())
    assert str(again) == str(module)
    verify(again, [strict])


def test_the_compiler_refuses_what_irdl_states(context: Any) -> None:
    from iree.compiler import ir

    strict.load(context)
    wrong = {
        '"lod.fill"() {rows = 4 : i64} : () -> ' + TILE: "layout",
        '"lod.fill"() {layout = #lod.layout<"row">, rows = 4 : i64} : () -> f32': "f32",
        "func.func private @g(!lod.tile<f64, 4 : i64>)": "f64",
        "func.func private @g(!lod.tile<f32>)": "arguments",
    }
    for text, message in wrong.items():
        with pytest.raises(ir.MLIRError, match=message):
            _parse(text, context)


def test_stock_passes_act_on_traits(context: Any) -> None:
    from iree.compiler.passmanager import PassManager

    attachment = strict.load(context).attachments["lod.fill"]["Pure"]
    if not attachment.acts:
        pytest.skip(f"traits are not attached here: {attachment.reason}")
    unused = _parse(FUNCTION.replace('"lod.loop"(%1)', '"lod.loop"(%0)'), context)
    fill = FUNCTION.splitlines()[2]
    doubled = FUNCTION.replace(fill, f"{fill}\n{fill.replace('%0', '%9')}").replace("(%0, %0,", "(%0, %9,")
    module = _parse(doubled, context)
    with context:
        manager = PassManager.parse("builtin.module(func.func(canonicalize,cse))")
        manager.run(unused.operation)
        manager.run(module.operation)
    assert "lod.add" not in str(unused)
    assert doubled.count("lod.fill") == 2
    assert str(module).count("lod.fill") == 1


def test_loading_twice_is_nothing(context: Any) -> None:
    first = strict.load(context)
    assert strict.load(context) is first
    again = Dialect("lod", ops=STATED, types=(Tile,), attributes=(Layout,), enums=(Mode,))
    assert again.load(context).registered


def test_another_definition_is_refused(context: Any) -> None:
    strict.load(context)
    with pytest.raises(DialectError, match="another definition of the dialect 'lod'"):
        Dialect("lod", ops=(Fill,), types=(Tile,), attributes=(Layout,)).load(context)
    assert strict.load(context).registered


def test_a_name_of_the_compiler_is_refused(context: Any) -> None:
    class Gemm(Op):
        name = "linalg.gemm"

    context.load_all_available_dialects()
    with pytest.raises(DialectError, match="linalg"):
        Dialect("linalg", ops=(Gemm,)).load(context)


def test_contexts_of_sessions_and_threads() -> None:
    """Eight threads: each a context of its own, and one that all share."""
    from iree.compiler import ir

    shared = ir.Context()
    barrier = threading.Barrier(8)
    faults: list[BaseException] = []

    def work(index: int) -> None:
        try:
            barrier.wait()
            context = CompilerSession().context if index % 2 else ir.Context()
            assert strict.load(context).registered
            assert strict.load(shared).registered
            verify(_parse(FUNCTION, context), [strict])
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    verify(_parse(FUNCTION, shared), [strict])


def test_nothing_keeps_contexts_alive() -> None:
    from iree.compiler import ir

    gc.collect()
    before = ir.Context._get_live_count()
    context = ir.Context()
    strict.load(context)
    module = _parse(FUNCTION, context)
    verify(module, [strict])
    assert view(module.body.operations[0].regions[0].blocks[0].operations[0]) is not None
    alive = weakref.ref(context)
    del module, context
    gc.collect()
    assert alive() is None
    assert ir.Context._get_live_count() == before


def test_lenient_operations(context: Any) -> None:
    """What IRDL cannot state is registered all the same, and verified by us."""
    report = lenient.load(context)
    if not report.registered:
        pytest.skip(f"no native registration here: {report.reason}")
    module = _parse(WITH_MIX, context)
    verify(module, [lenient])
    assert context.is_registered_operation("lod.mix")
    mix = next(op for op in module.body.operations[0].regions[0].blocks[0].operations if op.name == "lod.mix")
    seen = Mix.view(mix)
    assert (len(seen.parts), len(seen.arms)) == (2, 3)


def test_irdl_text_names_what_it_lacks() -> None:
    text = lenient.irdl()
    assert "lod.mix: IRDL has no variadic regions" in text
    assert "@mix" not in text
    assert "@mix" not in strict.irdl()
    assert f"irdl.attribute @{strict.marker}" in strict.irdl()


def test_without_registration_operations_are_unregistered(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the build cannot register dialects, everything is verified by us."""

    def refuse(name: str) -> None:
        raise CapabilityError(f"this build has no {name!r}")

    monkeypatch.setattr(importlib.import_module("ireekit.bindings.capabilities"), "require", refuse)
    report = lenient.load(context)
    assert not report.registered
    assert report.reason == "this build has no 'irdl'"
    assert not context.is_registered_operation("lod.add")
    module = _parse(WITH_MIX, context)
    verify(module, [lenient])
    assert str(_parse(str(module), context)) == str(module)
    fill = Fill.view(module.body.operations[0].regions[0].blocks[0].operations[0])
    assert fill.layout == Layout(order="row", context=context)
    assert fill.layout.order == "row"
    assert Tile.view(fill.out.type).rows == 4
    assert str(Tile.get(element=Tile.view(fill.out.type).element, rows=7)) == "!lod.tile<f32, 7 : i64>"
    wrong = _parse(WITH_MIX.replace("rows = 4 : i64", "rows = 4 : i32"), context)
    with pytest.raises(VerificationError, match="attribute 'rows'"):
        verify(wrong, [lenient])


def test_file_for_iree_opt(tmp_path: Path) -> None:
    """The same text, by the stock tool."""
    tool = Path(sys.executable).parent / "iree-opt"
    irdl, source = tmp_path / "lod.irdl.mlir", tmp_path / "in.mlir"
    irdl.write_text(strict.irdl())
    # Without regions: the file cannot say that an operation is a terminator.
    source.write_text(FLAT)
    done = subprocess.run([tool, f"--irdl-file={irdl}", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"lod.add"(%0, %0, %arg0, %0)' in done.stdout
    source.write_text(FLAT.replace(", rows = 4 : i64}", "}"))
    done = subprocess.run([tool, f"--irdl-file={irdl}", source], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'attribute "rows" is expected' in done.stderr


def test_torch_mlir(torch_mlir_context: Any) -> None:
    """The same definition in the bindings of torch-mlir: register, parse, verify, views, builders."""
    from torch_mlir import ir

    assert strict.load(torch_mlir_context).registered
    assert strict.load(torch_mlir_context).registered
    with torch_mlir_context:
        module = ir.Module.parse(FUNCTION)
        verify(module, [strict])
        block = module.body.operations[0].regions[0].blocks[0]
        fill = view(block.operations[0], [strict])
        assert isinstance(fill, Fill)
        assert (fill.rows, fill.mode, fill.quiet, fill.layout.order) == (4, Mode.exact, False, "row")
        made = Add(lhs=fill.out, rhs=fill.out, at=ir.InsertionPoint(block.operations[1]))
        assert made.out.type == fill.out.type
        assert str(Tile.get(element=ir.F16Type.get(), rows=2)) == "!lod.tile<f16, 2 : i64>"
        verify(module, [strict])
        made.operation.operands[1] = block.arguments[0]
        found = [problem.cause for problem in problems(module, [strict])]
    assert len(found) == 1
    assert "operand 'rhs'" in found[0]


def test_custom_assembly_in_torch_mlir(torch_mlir_context: Any) -> None:
    class Scale(Op):
        name = "tas.scale"
        x: Operand = operand(Var("T", AnyTensor))
        by: int = attribute(I64)
        y: Result = result(Var("T"))
        assembly_format = "$x `by` $by attr-dict `:` type($x)"

    dialect = Dialect("tas", ops=(Scale,))
    text = "module {\nfunc.func @f(%a: tensor<4xf32>) {\n    %0 = tas.scale %a by 3 : tensor<4xf32>\n    return\n}\n}\n"
    module = parse_module(text, torch_mlir_context, [dialect], filename="x.mlir")
    assert "%0 = tas.scale %arg0 by 3 : tensor<4xf32>" in print_op(module, [dialect])
    assert '"x.mlir":3:10' in print_op(module, [dialect], debug_info=True)
    with pytest.raises(IreekitError, match="expected 'by'"):
        parse_module(text.replace("by", "times"), torch_mlir_context, [dialect])


def test_torch_mlir_without_registration(torch_mlir_context: Any) -> None:
    from torch_mlir import ir

    assert not lenient.load(torch_mlir_context).registered
    with torch_mlir_context:
        verify(ir.Module.parse(WITH_MIX), [lenient])


def test_traits_reach_the_bindings_as_written() -> None:
    class Copy(Op):
        name = "lod.copy"
        before: Operand | None = optional_operand(AnyType)
        source: Operand = operand(Tensor())
        traits = (traits.MemoryEffects("read:source", "alloc", "write:out"), traits.HasParent("func.func"))
        out: Result = result(Tensor())

    (spec,) = loading.trait_specs(Copy.model)
    assert [(effect.kind, effect.on, effect.index) for effect in spec.effects] == [
        ("read", "operand", None),
        ("allocate", None, None),
        ("write", "result", 0),
    ]


def test_without_the_native_library(tmp_path: Path) -> None:
    """IRDL needs none: what it states is registered; a dialect that needs more stays unregistered, with the reason."""
    script = tmp_path / "without.py"
    script.write_text(
        "from iree.compiler import ir\n"
        "from ireekit.dialect import *\n"
        "from ireekit.dialect.constraints import AnyType\n"
        "from ireekit.dialect.traits import Pure, Terminator\n"
        "class Plain(Op):\n  name = 'one.plain'\n  a: Operand = operand(AnyType)\n  traits = (Pure,)\n"
        "class End(Op):\n  name = 'one.end'\n  traits = (Terminator,)\n"
        "class Mix(Op):\n  name = 'two.mix'\n  a: list[Operand] = variadic_operand(AnyType)\n"
        "for dialect in (Dialect('one', ops=(Plain, End)), Dialect('two', ops=(Mix,))):\n"
        "  context = ir.Context()\n"
        "  report = dialect.load(context)\n"
        "  print(report.registered, report.reason)\n"
        "  text = f'\"{min(dialect.models.ops)}\"() : () -> ()'\n"
        "  verify(ir.Module.parse(text, context=context), [dialect])\n"
    )
    environment = {**os.environ, "IREEKIT_NATIVE_LIBRARY": ""}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    one, two = done.stdout.splitlines()
    assert one == "True None"
    assert two.startswith("False ")
    assert "native library" in two
