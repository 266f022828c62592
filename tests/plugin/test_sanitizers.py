"""The native library built with the sanitizers of addresses and of undefined behaviour, inside of the stock tools."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from .stock import LOCAL_CPU, Stock, install

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FUZZ = Path(__file__).with_name("fuzz_manifest.py")
# With more warnings than the build asks for, as errors.
FLAGS = "-O0 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wshadow -Wnon-virtual-dtor"
RUNTIMES = ("libasan.so", "libubsan.so")
# Leaks: the compiler and Python keep what they have until the process ends.
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99:handle_segv=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
}
MODULE = b"""
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
PRODUCT = b"""
func.func @main(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %z: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
"""
PIPELINES = ("fine", "raises", "raises-pass-error", "corrupts", "exits", "broken", "raises-after-strategy")


def _runtimes() -> list[str]:
    """The sanitizers' libraries of g++; a name it gives back alone is not there."""
    compiler = shutil.which("g++")
    if compiler is None or shutil.which("cmake") is None:
        pytest.skip("the sanitizers need g++ and cmake")
    paths = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in RUNTIMES
    ]
    if not all(Path(path).is_absolute() for path in paths):
        pytest.skip("this g++ has no libasan and libubsan")
    return paths


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """The stock tools with the library, built for this."""
    if sys.platform != "linux":
        pytest.skip("the sanitizers are preloaded, which is done here for Linux only")
    runtimes = _runtimes()
    build = tmp_path_factory.mktemp("sanitized")
    configure = ["cmake", "-S", ROOT, "-B", build, "-DCMAKE_CXX_COMPILER=g++", f"-DCMAKE_CXX_FLAGS={FLAGS}"]
    for command in (configure, ["cmake", "--build", build, "--parallel", "2"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    entry_points = {
        "ireekit.pipelines": {"broken": "broken:pipeline"}
        | {name: f"faulty:{name.replace('-', '_')}" for name in PIPELINES if name != "broken"},
        "ireekit.passes": {"faulty-fault": "faulty:Fault"},
    }
    stock = install(tmp_path_factory.mktemp("faulty"), "faulty", entry_points)
    library = next(build.glob("libireekit.*"))
    changes = {**OPTIONS, "LD_PRELOAD": " ".join(runtimes), "IREEKIT_NATIVE_LIBRARY": str(library)}
    return replace(stock, library=library, changes=changes)


def _clean(said: str) -> bool:
    return "AddressSanitizer" not in said and "runtime error:" not in said


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_compiling(pipeline: str, tools: Stock, tmp_path: Path) -> None:
    done = tools.compile("-", *LOCAL_CPU, f"--iree-plugin={pipeline}", "-o", tmp_path / "out", stdin=MODULE)
    assert (done.status, _clean(done.err)) == (0 if pipeline == "fine" else 1, True), str(done)


@pytest.mark.parametrize("program", [MODULE, PRODUCT], ids=["none", "some"])
def test_looking_for_work(program: bytes, tools: Stock, tmp_path: Path) -> None:
    """Of mypipeline's passes: names, wildcards, attributes and their texts are compared with every operation."""
    done = tools.compile("-", *LOCAL_CPU, "--iree-plugin=mypipeline", "-o", tmp_path / "out", stdin=program)
    assert (done.status, _clean(done.err)) == (0, True), str(done)


def test_flags_in_a_file(tools: Stock, tmp_path: Path) -> None:
    for number, text in enumerate(("--iree-plugin=fi\\ne '-o' \"{}\"", "\ufeff'@{}.0'", "{0}\\", "'\"{0}")):
        file = tmp_path / f"flags.{number}"
        file.write_text(text.format(tmp_path / ("out" if number != 1 else "flags")), "utf-8")
        done = tools.compile("-", *LOCAL_CPU, f"@{file}", stdin=MODULE)
        assert (done.status, _clean(done.err)) == (0 if number < 2 else 1, True), str(done)


def test_passes_and_dialects_of_iree_opt(tools: Stock) -> None:
    for kind, status in (("raises", 1), ("lends-out", 0), ("corrupts", 1)):
        done = tools.opt("-", f"--pass-pipeline=builtin.module(faulty-fault{{kind={kind}}})", stdin=MODULE)
        assert (done.status, _clean(done.err)) == (status, True), str(done)


def test_help_lists_everything(tools: Stock) -> None:
    done = tools.opt("--help")
    assert (done.status, _clean(done.err)) == (0, True), str(done)
    assert "--faulty-fault" in done.text


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("symbol", "", 1), lambda _: "\0"])
def test_broken_manifests(damage: object, tools: Stock, tmp_path: Path) -> None:
    assert callable(damage)
    path = tmp_path / "broken.manifest"
    path.write_text(str(damage(tools.manifest.read_text())))
    broken = tools.with_(IREEKIT_PLUGIN_MANIFEST=str(path))
    done = broken.compile("-", *LOCAL_CPU, "--iree-plugin=fine", "-o", tmp_path / "out", stdin=MODULE)
    assert (done.status, _clean(done.err)) == (1, True), str(done)


def test_mutated_manifests(tools: Stock) -> None:
    done = subprocess.run(
        [sys.executable, FUZZ, tools.library, "7", "20000"],
        env=tools.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, _clean(done.stderr)) == (0, True), done.stderr[-3000:]


def test_dialects_with_traits_in_python(tools: Stock) -> None:
    """What passes of the compiler reach through the library: folds, traits, effects, symbols."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-x",
            ROOT / "tests" / "bindings" / "test_traits.py",
        ],
        env=tools.environment() | {"IREE_LOAD_PLUGINS": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, _clean(done.stdout + done.stderr)) == (0, True), (done.stdout + done.stderr)[-3000:]
