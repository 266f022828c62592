"""The command line of ``ireekit opt``, its files, and what it does with input of any kind."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from ireekit.cli import main
from ireekit.cli.opt_arguments import GROUPS, OPTIONS, help_text, parse_words
from ireekit.errors import PipelineError

ROOT = Path(__file__).parents[2]
FUNCTION = "func.func @f(%a: i32) -> i32 {\n  %0 = arith.addi %a, %a : i32\n  return %a : i32\n}\n"


def test_options_as_in_mlir_opt() -> None:
    arguments = parse_words(
        ["-verify-diagnostics", "--split-input-file=//==", "x.mlir", "--load", "a.py", "-load=b.py", "--acme=n=1 m=2"]
    )
    assert arguments.file == "x.mlir"
    assert arguments.text("verify-diagnostics") == "all"
    assert arguments.text("split-input-file") == "//=="
    assert arguments.texts("load") == ("a.py", "b.py")
    assert [str(each) for each in arguments.passes] == ["acme{n=1 m=2}"]
    assert arguments.flag("verify-each")
    assert not parse_words(["--verify-each=false"]).flag("verify-each")
    assert parse_words(["--pass-bisect-limit", "3"]).number("pass-bisect-limit") == 3
    assert parse_words([]).file == "-"


def test_the_order_of_passes_is_kept() -> None:
    arguments = parse_words(["--b", "-o", "out", "--a={x=1}", "--b"])
    assert [str(each) for each in arguments.passes] == ["b", "a{x=1}", "b"]


@pytest.mark.parametrize(
    "words",
    [
        ["--pass-pipeline"],
        ["--load"],
        ["a", "b"],
        ["--"],
        ["--cse", "--pass-pipeline=cse"],
        ["--run-reproducer", "--cse"],
        ["--pass-bisect-limit=x"],
        ["--pass-bisect-limit=-1"],
        ["--verify-diagnostics=none"],
        ["--verify-each=2"],
        ["--emit-bytecode=x"],
        ["--target=cpu"],
        ["--phase=abi"],
    ],
)
def test_wrong_usage(words: list[str]) -> None:
    with pytest.raises(PipelineError):
        parse_words(words)


def test_every_option_is_in_the_help_once() -> None:
    text = help_text()
    names = [option.name for _, options in GROUPS for option in options]
    assert sorted(names) == sorted(OPTIONS)
    for name in names:
        dashes = "-" if len(name) == 1 else "--"
        assert text.count(f"  {dashes}{name}") >= 1


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in.mlir", tmp_path / "out.mlir"
    source.write_text(FUNCTION)
    output.write_text("old")
    assert main(["opt", str(source), "--no-such-pass", "-o", str(output)]) == 1
    source.write_text(FUNCTION + "// -----\nfunc.func @g() { retrun }\n")
    assert main(["opt", str(source), "--split-input-file", "-o", str(output)]) == 1
    assert output.read_text() == "old"
    assert main(["opt", str(source), "--split-input-file"]) == 1
    # What could be done is on standard output all the same.
    assert "func.func @f" in capfd.readouterr().out
    source.write_text(FUNCTION)
    assert main(["opt", str(source), "--canonicalize", "-o", str(output)]) == 0
    assert "arith.addi" not in output.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mlir", "out.mlir"]


def test_long_notes_are_cut(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    body = "\n".join(f"  %{i} = arith.constant {i} : i32" for i in range(200))
    source = tmp_path / "in.mlir"
    source.write_text(f"func.func @f() -> i32 attributes {{sym_name = 3}} {{\n{body}\n  return %0 : i32\n}}\n")
    assert main(["opt", str(source)]) == 1
    source.write_text(f'"func.func"() <{{function_type = () -> ()}}> ({{\n{body}\n  func.return\n}}) : () -> ()\n')
    assert main(["opt", str(source)]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert any("more lines)" in line for line in lines)
    assert len(lines) < 60


def test_nothing_heavy_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ireekit", "opt", "--cse", "-"],
        input=FUNCTION,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "iree.compiler.ir" in imported
    heavy = {"torch", "jax", "onnx", "rich", "iree.runtime", "ireekit.facade", "ireekit.compiler", "ireekit.dialect"}
    assert not heavy & imported


FUZZ = """
import sys
from pathlib import Path
from ireekit.cli import main

for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, flush=True)
    code = main(["opt", str(path), "--load", sys.argv[2], "--split-input-file", "--canonicalize", "-o", "/dev/null"])
    assert code in (0, 1), code
"""


def test_no_input_ends_in_a_traceback_or_a_dead_process(tmp_path: Path) -> None:
    """Real test files, cut, doubled and with characters exchanged."""
    random.seed(7)
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    seeds = [
        (ROOT / "tests/lit/dialect" / name).read_text() for name in ("traits.mlir", "regions.mlir", "operands.mlir")
    ]
    chunks = [chunk for text in seeds for chunk in text.split("// -----\n")]
    for index in range(120):
        text = bytearray(random.choice(chunks).encode())
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(text))
            change = random.randrange(4)
            if change == 0:
                text[at] = random.randrange(256)
            elif change == 1:
                del text[at : at + random.randint(1, 20)]
            elif change == 2:
                text[at:at] = text[at : at + random.randint(1, 40)]
            else:
                text[at:at] = random.choice([b"%", b"}", b"(", b'"', b"<", b"!r.", b": () -> ()", b"\x00", b"{-#"])
            if not text:
                break
        (inputs / f"{index:03}.mlir").write_bytes(bytes(text))
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, inputs, ROOT / "tests/lit/dialect/Inputs/traits.py"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-100:] + done.stderr[-2000:]
    assert len(done.stdout.splitlines()) == 120
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
