"""Dialects registered from IRDL: they parse, print and verify; what is wrong is said, on any thread, on no stream."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from iree.compiler import ir

from ireekit.bindings import CompilerSession
from ireekit.bindings.irdl import load_irdl, register_op
from ireekit.errors import CapabilityError, DialectError

TILES = """
irdl.dialect @tiles {
  irdl.type @tile {
    %f32 = irdl.is f32
    %any = irdl.any
    irdl.parameters(element: %f32, rows: %any)
  }
  irdl.operation @add {
    %t = irdl.base @tiles::@tile
    irdl.operands(a: %t, b: %t)
    irdl.results(r: %t)
  }
}
"""
USE = """
func.func @f(%a: !tiles.tile<f32, 4 : i32>) -> !tiles.tile<f32, 4 : i32> {
  %0 = "tiles.add"(%a, %a) : (!tiles.tile<f32, 4 : i32>, !tiles.tile<f32, 4 : i32>) -> !tiles.tile<f32, 4 : i32>
  return %0 : !tiles.tile<f32, 4 : i32>
}
"""

ANYTHING = """
func.func @f(%a: i32, %b: f32) {
  %0:2 = "tiles.any"(%a, %b) ({
    %c = arith.constant 1 : i8
    cf.br ^bb1(%c : i8)
  ^bb1(%d: i8):
    %1 = "tiles.any"() {x = 1 : i32} : () -> f64
    cf.br ^bb1(%d : i8)
  }, {
  }) : (i32, f32) -> (i1, i2)
  return
}
"""


@pytest.fixture(params=["plain", "session"])
def context(request: pytest.FixtureRequest) -> ir.Context:
    return ir.Context() if request.param == "plain" else CompilerSession().context


class TestLoading:
    def test_it_is_registered_parses_and_prints(self, context: ir.Context) -> None:
        load_irdl(TILES, context)
        assert context.is_registered_operation("tiles.add")
        text = str(ir.Module.parse(USE, context))
        assert str(ir.Module.parse(text, context)) == text
        assert "!tiles.tile<f32, 4 : i32>" in text

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("(%a, %a) : (!tiles.tile<f32, 4 : i32>, ", "(%a) : (", "2 operand"),
            ("@f(%a: !tiles.tile<f32", "@f(%a: !tiles.tile<f64", "expected 'f32' but got 'f64'"),
        ],
    )
    def test_it_verifies(self, context: ir.Context, old: str, new: str, said: str) -> None:
        load_irdl(TILES, context)
        with pytest.raises(ir.MLIRError, match=said):
            ir.Module.parse(USE.replace(old, new), context)

    def test_another_context_knows_nothing_of_it(self) -> None:
        load_irdl(TILES, ir.Context())
        assert not ir.Context().is_registered_operation("tiles.add")

    def test_several_dialects_in_one_text(self, context: ir.Context) -> None:
        load_irdl(TILES + TILES.replace("@tiles", "@others"), context)
        assert context.is_registered_operation("tiles.add")
        assert context.is_registered_operation("others.add")

    def test_many_contexts_on_many_threads(self) -> None:
        def load(_: int) -> str:
            fresh = ir.Context()
            load_irdl(TILES, fresh)
            return str(ir.Module.parse(USE, fresh))

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(load, range(40)))
        assert set(results) == {results[0]}


class TestRefusals:
    def test_a_second_load_of_the_same_dialect(self, context: ir.Context) -> None:
        load_irdl(TILES, context)
        with pytest.raises(DialectError, match="'tiles' is loaded already"):
            load_irdl(TILES, context)
        assert context.is_registered_operation("tiles.add")

    @pytest.mark.parametrize("name", ["arith", "builtin", "irdl"])
    def test_a_dialect_of_the_compiler(self, context: ir.Context, name: str) -> None:
        context.load_all_available_dialects()
        with pytest.raises(DialectError, match=f"'{name}' is loaded already"):
            load_irdl(f"irdl.dialect @{name} {{}}", context)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("irdl.dialect @b { irdl.operation @o { %0 = irdl.nope } }", r"1:4\d.*irdl.nope"),
            ("irdl.dialect @b {", r"expected"),
            (
                'irdl.dialect @b { irdl.operation @o { %0 = irdl.base "!builtin.nope" irdl.results(r: %0) } }',
                r"1:4\d.*no registered type",
            ),
            ("no IRDL at all", "expected|custom op"),
            ("func.func @f() { return }", "no dialect but func.func"),
            ("irdl.dialect @b { } func.func @f() { return }", "func.func"),
        ],
    )
    def test_bad_text(self, context: ir.Context, text: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(DialectError, match=said):
            load_irdl(text, context)
        assert capfd.readouterr() == ("", "")

    def test_an_empty_text_loads_nothing(self, context: ir.Context) -> None:
        load_irdl("", context)
        assert not context.is_dialect_loaded("tiles")

    def test_a_build_without_the_symbols(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # By name from the table of modules: the package holds the function of the same name.
        monkeypatch.setattr(sys.modules["ireekit.bindings.capabilities"], "capabilities", lambda: {"irdl": False})
        with pytest.raises(CapabilityError, match="dialects are not registered"):
            load_irdl(TILES, ir.Context())


class TestFurtherOperations:
    def test_it_is_registered_and_takes_anything(self, context: ir.Context) -> None:
        load_irdl(TILES, context)
        register_op(context, "tiles.any")
        text = str(ir.Module.parse(ANYTHING, context))
        assert '%0:2 = "tiles.any"(%arg0, %arg1) ({' in text
        assert str(ir.Module.parse(text, context)) == text

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("tiles.add", "registered already"),
            ("nowhere.op", "'nowhere' is not loaded"),
            ("arith.magic", "takes no further operations"),
            ("tiles", "not an operation's full name"),
            ("tiles.", "not an operation's full name"),
        ],
    )
    def test_refusals(self, name: str, said: str) -> None:
        fresh = ir.Context()
        fresh.load_all_available_dialects()
        load_irdl(TILES, fresh)
        with pytest.raises(DialectError, match=said):
            register_op(fresh, name)


def test_five_hundred_operations_in_fifty_contexts_leave_nothing_behind() -> None:
    """In a process of its own: what stays is measured, and the contexts are destroyed at its end."""
    if "asan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("the address sanitizer keeps freed memory")
    script = """
import gc, resource
from pathlib import Path
from iree.compiler import ir
from ireekit.bindings.irdl import load_irdl, register_op
from ireekit.bindings.traits import TraitSpec, attach_dialect_traits, Effect

rows = "".join(
    f"irdl.operation @op{i} {{ %a = irdl.any irdl.operands(x: %a) irdl.results(r: %a) }}" for i in range(500)
)
kinds = [
    [TraitSpec("Pure"), TraitSpec("Idempotent"), TraitSpec("Commutative")],
    [TraitSpec("MemoryEffects", (Effect("read", "operand", 0),)), TraitSpec("AlwaysSpeculatable")],
    [TraitSpec("Terminator"), TraitSpec("Symbol")],
]

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 if Path("/proc").exists() else 0

def once():
    context = ir.Context()
    load_irdl(f"irdl.dialect @big {{ {rows} }}", context)
    register_op(context, "big.further")
    attach_dialect_traits(context, {f"big.op{i}": kinds[i % 3] for i in range(500)})
    del context
    gc.collect()

for _ in range(10):
    once()
before = resident()
for _ in range(40):
    once()
print((resident() - before) >> 20)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 20, "MB more after 40 contexts"
