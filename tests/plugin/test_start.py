"""What the plugin's start costs, and the small parts of finding it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ireekit import NativePasses, Pipeline
from ireekit.errors import PipelineError
from ireekit.plugin import environment, places, session
from ireekit.plugin.environment import LOAD, MANIFEST_FILE, Loading, set_by_us
from ireekit.plugin.installed import recorded_plan
from ireekit.plugin.plan import PlannedStep, record_of
from ireekit.plugin.state import State, parse_state, read_state, stamp

from .stock import LOCAL_CPU, install

STATE = State(
    "/a/lib.so",
    ("/s one", "/t"),
    "",
    (("/a/lib.so", "1:2"), ("/s one", "3")),
    (("p", "m:o.p"),),
    ("p",),
    (("p", "abi", "cpu", "a.b c.*{d=e}", "abi: p-fuse{x=1}"), ("p", "start", "*", "", "start: p-none")),
)


def run(code: str, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_session_imports_nothing_slow() -> None:
    """Each of these takes ten milliseconds or more, inside of every compilation that asks for a pipeline."""
    code = (
        "import sys; from ireekit.bindings.light import import_bindings; import_bindings();"
        "import ireekit.plugin.host, ireekit.plugin.work; from ireekit import Pipeline; Pipeline('p');"
        "print(*sorted({'numpy', 'importlib.metadata', 'email', 'hashlib', 'zipfile', 'rich', 'json', 'torch',"
        " 'ireekit.artifact', 'ireekit.runtime', 'ireekit.frontends', 'iree.runtime'} & set(sys.modules)))"
    )
    assert run(code) == ""


SMALLEST = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
PRODUCT = """
func.func @main(%x: tensor<4x8xf32>, %y: tensor<8x4xf32>, %z: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = linalg.matmul ins(%x, %y : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
"""


def imported(program: str, folder: Path) -> set[str]:
    """What a compilation with mypipeline imports in its process."""
    file = folder / "in.mlir"
    file.write_text(program)
    # Just before, so that nothing is installed in between, on which it would not be relied any more.
    stock = install(folder).with_(PYTHONPROFILEIMPORTTIME="1")
    done = stock.compile(file, *LOCAL_CPU, "--iree-plugin=mypipeline", "-o", folder / "out.vmfb")
    assert done.status == 0, str(done)
    rows = [line.rpartition("|")[2].strip() for line in done.err.splitlines() if line.startswith("import time:")]
    assert "ireekit.plugin.session" in rows
    return set(rows)


def test_a_program_without_work_imports_no_pipeline(tmp_path: Path) -> None:
    """However many passes mypipeline has: nothing of them, of the bindings, or of what describes pipelines."""
    names = imported(SMALLEST, tmp_path)
    slow = {"numpy", "iree", "mypipeline", "inspect", "dataclasses", "subprocess", "tempfile", "importlib.metadata"}
    assert names & slow == set()
    ours = {name for name in names if name.startswith("ireekit") and not name.startswith("ireekit.plugin.")}
    bare = {"", ".plugin", ".errors", ".lazy_names", ".bindings", ".bindings.phases"}
    assert ours <= {f"ireekit{each}" for each in bare}
    assert names.isdisjoint({"ireekit.plugin.work", "ireekit.plugin.hooks", "ireekit.plugin.contexts"})


def test_a_program_with_work_imports_its_pipeline(tmp_path: Path) -> None:
    names = imported(PRODUCT, tmp_path)
    assert {"mypipeline.definition", "mypipeline.passes.block_weights", "iree.compiler.ir"} <= names


def test_options_are_read_by_the_pipeline_itself(tmp_path: Path) -> None:
    """One that is wrong is refused, work or none."""
    file = tmp_path / "in.mlir"
    file.write_text(SMALLEST)
    stock = install(tmp_path)
    done = stock.with_(MYPIPELINE_OPT_WITHOUT="no-such-pass").compile(file, *LOCAL_CPU, "--iree-plugin=mypipeline")
    assert done.status == 1
    assert "pipeline 'mypipeline' has no pass 'no-such-pass'" in done.err
    done = stock.compile(file, *LOCAL_CPU, "--iree-plugin=mypipeline", "--mypipeline-opt-without=no-such-pass")
    assert done.status == 1
    assert "pipeline 'mypipeline' has no pass 'no-such-pass'" in done.err


def test_a_plan_is_relied_on_while_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source.py"
    source.write_text("1")
    step = PlannedStep("abi: p-fuse", "abi", frozenset({"cpu"}), ("a.b", "c.d"))
    stamps = ((str(source), stamp(source)),)
    state = State("c", (), "", stamps, (("p", "m:p"), ("q-r", "m:q")), ("p",), (("p", *record_of(step)),))
    (tmp_path / places.STATE).write_text(state.text())
    monkeypatch.setenv(MANIFEST_FILE, str(tmp_path / places.MANIFEST))
    assert recorded_plan("p") == (step,)
    assert recorded_plan("q-r") is None
    monkeypatch.setenv("P_OPT_MAX_OPS", "1")
    assert recorded_plan("p") is None
    monkeypatch.delenv("P_OPT_MAX_OPS")
    assert recorded_plan("p") == (step,)
    source.write_text("12")
    assert recorded_plan("p") is None


def test_steps_that_are_others_than_planned_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    planned_once = (PlannedStep("abi: p-fuse", "abi", None, ("a.b",)),)

    class Work:
        steps = Pipeline("p").at("abi", NativePasses("tidy", "cse")).steps

    monkeypatch.setattr(session, "is_embedded", lambda: True)
    monkeypatch.setattr(session, "recorded_plan", lambda _name: planned_once)
    monkeypatch.setattr(session.PluginSession, "_load", lambda _self: Work)
    made = session.PluginSession("p", 0)
    assert made.points == b"start\t\nabi\ta.b\npreprocessing\t?\n"
    with pytest.raises(PipelineError, match="pipeline 'p' is not what it was when the manifest was written"):
        made.run("abi", 0)


def test_builders_of_attributes_work_without_numpy_at_first() -> None:
    kinds = ("F64ElementsAttr", "I32ElementsAttr", "I64ElementsAttr", "IndexElementsAttr")
    show = (
        "from iree.compiler import ir; import sys; context = ir.Context()\n"
        "for kind in sys.argv[1:]: print(ir.AttrBuilder.get(kind)([1, 2], context=context))"
    )
    lightly = (
        "import sys; from ireekit.bindings.light import import_bindings; import_bindings()\n"
        "assert 'numpy' not in sys.modules\n"
    )
    usual = run(show, *kinds)
    assert run(lightly + show, *kinds) == usual
    assert len(usual.splitlines()) == len(kinds)


def test_state_is_read_as_it_was_written() -> None:
    assert parse_state(STATE.text()) == STATE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "ireekit-plugin-state 2",
        "ireekit-plugin-state 2\n",
        "ireekit-plugin-state 1\ncompiler\ta\nproblem\t\n",
        STATE.text()[:-1],
        STATE.text() + "file\tx\n",
        STATE.text() + "unknown\tx\n",
        STATE.text() + "problem\t\n",
        STATE.text() + "step\tp\tabi\n",
        STATE.text() + "\0\n",
    ],
)
def test_what_is_no_state(text: str, tmp_path: Path) -> None:
    assert parse_state(text) is None
    file = tmp_path / "state"
    file.write_text(text)
    assert read_state(file) is None


def test_cut_anywhere_it_is_no_state_or_has_less() -> None:
    text = STATE.text()
    for length in range(len(text)):
        found = parse_state(text[:length])
        assert found is None or text[length - 1] == "\n"


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    absent = stamp(file)
    file.write_text("1")
    short = stamp(file)
    file.write_text("12")
    assert len({absent, short, stamp(file)}) == 3
    before = stamp(tmp_path)
    (tmp_path / "other").touch()
    assert stamp(tmp_path) != before


def test_state_holds_until_something_changes(tmp_path: Path) -> None:
    compiler = tmp_path / "compiler"
    compiler.touch()
    state = State(str(compiler), (str(tmp_path),), "", ((str(compiler), stamp(compiler)),))
    assert state.holds(compiler, [tmp_path])
    assert not state.holds(compiler, [tmp_path, tmp_path])
    assert not state.holds(tmp_path, [tmp_path])
    compiler.write_text("changed")
    assert not state.holds(compiler, [tmp_path])


def test_times_in_whole_seconds_are_the_same(tmp_path: Path) -> None:
    """As in the layers of a container image."""
    file = tmp_path / "file"
    file.write_text("1")
    os.utime(file, ns=(0, 5_123_456_789))
    state = State("c", (), "", ((str(file), stamp(file)),))
    os.utime(file, ns=(0, 5_000_000_000))
    assert state.holds(Path("c"), [])
    file.write_text("12")
    os.utime(file, ns=(0, 5_000_000_000))
    assert not state.holds(Path("c"), [])
    file.write_text("1")
    for other in (5_000_000_001, 6_000_000_000):
        os.utime(file, ns=(0, other))
        assert not state.holds(Path("c"), [])
    file.unlink()
    assert not state.holds(Path("c"), [])


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest is then in the cache, in a folder named by that of the library."""
    beside = tmp_path / "lib" / "ireekit" / "plugin"
    beside.mkdir(parents=True)
    ours = beside / places.LIBRARY
    cached = tmp_path / "cache"
    monkeypatch.setenv("IREEKIT_CACHE_DIR", str(cached))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert environment.writable_folder(ours) == beside
    real = environment.os.access
    monkeypatch.setattr(environment.os, "access", lambda path, mode: path != beside and real(path, mode))
    found = environment.writable_folder(ours)
    assert found == cached / "plugin" / beside.relative_to("/")
    assert found is not None
    assert found.is_dir()
    cached.rename(tmp_path / "gone")
    cached.write_text("a file where the folder should be")
    assert environment.writable_folder(ours) is None
    ours.touch()
    monkeypatch.setattr(environment, "library", lambda: ours)
    monkeypatch.setattr(environment, "disabled_by", lambda: None)
    for name in (LOAD, environment.OPT_OUT, environment.REFRESHING):
        monkeypatch.delenv(name, raising=False)
    assert environment.loading(tmp_path / "compiler") == Loading(reason=environment.NO_FOLDER)


@pytest.mark.parametrize(
    ("variables", "automatic"),
    [
        ({}, False),
        ({LOAD: "/a/libireekit.so"}, False),
        ({LOAD: "/a/libireekit.so", MANIFEST_FILE: "/a/m"}, True),
        ({LOAD: "/a/libireekit.so,/b.so", MANIFEST_FILE: "/a/m"}, False),
        ({LOAD: "/b.so", MANIFEST_FILE: "/a/m"}, False),
        ({LOAD: "", MANIFEST_FILE: "/a/m"}, False),
    ],
)
def test_who_set_the_variable(variables: dict[str, str], automatic: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set_by_us(variables) == automatic
    for name in (LOAD, MANIFEST_FILE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Loading(reason="no").variables() == ({LOAD: None, MANIFEST_FILE: None} if automatic else {})


def test_two_locks_take_turns(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from ireekit.plugin.environment import locked\n"
        "log = Path(sys.argv[1], 'log')\n"
        "with locked(Path(sys.argv[1])) as mine:\n"
        "    for word in ('in', 'out'):\n"
        "        time.sleep(0.1)\n"
        "        log.open('a').write(f'{word} {mine} ')\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "in True out True " * 3
