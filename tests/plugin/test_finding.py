"""Stock ``iree-compile`` and ``iree-opt`` find the plugin of their environment, and nothing else changes.

Every test works in virtual environments with a wheel of this tree, or this tree installed editable; IREE and numpy are
linked into them from the environment the tests run in.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

from ireekit.plugin.places import DISABLED, LIBRARY, MANIFEST, STATE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="IREE has no loader of plugins on Windows"),
]

ROOT = Path(__file__).parents[2]
SHARED = ("iree-base-compiler", "iree-base-runtime", "numpy", "ml-dtypes")
TOOLS = ("iree-compile", "iree-opt")
OURS = ("IREE_LOAD_PLUGINS", "IREEKIT_")
MODEL = """
#vmvx = #hal.executable.target<"vmvx", "vmvx-bytecode-fb">
#local = #hal.device.target<"local", [#vmvx]> : !hal.device
module attributes {hal.device.targets = [#local]} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = arith.addf %x, %x : tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
"""
PIPELINE = """
from pathlib import Path
from ireekit import Pipeline
with Path(r"{log}").open("a") as log:
    log.write("imported\\n")
pipeline = Pipeline("{name}")
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        (folder,) = self.folder.glob("lib/python3*/site-packages")
        return folder

    @property
    def plugin(self) -> Path:
        return self.site / "ireekit" / "plugin"

    def run(self, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, with nothing of ours set but ``variables``."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        kept = {name: value for name, value in kept.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        program = self.folder / "bin" / str(command[0])
        return subprocess.run(
            [str(program), *map(str, command[1:])],
            env={**kept, "IREEKIT_CACHE_DIR": str(self.folder / "cache"), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def output(self, *command: object, **variables: str) -> str:
        """What a command prints that succeeds and says nothing on stderr."""
        done = self.run(*command, **variables)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout.strip()

    def ids(self, **variables: str) -> set[str]:
        """The plugins that stock ``iree-compile`` lists, but its own."""
        done = self.run("iree-compile", "--iree-print-plugin-info", self.model(), "-o", "/dev/null", **variables)
        assert done.returncode == 0, done.stderr
        (line,) = (line for line in done.stderr.splitlines() if "Available plugins: " in line)
        names = line.partition("Available plugins: ")[2].split(", ")
        return {name for name in names if not name.startswith(("hal_target_", "input_"))}

    def status(self, **variables: str) -> dict[str, object]:
        done = self.run("ireekit", "plugin", "status", "--json", **variables)
        found: dict[str, object] = json.loads(done.stdout)
        assert done.returncode == (0 if found["found"] else 1), done.stderr
        return found

    def model(self) -> Path:
        file = self.folder / "in.mlir"
        if not file.exists():
            file.write_text(MODEL)
        return file

    def add_pipeline(self, name: str, source: str = PIPELINE, *, editable: bool = False) -> Path:
        """What ``pip install`` of a package with a pipeline leaves; gives the log of its imports."""
        log = self.folder / f"{name}.log"
        folder = self.site
        if editable:
            folder = self.folder / "sources"
            folder.mkdir(exist_ok=True)
            (self.site / f"{name}.pth").write_text(f"{folder}\n")
        (folder / f"{name}.py").write_text(source.format(name=name, log=log))
        metadata = self.site / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[ireekit.pipelines]\n{name} = {name}:pipeline\n")
        return log

    def remove_pipeline(self, name: str) -> None:
        (self.site / f"{name}.py").unlink(missing_ok=True)
        (self.site / f"{name}.pth").unlink(missing_ok=True)
        shutil.rmtree(self.site / f"{name}-1.0.dist-info")


def pip(*words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    unreachable = ("ConnectionError", "No matching distribution", "timed out")
    if done.returncode and any(word in done.stderr for word in unreachable):
        pytest.skip(f"pip cannot fetch the build back-end here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def make_environment(folder: Path, *options: str, python: object = sys.executable) -> Environment:
    """A new one with IREE in it."""
    subprocess.run([str(python), "-m", "venv", "--without-pip", *options, str(folder)], check=True, capture_output=True)
    made = Environment(folder)
    packages = folder / "packages"
    packages.mkdir()
    for name in SHARED:
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            target = packages / top
            if not target.exists():
                target.symlink_to(Path(str(found.locate_file(top))).absolute())
    (made.site / "packages.pth").write_text(f"{packages}\n")
    for tool in TOOLS:
        _, _, script = (Path(sys.executable).parent / tool).read_text().partition("\n")
        file = folder / "bin" / tool
        file.write_text(f"#!{made.python}\n{script}")
        file.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest) -> Path:
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        pytest.skip("no C++ compiler here, so the wheel has no library: install g++")
    return request.getfixturevalue("usual_wheel")


@pytest.fixture
def make(tmp_path: Path, wheel: Path) -> Callable[..., Environment]:
    """Makes an environment with the wheel installed."""

    def made(name: str = "venv", *options: str, python: object = sys.executable) -> Environment:
        environment = make_environment(tmp_path / name, *options, python=python)
        pip("--python", environment.python, "install", "-q", "--no-deps", "--no-compile", wheel)
        return environment

    return made


@pytest.fixture
def environment(make: Callable[..., Environment]) -> Environment:
    return make()


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """One for tests that leave it as it was."""
    made = make_environment(tmp_path_factory.mktemp("common") / "venv")
    pip("--python", made.python, "install", "-q", "--no-deps", wheel)
    return made


# The command.


def test_the_command_works_after_installation_with_nothing_else(environment: Environment, tmp_path: Path) -> None:
    out = tmp_path / "out.vmfb"
    assert environment.output("iree-compile", "--iree-plugin=mypipeline", environment.model(), "-o", out) == ""
    assert out.stat().st_size > 0


def test_iree_opt_finds_it_too(common: Environment) -> None:
    listed = common.output("iree-opt", "--help")
    assert "ireekit-fold-constants" in listed
    assert "ireekit-fold-constants" not in common.output("iree-opt", "--help", IREEKIT_NO_PLUGIN="1")


def test_stock_compilation_gives_the_same_bytes(common: Environment, tmp_path: Path) -> None:
    loaded, stock = tmp_path / "loaded.vmfb", tmp_path / "stock.vmfb"
    common.output("iree-compile", common.model(), "-o", loaded)
    common.output("iree-compile", common.model(), "-o", stock, IREEKIT_NO_PLUGIN="1")
    assert loaded.read_bytes() == stock.read_bytes()


def test_an_editable_installation(tmp_path: Path, wheel: Path) -> None:
    environment = make_environment(tmp_path / "venv")
    pip("--python", environment.python, "install", "-q", "--no-deps", "-Ccmake.build-type=Debug", "-e", ROOT)
    assert "mypipeline" in environment.ids()
    assert environment.status()["library"] == str(environment.plugin / LIBRARY)
    assert environment.output("iree-compile", "--iree-plugin=mypipeline", environment.model(), "-o", "/dev/null") == ""


def test_a_static_interpreter(make: Callable[..., Environment]) -> None:
    """Debian's python3 has no shared library in it."""
    debian = Path("/usr/bin/python3")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not debian.exists():
        pytest.skip("/usr/bin/python3 is missing: apt install python3-venv")
    report = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([debian, "-c", report], capture_output=True, text=True, check=False)
    if done.stdout.strip() != version:
        pytest.skip(f"/usr/bin/python3 is not {version} with venv, as IREE here is for: {done.stdout}{done.stderr}")
    environment = make("debian", python=debian)
    assert environment.output("iree-compile", "--iree-plugin=mypipeline", environment.model(), "-o", "/dev/null") == ""


def test_an_environment_over_another(make: Callable[..., Environment], tmp_path: Path) -> None:
    """With ``--system-site-packages`` the library is shared, the manifest is not."""
    folder = tmp_path / "over"
    base = make("base")
    subprocess.run([base.python, "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
    over = Environment(folder)
    # As if `base` were the system.
    (over.site / "base.pth").write_text(f"import site; site.addsitedir({str(base.site)!r})\n")
    shutil.copy(base.folder / "bin" / "iree-compile", folder / "bin")
    script = folder / "bin" / "iree-compile"
    script.write_text(script.read_text().replace(str(base.python), str(over.python)))
    over.add_pipeline("overlaid")
    assert over.ids() == {"mypipeline", "overlaid"}
    assert base.ids() == {"mypipeline"}
    assert (over.folder / "cache").exists()
    assert (base.plugin / MANIFEST).stat().st_size > 0


# Who decides.


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"IREEKIT_NO_PLUGIN": "1"}, False),
        ({"IREEKIT_NO_PLUGIN": "0"}, True),
        ({"IREEKIT_NO_PLUGIN": ""}, True),
        ({"IREE_LOAD_PLUGINS": ""}, False),
    ],
    ids=lambda value: str(value),
)
def test_variables_of_a_person(common: Environment, variables: dict[str, str], found: bool) -> None:
    assert ("mypipeline" in common.ids(**variables)) == found
    assert common.status(**variables)["found"] == found


def test_a_list_of_a_person_is_left_alone(common: Environment) -> None:
    done = common.run("iree-compile", common.model(), "-o", "/dev/null", IREE_LOAD_PLUGINS="/nowhere/other.so")
    assert done.returncode != 0
    assert "/nowhere/other.so" in done.stderr


def test_a_list_with_our_library_is_enough(common: Environment) -> None:
    assert "mypipeline" in common.ids(IREE_LOAD_PLUGINS=common.output("ireekit", "plugin", "path"))


def test_switching_it_off_and_on(environment: Environment) -> None:
    assert environment.ids() == {"mypipeline"}
    assert DISABLED in environment.output("ireekit", "plugin", "disable")
    assert environment.ids() == set()
    assert "disable" in str(environment.status()["reason"])
    environment.output("ireekit", "plugin", "enable")
    assert environment.ids() == {"mypipeline"}
    assert not list(environment.site.glob(f"*{DISABLED}"))


def test_the_binary_itself_and_cmake(common: Environment, tmp_path: Path) -> None:
    library = common.output("ireekit", "plugin", "path")
    binary = common.folder / "packages" / "iree" / "compiler" / "_mlir_libs" / "iree-compile"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [binary, "--iree-plugin=mypipeline", common.model(), "-o", "/dev/null"]
    subprocess.run(command, env={**plain, "IREE_LOAD_PLUGINS": library}, check=True, timeout=100)
    subprocess.run([*command, f"--iree-load-plugin={library}"], env=plain, check=True, timeout=100)
    assert subprocess.run(command, env=plain, check=False, capture_output=True, timeout=100).returncode != 0
    if not shutil.which("cmake"):
        pytest.skip("cmake is missing: apt install cmake")
    project = (ROOT / "docs" / "plugin.md").read_text().partition("```cmake\n")[2].partition("```")[0]
    source = tmp_path / "project"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.20)\nproject(user NONE)\n{project}\n"
        "add_custom_target(everything ALL DEPENDS out.vmfb)\n"
    )
    shutil.copy(common.model(), source / "in.mlir")
    path = {**plain, "PATH": f"{common.folder / 'bin'}{os.pathsep}{plain['PATH']}"}
    for words in (["-S", source, "-B", tmp_path / "build"], ["--build", tmp_path / "build"]):
        done = subprocess.run(["cmake", *words], env=path, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "build" / "out.vmfb").stat().st_size > 0


# What else runs.


REPORT = """
import ctypes, os, subprocess, sys
from iree.compiler.api import ctypes_dl
from iree.compiler.tools import binaries, compile_str
assert not [name for name in os.environ if name.startswith("IREE_LOAD") or name.startswith("IREEKIT_PLUGIN")]
child = "import os; print([name for name in os.environ if 'PLUGIN' in name])"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip())
names = []
callback = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)(lambda name, _: names.append(name.decode()))
ctypes_dl._dylib.ireeCompilerEnumeratePlugins(callback, None)
print("mypipeline" in names)
print(len(compile_str(open(sys.argv[1]).read(), extra_args=["--iree-plugin=mypipeline"])) > 0)
"""


def test_other_programs_see_nothing_of_it(common: Environment) -> None:
    """But the compiler in their process and the tools they start through ``iree.compiler`` have the plugin."""
    assert common.output("python", "-c", REPORT, common.model()).split() == ["[]", "True", "True"]


def test_a_value_from_another_environment_is_replaced(common: Environment) -> None:
    """A tool that a process of another environment started."""
    leaked = {"IREE_LOAD_PLUGINS": "/elsewhere/libireekit.so", "IREEKIT_PLUGIN_MANIFEST": "/elsewhere/ireekit.manifest"}
    assert common.ids(**leaked) == {"mypipeline"}
    assert common.ids(**leaked, IREEKIT_NO_PLUGIN="1") == set()


def test_tools_of_another_compiler_are_left_alone(common: Environment, tmp_path: Path) -> None:
    tool = tmp_path / "iree-compile"
    tool.write_text('#!/bin/sh\necho "${IREE_LOAD_PLUGINS-unset}"\n')
    tool.chmod(0o755)
    assert common.output("iree-compile", IREE_TOOL_PATH=str(tmp_path)) == "unset"
    compile_ = "import sys; from iree.compiler.tools import compile_str; print(compile_str('').decode())"
    assert common.output("python", "-c", compile_, IREE_TOOL_PATH=str(tmp_path)) == "unset"
    # The wheel's own folder is none of another compiler.
    own = common.folder / "packages" / "iree" / "compiler" / "_mlir_libs"
    assert common.ids(IREE_TOOL_PATH=str(own)) == {"mypipeline"}


def test_a_compiler_that_was_not_verified_stays_stock(environment: Environment) -> None:
    (link,) = (environment.folder / "packages").glob("iree_base_compiler-*.dist-info")
    metadata = (link / "METADATA").read_text()
    link.unlink()
    link = link.with_name("iree_base_compiler-99.1.0.dist-info")
    link.mkdir()
    (link / "METADATA").write_text(
        metadata.replace(f"Version: {distribution('iree-base-compiler').version}", "Version: 99.1.0")
    )
    assert environment.ids() == set()
    assert "99.1.0" in str(environment.status()["reason"])


# Installing and removing.


def test_installed_pipelines_are_found_at_once(environment: Environment) -> None:
    assert environment.ids() == {"mypipeline"}
    log = environment.add_pipeline("first")
    assert environment.ids() == {"mypipeline", "first"}
    environment.ids()
    assert log.read_text().count("imported") == 1  # not looked for again
    environment.remove_pipeline("first")
    assert environment.ids() == {"mypipeline"}


def test_sources_of_editable_pipelines_are_watched(environment: Environment) -> None:
    log = environment.add_pipeline("dear", editable=True)
    assert "dear" in environment.ids()
    file = environment.folder / "sources" / "dear.py"
    file.write_text(file.read_text() + "# changed\n")
    environment.ids()
    assert log.read_text().count("imported") == 2


def test_a_broken_pipeline_hides_no_other(environment: Environment) -> None:
    environment.add_pipeline("broken", "raise RuntimeError('no such thing')\n", editable=True)
    environment.add_pipeline("whole")
    assert {"mypipeline", "whole"} <= environment.ids()
    assert environment.output("iree-compile", environment.model(), "-o", "/dev/null") == ""
    assert "no such thing" in environment.run("ireekit", "plugin", "refresh").stderr
    log = environment.folder / "broken.log"
    (environment.folder / "sources" / "broken.py").write_text(PIPELINE.format(name="broken", log=log))
    assert "broken" in environment.ids()
    assert log.exists()


def test_a_pipeline_that_ends_the_interpreter(environment: Environment) -> None:
    log = environment.folder / "end.log"
    environment.add_pipeline("end", f"import os\nopen({str(log)!r}, 'a').write('x')\nos._exit(3)\n")
    for _ in range(2):
        assert environment.output("iree-compile", environment.model(), "-o", "/dev/null") == ""
    assert log.read_text() == "x"  # tried once
    assert "manifest" in str(environment.status()["reason"])


def test_many_at_once_after_installation(environment: Environment) -> None:
    """One of them writes the manifest, the others wait for it."""
    log = environment.add_pipeline("slow", "import time\ntime.sleep(1)\n" + PIPELINE)
    code = (
        "import sys; from pathlib import Path; from ireekit.plugin.environment import loading;"
        "print(loading(Path(sys.argv[1])).libraries)"
    )
    compiler = environment.folder / "packages" / "iree" / "compiler" / "_mlir_libs" / "libIREECompiler.so"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [environment.python, "-c", code, compiler]
    running = [subprocess.Popen(command, env=plain, stdout=subprocess.PIPE, text=True) for _ in range(50)]
    printed = {process.communicate(timeout=200)[0].strip() for process in running}
    assert printed == {str(environment.plugin / LIBRARY)}
    assert log.read_text().count("imported") == 1
    assert environment.ids() == {"mypipeline", "slow"}
    assert {path.name for path in environment.plugin.iterdir() if path.name.startswith(".")} == set()


def test_a_copied_environment_does_not_use_the_first(environment: Environment, tmp_path: Path) -> None:
    assert environment.ids() == {"mypipeline"}
    shutil.copytree(environment.folder, tmp_path / "copy", symlinks=True)
    copy = Environment(tmp_path / "copy")
    shutil.rmtree(environment.folder / "bin")
    done = copy.run("python", "-m", "ireekit", "plugin", "status", "--json")
    assert json.loads(done.stdout)["found"], done.stdout + done.stderr
    assert str(environment.folder) not in (copy.plugin / MANIFEST).read_text()


def test_uninstalling_leaves_stock_and_no_trace(environment: Environment) -> None:
    assert environment.ids() == {"mypipeline"}
    pip("--python", environment.python, "uninstall", "-q", "-y", "ireekit")
    assert environment.ids() == set()
    assert environment.output("iree-compile", environment.model(), "-o", "/dev/null") == ""
    left = [path for path in environment.site.rglob("*") if "ireekit" in path.name and "__pycache__" not in path.parts]
    assert not [path for path in left if path.is_file()]


@pytest.mark.parametrize(
    "gone", ["ireekit", "_ireekit_startup.py", f"ireekit/plugin/{LIBRARY}", "ireekit/plugin/state.py"]
)
def test_half_uninstalled(gone: str, environment: Environment) -> None:
    path = environment.site / gone
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    assert environment.output("python", "-c", "print(1)") == "1"
    assert environment.ids() == set()
    assert environment.output("iree-compile", environment.model(), "-o", "/dev/null") == ""


@pytest.mark.parametrize("name", [STATE, MANIFEST])
def test_damaged_files_are_written_anew(name: str, environment: Environment) -> None:
    assert environment.ids() == {"mypipeline"}
    for damage in (b"", b"\xff\x00\n\t\t", b"ireekit-plugin-state 1\ncompiler\n"):
        (environment.plugin / name).write_bytes(damage)
        assert environment.output("iree-compile", environment.model(), "-o", "/dev/null") == ""
    assert environment.ids() == {"mypipeline"}


def test_the_start_of_python_costs_nothing(common: Environment) -> None:
    """Below a millisecond on a quiet machine; the bound is for a busy one."""
    costs: list[float] = []
    for _ in range(50):
        done = common.run("python", "-X", "importtime", "-c", "pass")
        (line,) = (line for line in done.stderr.splitlines() if line.rpartition("|")[2].strip() == "_ireekit_startup")
        costs.append(float(line.split("|")[1]) / 1000)
    assert statistics.median(costs) < 2
    started = time.perf_counter()
    loaded = common.output("python", "-c", "import sys; print('ireekit' in sys.modules, 'typing' in sys.modules)")
    assert loaded == "False False"
    assert time.perf_counter() - started < 5
