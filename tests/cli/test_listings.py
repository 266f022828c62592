"""``devices``, ``targets``, ``doctor``, ``cache`` and ``inspect``."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

from ireekit.cli import checkup
from ireekit.cli.output import human_bytes, print_table
from ireekit.errors import PipelineError
from ireekit.targets import FAMILIES, parse_targets, target_of_device


def test_devices(ireekit) -> None:
    done = ireekit("devices")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["DEVICE", "TARGET", "NAME", "URI"]
    assert any(line.split()[:2] == ["local-task", "cpu"] for line in lines)


def test_devices_as_json_name_targets_that_exist(ireekit) -> None:
    data = json.loads(ireekit("devices", "--json").out)
    assert {"local-sync", "local-task"} <= {device["driver"] for device in data["devices"]}
    for device in data["devices"]:
        assert set(device) == {"uri", "driver", "index", "name", "target"}
        parse_targets(device["target"])
    for driver in data["drivers"]:
        assert driver["available"] == (driver["reason"] is None)
        assert driver["available"] == any(device["driver"] == driver["name"] for device in data["devices"])


@pytest.mark.parametrize(
    ("driver", "name", "target"),
    [
        ("local-task", "CPU, worker threads", "cpu"),
        ("vulkan", "llvmpipe (LLVM 15.0.6, 256 bits)", "vulkan:llvmpipe"),
        ("vulkan", "AMD Radeon RX 7900 XTX (RADV NAVI31)", "vulkan:rdna3"),
        ("vulkan", "Some GPU of tomorrow", "vulkan"),
        ("cuda", "NVIDIA H100 80GB HBM3", "cuda:sm_90"),
        ("cuda", "NVIDIA H200", "cuda:sm_90"),
        ("cuda", "NVIDIA A100-SXM4-40GB", "cuda:sm_80"),
        ("cuda", "NVIDIA A10G", "cuda:sm_86"),
        ("cuda", "NVIDIA L4", "cuda:sm_89"),
        ("cuda", "Tesla T4", "cuda:sm_75"),
        ("hip", "AMD Instinct MI300X", "rocm:gfx942"),
        ("abacus", "wood", None),
    ],
)
def test_what_to_compile_for_a_device(driver: str, name: str, target: str | None) -> None:
    assert target_of_device(driver, name) == target


def test_targets(ireekit) -> None:
    done = ireekit("targets")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[1:-1]] == list(FAMILIES)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_architectures_of_a_family(ireekit, family: str) -> None:
    done = ireekit("targets", family)
    assert done.code == 0
    for name in FAMILIES[family].architectures:
        assert f"{family}:{name} " in done.out


def test_targets_as_json(ireekit) -> None:
    data = json.loads(ireekit("targets", "--json").out)["targets"]
    assert [family["name"] for family in data] == list(FAMILIES)
    [cuda] = json.loads(ireekit("targets", "cuda", "--json").out)["targets"]
    assert cuda == next(family for family in data if family["name"] == "cuda")
    hopper = next(each for each in cuda["architectures"] if each["name"] == "sm_90")
    assert hopper["flags"] == ["--iree-cuda-target=sm_89"]
    assert "PTX" in hopper["note"]


def test_unknown_family(ireekit) -> None:
    done = ireekit("targets", "cudda")
    assert done.code == 1
    assert "did you mean cuda" in done.err


def test_doctor_where_all_is_well(ireekit, ireekit_cache: Path) -> None:
    done = ireekit("doctor")
    assert done.code == 0, done.out
    for part in (
        "ireekit: ",
        "python: 3.",
        "compiler",
        "phase-control",
        "local-task",
        "mypipeline",
        str(ireekit_cache),
    ):
        assert part in done.out
    assert done.out.splitlines()[-1].split(maxsplit=1) == ["ok", "compile for cpu and run"]


def test_doctor_as_json(ireekit, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = checkup.Check("compile for cpu and run", False, "no luck", "try again")
    monkeypatch.setattr(checkup, "main_job", lambda: failed)
    done = ireekit("doctor", "--json")
    assert done.code == 1
    data = json.loads(done.out)
    assert data["ok"] is False
    assert data["main_job"] == {
        "name": "compile for cpu and run",
        "ok": False,
        "detail": "no luck",
        "remedy": "try again",
    }
    assert set(data["system"]) == {"ireekit", "python", "platform"}
    for section in ("installation", "capabilities", "drivers", "frontends", "pipelines"):
        assert data[section]
        for check in data[section]:
            assert set(check) == {"name", "ok", "detail", "remedy"}
            assert check["ok"] or check["detail"]
    assert set(data["cache"]) == {"folder", "entries", "bytes"}


def test_doctor_without_a_compiler(ireekit, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise FileNotFoundError("iree-base-compiler is not installed")

    monkeypatch.setattr("ireekit.bindings.build_info", absent)
    monkeypatch.setattr("ireekit.bindings.capabilities", absent)
    monkeypatch.setattr(checkup, "main_job", lambda: checkup.Check("compile for cpu and run", False, "no"))
    done = ireekit("doctor")
    assert done.code == 1
    assert "missing  compiler  iree-base-compiler is not installed" in done.out
    assert "remedy: pip install iree-base-compiler==" in done.out


@pytest.mark.parametrize(("frontend", "missing"), [("onnx", "onnx"), ("tensorflow", "iree-import-tf")])
def test_doctor_names_what_a_missing_frontend_needs(
    monkeypatch: pytest.MonkeyPatch, frontend: str, missing: str
) -> None:
    find = importlib.util.find_spec
    absent = ("onnx", "iree_import_tf")
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *a: None if name in absent else find(name, *a))
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    check = next(check for check in checkup.frontend_checks() if check.name == frontend)
    remedy = f"pip install 'ireekit[{frontend}]'"
    assert check == checkup.Check(frontend, False, f"{missing} is not installed", remedy)


def test_doctor_survives_a_broken_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name, distribution, version, reference = "acme", "acme-passes", "1.0", "acme:pipeline"

        def load(self) -> None:
            raise PipelineError("it is broken", remedy="mend it")

    monkeypatch.setattr("ireekit.pipeline.installed_pipelines", lambda: (Broken(),))
    [check] = checkup.pipeline_checks()
    assert check == checkup.Check("acme", False, "acme-passes 1.0 (acme:pipeline): it is broken", "mend it")


@pytest.mark.parametrize(
    ("outcome", "detail"),
    [
        (subprocess.CompletedProcess([], -11, "", ""), "the process was ended by signal 11"),
        (subprocess.CompletedProcess([], 1, "wrong result: 1\n", ""), "wrong result: 1"),
        (subprocess.CompletedProcess([], 3, "", ""), "exit code 3"),
        (subprocess.TimeoutExpired([], 1), "not done after 120 seconds"),
        (PermissionError(13, "Permission denied"), "no process could be started"),
    ],
)
def test_doctor_tells_how_the_main_job_failed(monkeypatch: pytest.MonkeyPatch, outcome: object, detail: str) -> None:
    def run(*_: object, **__: object) -> object:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(checkup.subprocess, "run", run)
    check = checkup.main_job()
    assert not check.ok
    assert detail in check.detail


def test_cache(ireekit, models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert "there is no folder" in ireekit("cache", "--cache", folder).err
    ireekit("compile", models / "add.mlir", "-o", tmp_path / "a.vmfb", "--cache", folder)
    size = (tmp_path / "a.vmfb").stat().st_size
    data = json.loads(ireekit("cache", "--cache", folder, "--json").out)
    assert data == {"folder": str(folder), "entries": 1, "bytes": size}
    assert ireekit("cache", "--cache", folder).out == f"{folder}: 1 program, {human_bytes(size)}\n"
    assert f"removed 1 program, {human_bytes(size)}" in ireekit("cache", "--cache", folder, "--clear").out
    assert ireekit("cache", "--cache", folder).out == f"{folder}: 0 programs, 0 B\n"


def test_inspect(ireekit, models: Path) -> None:
    done = ireekit("inspect", models / "several.vmfb")
    assert done.code == 0
    for line in (
        "  targets:     cpu:host",
        "entry point main",
        "  in   input0: float32[2, 3]",
        "  in   input1: i32",
        "  out  output1: int32[2, 3]",
        "entry point twice",
    ):
        assert line in done.out.splitlines()
    assert "executable-targets" in done.out


def test_inspect_as_json(ireekit, models: Path) -> None:
    path = models / "several.vmfb"
    data = json.loads(ireekit("inspect", path, "--json").out)
    assert set(data) == {"size", "entry_points", "sizes", "parts", "made"}
    assert data["size"] == path.stat().st_size == sum(data["sizes"].values())
    assert [entry["name"] for entry in data["entry_points"]] == ["main", "twice"]
    assert data["entry_points"][0]["inputs"][0] == {"name": "input0", "dtype": "float32", "shape": [2, 3]}
    assert data["made"]["targets"] == ["cpu:host"]
    assert data["made"]["pipeline"] == "mypipeline"
    assert data["made"]["phase_seconds"]["vm"] > 0


@pytest.mark.parametrize("flags", [[], ["--iree-vm-emit-polyglot-zip=false"]])
def test_inspect_a_program_of_another_compiler_for_another_device(
    ireekit, models: Path, tmp_path: Path, flags: list[str]
) -> None:
    from iree.compiler import compile_file

    path = tmp_path / "foreign.vmfb"
    arguments = ["--iree-hal-target-device=cuda", "--iree-cuda-target=sm_80", *flags]
    path.write_bytes(compile_file(str(models / "add.mlir"), extra_args=arguments))
    done = ireekit("inspect", path)
    assert done.code == 0, done.err
    assert "not ireekit" in done.out
    assert "  in   input0: float32[4]" in done.out
    data = json.loads(ireekit("inspect", path, "--json").out)
    assert data["made"] is None
    assert sum(data["sizes"].values()) == path.stat().st_size


def test_no_such_file(ireekit) -> None:
    done = ireekit("inspect", "nope.vmfb")
    assert done.code == 1
    assert "cannot read nope.vmfb" in done.err


def test_tables_align_and_show_brackets_as_they_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("a[bold]", "1"), ("b", "1,000")]
    print_table(("name", "bytes"), rows)
    assert capsys.readouterr().out == "NAME     BYTES\na[bold]      1\nb        1,000\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    print_table(("name", "bytes"), rows)
    drawn = capsys.readouterr().out
    assert "a[bold]" in drawn
    assert "1,000" in drawn


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536 * 1024, "1.5 MiB"), (1 << 50, "1024.0 TiB")],
)
def test_human_bytes(count: int, text: str) -> None:
    assert human_bytes(count) == text
