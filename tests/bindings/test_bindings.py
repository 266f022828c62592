"""The bindings: which build it is, what it can do, sessions, and safe erasure."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pytest

from ireekit.bindings import CAPABILITIES, PHASES, CompilerSession, build_info, require
from ireekit.bindings.bytecode import copy_module, parse_aligned, write_aligned
from ireekit.bindings.capabilities import capabilities
from ireekit.bindings.elf import loaded_sizes, sections
from ireekit.bindings.library import enumerate_names, library_path
from ireekit.bindings.symbols import find_symbols
from ireekit.errors import CapabilityError, CompileError, ModelImportError, PipelineError, TargetError

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
CPU = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"]


@pytest.fixture
def ir():
    from iree.compiler import ir

    return ir


class TestBuild:
    def test_the_installed_build(self) -> None:
        info = build_info()
        assert info.version.startswith("3.")
        assert info.path == library_path()
        assert len(info.build_id) in (0, 16, 32, 40)

    def test_a_file_that_is_no_library_has_no_id(self, tmp_path: Path) -> None:
        from ireekit.bindings.build import _gnu_build_id

        (tmp_path / "x").write_bytes(b"no library at all")
        assert _gnu_build_id(tmp_path / "x") == ""

    def test_every_capability_of_a_verified_build_is_there(self) -> None:
        if build_info().verified is None:
            pytest.skip(f"compiler build {build_info().build_id} is not one that was verified")
        assert all(capabilities().values())
        for name in CAPABILITIES:
            require(name)

    def test_a_missing_capability_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # By its name in the table of modules: the package gives the function of the same name.
        module = sys.modules["ireekit.bindings.capabilities"]
        monkeypatch.setattr(module, "capabilities", lambda: dict.fromkeys(CAPABILITIES, False))
        with pytest.raises(CapabilityError, match="has no 'irdl'") as caught:
            require("irdl")
        assert "pip install" in caught.value.remedy

    def test_hidden_symbols_are_found_by_name(self) -> None:
        names = [symbol for row in CAPABILITIES.values() for symbol in row.hidden]
        found = find_symbols(library_path(), [*names, "no_such_symbol"])
        assert "no_such_symbol" not in found
        assert set(found) <= set(names)

    def test_backends(self) -> None:
        backends = enumerate_names("ireeCompilerEnumerateRegisteredHALTargetBackends")
        assert {"llvm-cpu", "vmvx", "vulkan-spirv", "cuda", "rocm"} <= set(backends)

    @pytest.mark.parametrize("data", [b"", b"\x7fELF", b"MZ" + bytes(100), b"\x7fELF\x02\x02" + bytes(100)])
    def test_what_is_no_little_endian_elf_has_no_sections(self, data: bytes) -> None:
        if len(data) < 6:
            data += bytes(6)
        assert sections(data) == []
        assert loaded_sizes(data) == {}


class TestSession:
    def test_flags_are_apart(self) -> None:
        one, other = CompilerSession(["--iree-opt-level=O3"]), CompilerSession()
        assert "--iree-opt-level=O3" in one.flags()
        assert "--iree-opt-level=O3" not in other.flags()
        one.set_flags(["--iree-opt-level=O1"])
        assert "--iree-opt-level=O1" in one.flags()

    @pytest.mark.parametrize("flag", ["--no-such-flag", "--iree-opt-level=O9", "words"])
    def test_what_is_no_flag(self, flag: str) -> None:
        with pytest.raises(TargetError, match="does not take these flags"):
            CompilerSession([flag])

    def test_phases_one_by_one(self, ir) -> None:
        session = CompilerSession(CPU)
        module = ir.Module.parse(TEXT, context=session.context)
        with session.invocation() as invocation:
            invocation.import_module(module.operation)
            for start, stop in pairwise(PHASES):
                assert invocation.run(start, stop)
            assert invocation.output_bytecode()[:2] == b"PK"

    def test_diagnostics_are_collected(self, ir) -> None:
        session = CompilerSession(CPU)
        text = """
        func.func @main(%n: i32) -> tensor<2x3xi32> {
          %0 = tensor.splat %n : tensor<2x3xi32>
          return %0 : tensor<2x3xi32>
        }"""
        module = ir.Module.parse(text, context=session.context)
        with session.invocation() as invocation:
            invocation.import_module(module.operation)
            assert not invocation.run("start", "end")
            errors = [each.message for each in invocation.diagnostics if each.severity == "error"]
        assert any("failed to legalize operation 'tensor.splat'" in message for message in errors)

    def test_a_text_of_passes(self, ir) -> None:
        session = CompilerSession(CPU)
        module = ir.Module.parse(TEXT, context=session.context)
        with session.invocation() as invocation:
            invocation.import_module(module.operation)
            assert invocation.run_passes("builtin.module(func.func(cse))")
            with pytest.raises(PipelineError, match="'acme' does not refer to a registered pass"):
                invocation.run_passes("acme")

    def test_a_module_that_does_not_verify(self, ir) -> None:
        session = CompilerSession(CPU)
        module = ir.Module.parse(TEXT, context=session.context)
        body = module.body.operations[0].regions[0].blocks[0].operations
        body[0].operation.move_after(body[1].operation)
        with session.invocation() as invocation, pytest.raises(CompileError, match="does not verify"):
            invocation.import_module(module.operation)

    def test_output_before_the_end_is_an_error(self, ir) -> None:
        session = CompilerSession(CPU)
        module = ir.Module.parse(TEXT, context=session.context)
        with session.invocation() as invocation:
            invocation.import_module(module.operation)
            with pytest.raises(CompileError, match="could not be serialised"):
                invocation.output_bytecode()


class TestBytecode:
    def test_a_module_crosses_contexts(self, ir) -> None:
        one, other = CompilerSession(), CompilerSession()
        module = ir.Module.parse(TEXT, context=one.context)
        copy = copy_module(module, other.context)
        assert copy.context == other.context
        assert str(copy) == str(module)

    def test_weights_are_copied(self, ir) -> None:
        one, other = CompilerSession(), CompilerSession()
        text = 'func.func @f() -> tensor<4xi32> { %0 = arith.constant dense_resource<w> : tensor<4xi32>\n return %0 : tensor<4xi32> }\n{-# dialect_resources: { builtin: { w: "0x0400000001000000020000000300000004000000" } } #-}'  # noqa: E501
        module = ir.Module.parse(text, context=one.context)
        memory = write_aligned(module.operation)
        copy = parse_aligned(memory, other.context)
        memory.close()
        assert "0x0400000001000000020000000300000004000000" in copy.operation.get_asm()

    def test_what_is_no_bytecode(self) -> None:
        import mmap

        memory = mmap.mmap(-1, 64)
        memory.write(b"hello")
        with pytest.raises(ModelImportError, match="not valid MLIR bytecode"):
            parse_aligned(memory, CompilerSession().context)
        memory.close()


class TestErasure:
    def test_what_is_used_is_kept(self, ir) -> None:
        module = ir.Module.parse(TEXT, context=CompilerSession().context)
        add = module.body.operations[0].regions[0].blocks[0].operations[0]
        with pytest.raises(ValueError, match=r"arith\.addf cannot be erased: func\.return still uses its result"):
            add.erase()
        assert module.operation.verify()
        add.results[0].replace_all_uses_with(add.operands[0])
        add.erase()
        assert "arith" not in str(module)

    def test_functions_go_with_all_that_is_in_them(self, ir) -> None:
        module = ir.Module.parse(TEXT, context=CompilerSession().context)
        module.body.operations[0].operation.erase()
        assert len(list(module.body.operations)) == 0
