"""Whatever goes wrong in a pipeline's Python, the stock tools end with status 1 and say what, and leave no file."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ireekit.plugin.manifest import sealed

from .stock import LOCAL_CPU, PACKAGES, Stock, install

MODULE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
# What the error says of each way to fail; see packages/faulty.py.
SAID = {
    "raises": ("error: ValueError: no luck today", "in: pass faulty-fault", "Traceback", "faulty.py"),
    "raises-nothing-said": ("error: RuntimeError", "pass faulty-fault", "Traceback"),
    "cannot-be-told": ("error:", "Silent"),
    "raises-pass-error": ("error: cannot tile by 7", "op: func.func", "remedy: tile by 8"),
    "exits": ("error: SystemExit: 0", "pass faulty-fault"),
    "interrupts": ("error: interrupted\nin: pass faulty-fault, while running on builtin.module",),
    "recurses": ("error: RecursionError", "pass faulty-fault"),
    "corrupts": ("left invalid IR behind", "block with no terminator", "pass faulty-fault"),
    "leaves-unknown": ("nothing lowered 'nobody.knows_it'",),
    "native": ("there-is-no-such-pass",),
    "broken": ("pipeline 'broken' of faulty 1.0 cannot be imported", "the package is broken", "broken.py"),
    "missing": ("pipeline 'missing' of faulty 1.0 cannot be imported", "no_such_module"),
    "no-pipeline": ("faulty:NO_PIPELINE", "is of type str", "remedy: make it an ireekit.Pipeline"),
}
# Where a step raises around a pass of the compiler -> the operation that pass runs on.
AROUND = {
    "before-fusion": "util.func",
    "after-fusion": "util.func",
    "before-strategy": "builtin.module",
    "after-strategy": "builtin.module",
}


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    pipelines = {name: f"faulty:{name.replace('-', '_')}" for name in _names()}
    others = {"broken": "broken:pipeline", "missing": "no_such_module:it", "no-pipeline": "faulty:NO_PIPELINE"}
    passes = {"faulty-fault": "faulty:Fault", "faulty-anywhere": "faulty:FaultAnywhere", "broken-pass": "broken:Pass"}
    entry_points = {"ireekit.pipelines": pipelines | others, "ireekit.passes": passes}
    return install(tmp_path_factory.mktemp("faulty"), "faulty", entry_points)


def _names() -> list[str]:
    spec = importlib.util.spec_from_file_location("faulty", PACKAGES / "faulty.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look it up.
    sys.modules["faulty"] = module
    spec.loader.exec_module(module)
    return list(module.PIPELINES)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.mlir"
    path.write_text(MODULE)
    return path


@pytest.fixture
def refused(faulty: Stock, module: Path, tmp_path: Path) -> Callable[..., str]:
    """Compiles with a pipeline, which must fail in order; gives what was said."""

    def run(*pipelines: str, stock: Stock = faulty) -> str:
        output = tmp_path / "output.vmfb"
        done = stock.compile(module, *LOCAL_CPU, *(f"--iree-plugin={name}" for name in pipelines), "-o", output)
        assert done.status == 1, str(done)
        assert done.err.strip(), "it failed in silence"
        assert not output.exists()
        return done.err

    return run


@pytest.mark.parametrize("pipeline", SAID)
def test_it_ends_with_an_error_that_says_why(pipeline: str, refused: Callable[..., str]) -> None:
    said = refused(pipeline)
    assert [part for part in SAID[pipeline] if part not in said] == [], said


def test_the_error_is_at_the_operation(refused: Callable[..., str]) -> None:
    assert "module.mlir:" in refused("corrupts").partition("error:")[0]


@pytest.mark.parametrize("phase", ["start", "input", "abi", "preprocessing", "flow", "executable-targets", "vm", "end"])
def test_a_step_that_raises_at_a_phase(phase: str, refused: Callable[..., str]) -> None:
    assert "ValueError: no luck today" in refused(f"raises-at-{phase}")


@pytest.mark.parametrize("place", AROUND)
def test_a_step_that_raises_around_a_pass(place: str, refused: Callable[..., str]) -> None:
    assert f"no luck on {AROUND[place]}" in refused(f"raises-{place}")


def test_an_interruption_is_told_in_a_line_without_a_traceback(refused: Callable[..., str]) -> None:
    said = refused("interrupts") + refused("interrupts-before-strategy")
    assert "in: pass faulty-interrupt, while running on builtin.module" in said, said
    assert "Traceback" not in said, said


def test_a_step_around_a_pass_that_is_none(refused: Callable[..., str]) -> None:
    assert "there-is-no-such-pass" in refused("raises-before-nothing")


def test_an_error_that_was_only_said_is_not_a_failure(faulty: Stock, module: Path, tmp_path: Path) -> None:
    # As with passes in C++: what fails is what signals it.
    output = tmp_path / "output.vmfb"
    done = faulty.compile(module, *LOCAL_CPU, "--iree-plugin=says-an-error", "-o", output)
    assert (done.status, output.exists()) == (0, True), str(done)
    assert "error: said, but not raised" in done.err


def test_what_python_keeps_of_the_program_harms_nothing(faulty: Stock, module: Path, tmp_path: Path) -> None:
    output = tmp_path / "output.vmfb"
    done = faulty.compile(module, *LOCAL_CPU, "--iree-plugin=lends-out", "-o", output)
    assert (done.status, output.exists(), done.err) == (0, True, ""), str(done)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("pipeline", ["sleeps", "spins"])
def test_a_pass_that_never_returns_can_be_interrupted(
    pipeline: str, number: signal.Signals, faulty: Stock, module: Path, tmp_path: Path
) -> None:
    started, output = tmp_path / "started", tmp_path / "output.vmfb"
    tools = faulty.with_(FAULTY_STARTED=str(started))
    with tools.start("iree-compile", module, *LOCAL_CPU, f"--iree-plugin={pipeline}", "-o", output) as process:
        _until(started.exists, process)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == -number, said
    assert not output.exists()


def _until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_interpreter_without_a_library_can_be_interrupted(faulty: Stock, module: Path, tmp_path: Path) -> None:
    started, output = tmp_path / "started", tmp_path / "output.vmfb"
    tools = _changed(faulty, tmp_path, _without_libpython).with_(FAULTY_STARTED=str(started))
    with tools.start("iree-compile", module, *LOCAL_CPU, "--iree-plugin=spins", "-o", output) as process:
        _until(started.exists, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode in (1, -signal.SIGINT), said
    assert not output.exists()


def test_a_pass_of_iree_opt_that_raises(faulty: Stock, module: Path, tmp_path: Path) -> None:
    output = tmp_path / "output.mlir"
    for options, said in (("", "no luck today"), ("{kind=corrupts}", "invalid IR"), ("{kind=exits}", "SystemExit")):
        done = faulty.opt(module, f"--pass-pipeline=builtin.module(faulty-fault{options})", "-o", output)
        assert (done.status, said in done.err) == (1, True), str(done)
        assert not output.exists()


def test_a_pass_of_iree_opt_on_many_functions_at_once(faulty: Stock, tmp_path: Path) -> None:
    path = tmp_path / "many.mlir"
    path.write_text("\n".join(f"func.func @f{n}() {{ return }}" for n in range(64)))
    done = faulty.opt(path, "--pass-pipeline=builtin.module(func.func(faulty-anywhere))")
    assert done.status == 1, str(done)
    assert "no luck on func.func" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faulty-fault{knd=raises}", "knd"),
        ("faulty-fault{kind}", "kind"),
        ("faulty-fault{kind=raises kind=exits}", "kind"),
        ("faulty-fault{kind=unheard-of}", "unheard-of"),
        ("faulty-fault{kind='open}", "kind"),
        ("broken-pass", "the package is broken"),
        ("func.func(faulty-fault)", "builtin.module"),
    ],
)
def test_options_of_iree_opt_that_are_wrong(text: str, said: str, faulty: Stock, module: Path) -> None:
    done = faulty.opt(module, f"--pass-pipeline=builtin.module({text})")
    assert (done.status, said in done.err) == (1, True), str(done)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("exits", "SystemExit"),
        ("unheard-of", "unheard-of"),
        ("", "KeyError"),
        ("exits\nkind=raises", "kind=raises"),
        ("\N{SNOWMAN} ' \" = , {", "\N{SNOWMAN}"),
    ],
)
def test_options_of_a_pipeline(value: str, said: str, faulty: Stock, module: Path, tmp_path: Path) -> None:
    output = tmp_path / "output.vmfb"
    done = faulty.compile(module, *LOCAL_CPU, "--iree-plugin=told", f"--told-opt-kind={value}", "-o", output)
    assert (done.status, said in done.err) == (1, True), str(done)


def test_an_option_in_the_environment_that_is_wrong(faulty: Stock, module: Path) -> None:
    tools = faulty.with_(TOLD_OPT_KIND="unheard-of")
    done = tools.compile(module, *LOCAL_CPU, "--iree-plugin=told", "-o", "/dev/null")
    assert (done.status, "unheard-of" in done.err) == (1, True), str(done)


def test_an_option_that_the_pipeline_does_not_have(faulty: Stock, module: Path) -> None:
    done = faulty.compile(module, *LOCAL_CPU, "--iree-plugin=told", "--told-opt-kin=exits", "-o", "/dev/null")
    assert done.status == 1, str(done)
    assert "--told-opt-kin" in done.err


def test_a_preprocessing_pipeline_with_a_pass_that_raises(faulty: Stock, module: Path, tmp_path: Path) -> None:
    output = tmp_path / "output.vmfb"
    flag = "--iree-preprocessing-pass-pipeline=builtin.module(faulty-fault)"
    done = faulty.compile(module, *LOCAL_CPU, flag, "-o", output)
    assert (done.status, output.exists()) == (1, False), str(done)
    assert "no luck today" in done.err


def test_an_unknown_pipeline_is_the_compilers_own_error(refused: Callable[..., str]) -> None:
    said = refused("there-is-none-of-this-name")
    assert "there-is-none-of-this-name" in said
    assert "fine" in said, "it lists those there are"


@pytest.mark.parametrize("pipelines", [("fine", "raises"), ("raises", "fine")])
def test_two_pipelines_at_once_run_both(pipelines: tuple[str, str], refused: Callable[..., str]) -> None:
    assert "ValueError: no luck today" in refused(*pipelines)


def test_two_pipelines_at_once_succeed(faulty: Stock, module: Path, tmp_path: Path) -> None:
    output = tmp_path / "output.vmfb"
    flags = ("--iree-plugin=fine", "--iree-plugin=mypipeline", "--iree-plugin=fine")
    done = faulty.compile(module, *LOCAL_CPU, *flags, "-o", output)
    assert (done.status, done.err, output.exists()) == (0, "", True), str(done)


def test_the_plugin_twice_is_the_loaders_own_error(faulty: Stock, module: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / faulty.library.name
    copy.parent.mkdir()
    shutil.copy(faulty.library, copy)
    done = faulty.with_(IREE_LOAD_PLUGINS=f"{faulty.library},{copy}").compile(
        module, *LOCAL_CPU, "-o", tmp_path / "o.vmfb"
    )
    assert done.status == 1, str(done)
    assert "already" in done.err or "duplicate" in done.err


def test_a_plugin_of_another_interface_is_refused(faulty: Stock, module: Path, tmp_path: Path) -> None:
    from ireekit.bindings import build_info

    known, other = 0x27493EE2EDDC0611, 0x1122334455667788
    assert build_info().version.startswith("3.13"), "which hash has this compiler?"
    data = faulty.library.read_bytes()
    assert known.to_bytes(8, "little") in data
    copy = tmp_path / faulty.library.name
    copy.write_bytes(data.replace(known.to_bytes(8, "little"), other.to_bytes(8, "little")))
    done = faulty.with_(IREE_LOAD_PLUGINS=str(copy)).compile(module, *LOCAL_CPU, "-o", tmp_path / "o.vmfb")
    assert done.status == 1, str(done)
    assert f"{known:x}" in done.err
    assert f"{other:x}" in done.err


def test_a_plugin_that_is_not_there(faulty: Stock, module: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.so"
    done = faulty.with_(IREE_LOAD_PLUGINS=str(nowhere)).compile(module, *LOCAL_CPU, "-o", tmp_path / "o.vmfb")
    assert done.status == 1, str(done)
    assert str(nowhere) in done.err


def _changed(stock: Stock, folder: Path, change: Callable[[str], str]) -> Stock:
    """The same tools with a manifest in which each line is changed."""
    *lines, _ = stock.manifest.read_text().splitlines()
    path = folder / "changed.manifest"
    path.write_text(sealed("".join(f"{change(line)}\n" for line in lines)))
    return stock.with_(IREEKIT_PLUGIN_MANIFEST=str(path))


def _without_libpython(line: str) -> str:
    return line.rpartition("\t")[0] + "\t" if line.startswith("python\t") else line


def test_a_compiler_whose_interface_is_laid_out_otherwise(
    faulty: Stock, module: Path, refused: Callable[..., str], tmp_path: Path
) -> None:
    """Found at loading, by the addresses that the manifest has of its functions."""
    name = "_ZN4mlir13iree_compiler21AbstractPluginSession10onActivateEv"

    def change(line: str) -> str:
        return line[:-1] + ("1" if line.endswith("0") else "0") if line.startswith(f"symbol\t{name}\t") else line

    tools = _changed(faulty, tmp_path, change)
    said = refused("fine", stock=tools)
    assert "ireekit's plugin is not used" in said
    assert "its plugin interface is not the one this plugin was written for: virtual function 11" in said
    assert name in said
    assert "could not activate requested IREE plugin 'fine'" in said
    done = tools.compile(module, *LOCAL_CPU, "-o", tmp_path / "stock.vmfb")
    assert done.status == 0, str(done)


@pytest.mark.parametrize("embedded", [True, False])
def test_an_environment_without_ireekit(
    embedded: bool, faulty: Stock, module: Path, refused: Callable[..., str], tmp_path: Path
) -> None:
    # As where it was removed but the manifest stayed.
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)

    def change(line: str) -> str:
        line = line if embedded else _without_libpython(line)
        return line.replace(sys.executable, str(venv / "bin" / "python")) if line.startswith("python\t") else line

    tools = _changed(faulty, tmp_path, change).with_(PYTHONPATH=None)
    said = refused("fine", stock=tools)
    assert "No module named 'ireekit'" in said
    # Who does not ask for it is not troubled.
    assert tools.compile(module, *LOCAL_CPU, "-o", tmp_path / "stock.vmfb").status == 0


def test_a_pipeline_that_was_removed(faulty: Stock, refused: Callable[..., str], tmp_path: Path) -> None:
    gone = _changed(faulty, tmp_path, lambda line: line.replace("pipeline\tfine", "pipeline\tgone"))
    said = refused("gone", stock=gone)
    assert "gone" in said
    assert "error" in said


@pytest.mark.parametrize(
    ("python", "library"),
    [("/nowhere/python", ""), ("/nowhere/python", "/nowhere/libpython3.so"), ("", ""), ("/dev/null", "/dev/null")],
)
def test_an_interpreter_that_is_not_there(
    python: str, library: str, faulty: Stock, refused: Callable[..., str], tmp_path: Path
) -> None:
    row = f"python\t{python}\t{library}"
    tools = _changed(faulty, tmp_path, lambda line: row if line.startswith("python\t") else line)
    said = refused("fine", stock=tools)
    assert "Python" in said or "python" in said


def test_a_home_that_cannot_be_written(faulty: Stock, module: Path, tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "IREEKIT_CACHE_DIR", "PYTHONPYCACHEPREFIX"), "/dev/null/home")
    output = tmp_path / "output.vmfb"
    done = faulty.with_(**nowhere).compile(module, *LOCAL_CPU, "--iree-plugin=fine", "-o", output)
    assert (done.status, done.err, output.exists()) == (0, "", True), str(done)


def test_an_output_that_cannot_be_written(faulty: Stock, module: Path) -> None:
    done = faulty.compile(module, *LOCAL_CPU, "--iree-plugin=fine", "-o", "/dev/null/output.vmfb")
    assert done.status == 1, str(done)
    assert "/dev/null/output.vmfb" in done.err


def test_many_at_once(faulty: Stock, module: Path, tmp_path: Path) -> None:
    """Fewer in the suite than by hand: IREEKIT_PARALLEL_COMPILES=50."""
    count = int(os.environ.get("IREEKIT_PARALLEL_COMPILES", "12"))

    def run(index: int) -> tuple[int, bytes | None]:
        output = tmp_path / f"{index}.vmfb"
        # Every fourth fails, which must not disturb the others.
        pipeline = "raises" if index % 4 == 3 else "fine"
        done = faulty.compile(module, *LOCAL_CPU, f"--iree-plugin={pipeline}", "-o", output, timeout=600)
        return done.status, output.read_bytes() if output.exists() else None

    with ThreadPoolExecutor(count) as pool:
        ended = list(pool.map(run, range(count)))
    expected = ended[0]
    assert expected[0] == 0
    assert ended == [(1, None) if index % 4 == 3 else expected for index in range(count)]
