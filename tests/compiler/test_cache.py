"""The cache: what hits, what misses, and what happens where the disk does not play along."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from ireekit import Artifact, NativePasses, Pass, Pipeline
from ireekit.compiler import Cache, host
from ireekit.compiler.cache import cache_key, default_folder

SCALE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %c = arith.constant dense<{0}> : tensor<4xf32>
  %0 = arith.mulf %x, %c : tensor<4xf32>
  return %0 : tensor<4xf32>
}}
"""
TWICE = SCALE.format("2.0")
ONES = np.ones(4, np.float32)


@dataclass(frozen=True)
class Options(Pass):
    name: ClassVar[str] = "test-options"
    size: int = 4

    def run(self, op) -> None:
        """Nothing to do."""


@pytest.fixture
def compile_(tmp_path: Path):
    """Compile the small program with a cache of this test; options change one thing."""

    def compile_(text: str = TWICE, pipeline: Pipeline | None = None, **options) -> Artifact:
        return (pipeline or Pipeline("test")).compile(text, **{"cache": tmp_path, "target": "cpu", **options})

    return compile_


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_same_again_is_a_hit(compile_, tmp_path: Path) -> None:
    first, second = compile_(), compile_()
    assert (first.from_cache, second.from_cache) == (False, True)
    assert first.data == second.data
    assert second.metadata == Artifact.from_bytes(first.data).metadata
    np.testing.assert_array_equal(second(ONES), 2 * ONES)
    assert Cache(tmp_path).usage() == (1, first.size)


@pytest.mark.parametrize(
    "changed",
    [
        {"text": SCALE.format("3.0")},
        {"text": TWICE.replace("@main", "@other")},
        {"text": "\n" + TWICE},
        {"pipeline": Pipeline("other")},
        {"pipeline": Pipeline("test").at("start", Options())},
        {"pipeline": Pipeline("test").at("start", NativePasses("tidy", "cse"))},
        {"pipeline": Pipeline("test", flags=["--iree-opt-data-tiling=false"])},
        {"target": "cpu:x86-64-v3"},
        {"target": "vmvx"},
        {"flags": ["--iree-opt-data-tiling=false"]},
        {"optimize": "O1"},
        {"data_types": {"f32": "f16"}},
    ],
    ids=lambda change: "-".join(change),
)
def test_anything_else_is_a_miss(changed: dict, compile_) -> None:
    compile_()
    assert not compile_(**changed).from_cache
    assert compile_(**changed).from_cache
    assert compile_().from_cache


def test_a_pass_option_is_a_miss(compile_) -> None:
    for size in (4, 5):
        assert not compile_(pipeline=Pipeline("test").at("start", Options(size))).from_cache


def test_the_place_of_a_pass_is_a_miss(compile_) -> None:
    for phase in ("start", "abi"):
        assert not compile_(pipeline=Pipeline("test").at(phase, Options())).from_cache


def test_the_text_of_native_passes_is_a_miss(compile_) -> None:
    for text in ("cse", "canonicalize"):
        assert not compile_(pipeline=Pipeline("test").at("start", NativePasses("tidy", text))).from_cache


def test_passes_for_other_targets_do_not_matter(compile_) -> None:
    compile_()
    assert compile_(pipeline=Pipeline("test").at("start", Options(), targets=["cuda"])).from_cache


def test_the_source_of_a_pass_is_a_miss(tmp_path: Path) -> None:
    """In processes of their own, as a pass's file is edited between two of them."""
    source = tmp_path / "made.py"
    source.write_text(
        "from dataclasses import dataclass\nimport sys\nfrom ireekit import Pass, Pipeline\n"
        "@dataclass(frozen=True)\nclass Made(Pass):\n    name = 'made'\n    def run(self, op):\n        pass\n"
        f"print(Pipeline('made').at('start', Made()).compile({TWICE!r}, cache=sys.argv[1]).from_cache)\n"
    )

    def run() -> str:
        command = [sys.executable, source, tmp_path / "cache"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert [run(), run()] == ["False", "True"]
    source.write_text(source.read_text().replace("        pass", "        return"))
    assert run() == "False"


def test_the_source_of_its_helpers_is_a_miss(tmp_path: Path) -> None:
    package = tmp_path / "made"
    (package / "parts").mkdir(parents=True)
    (package / "__init__.py").touch()
    helper = package / "parts" / "helper.py"
    helper.write_text("SIZE = 1\n")
    (package / "passes.py").write_text(
        "import sys\nfrom ireekit import Pass, Pipeline\nfrom made.parts.helper import SIZE\n"
        "class Made(Pass):\n    name = 'made'\n    def run(self, op):\n        assert SIZE\n"
        f"print(Pipeline('made').at('start', Made()).compile({TWICE!r}, cache=sys.argv[1]).from_cache)\n"
    )

    def run() -> str:
        command = [sys.executable, "-c", "import made.passes", tmp_path / "cache"]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()

    assert [run(), run()] == ["False", "True"]
    helper.write_text("SIZE = 2\n")
    assert run() == "False"


def test_the_sources_of_a_package_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of its passes; and the next fingerprint reads them again, as they may have been edited."""
    import mypipeline

    read: list[Path] = []
    usual = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or usual(path))
    first = mypipeline.pipeline.fingerprint(["cpu"])
    assert len(read) == len(set(read)) > 20
    once = len(read)
    assert mypipeline.pipeline.fingerprint(["cpu"]) == first
    assert len(read) == 2 * once


def test_another_compiler_or_ireekit_is_a_miss(compile_, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_()
    build = host.build_info()
    monkeypatch.setattr(host, "build_info", lambda: replace(build, build_id="0" * 16))
    assert not compile_().from_cache
    monkeypatch.setattr(host, "build_info", lambda: replace(build, version="3.14.0"))
    assert not compile_().from_cache
    monkeypatch.setattr(host, "build_info", lambda: build)
    monkeypatch.setattr(host, "version", lambda name: "99.0")
    assert not compile_().from_cache


def test_where_weights_lie_is_a_miss(tmp_path: Path) -> None:
    """The program refers to them by name only; where they are is in the metadata."""
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ireekit[torch]'")
    torch.manual_seed(0)
    model = torch.nn.Linear(32, 32).eval()
    x = torch.randn(2, 32)
    for name in ("a.irpa", "b.irpa"):
        artifact = Pipeline("test").compile(model, x, weights=tmp_path / name, cache=tmp_path / "cache")
        assert Path(artifact.metadata.parameters[0].path) == tmp_path / name
    (tmp_path / "a.irpa").unlink()
    again = Pipeline("test").compile(model, x, weights=tmp_path / "b.irpa", cache=tmp_path / "cache")
    assert again.from_cache
    np.testing.assert_allclose(again(x.numpy()), model(x).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_no_cache_leaves_no_file(compile_, tmp_path: Path, ireekit_cache: Path) -> None:
    before = files(ireekit_cache)
    assert not compile_(cache=False).from_cache
    assert not compile_(cache=False).from_cache
    assert files(tmp_path) == []
    assert files(ireekit_cache) == before


def test_a_dump_compiles_anew(compile_, tmp_path: Path) -> None:
    compile_()
    assert not compile_(dump=tmp_path / "dump").from_cache


def test_the_folder_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IREEKIT_CACHE_DIR", str(tmp_path / "named"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    Pipeline("test").compile(TWICE)
    assert Cache(tmp_path / "named").usage()[0] == 1
    monkeypatch.delenv("IREEKIT_CACHE_DIR")
    assert default_folder() == tmp_path / "xdg" / "ireekit"
    Pipeline("test").compile(TWICE)
    assert Cache(tmp_path / "xdg" / "ireekit").usage()[0] == 1
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "ireekit"


@pytest.mark.parametrize("damage", ["empty", "half", "flipped code", "flipped metadata", "text", "bare"])
def test_a_damaged_entry_is_a_miss_and_mended(damage: str, compile_, tmp_path: Path) -> None:
    good = compile_().data
    (entry,) = files(tmp_path)
    flip = {"flipped code": 3000, "flipped metadata": len(good) - 600}.get(damage, 0)
    entry.write_bytes(
        {
            "empty": b"",
            "half": good[: len(good) // 2],
            "text": b"hello",
            "bare": b"PK" + bytes(100),
        }.get(damage, good[:flip] + bytes([good[flip] ^ 255]) + good[flip + 1 :])
    )
    mended = compile_()
    assert not mended.from_cache
    np.testing.assert_array_equal(mended(ONES), 2 * ONES)
    assert compile_().from_cache


class TestRefusingDisk:
    def test_no_space(self, compile_, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, data: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("ireekit.compiler.cache.write_atomically", full)
        with pytest.warns(UserWarning, match=r"was not cached in .*: No space left on device"):
            artifact = compile_()
        np.testing.assert_array_equal(artifact(ONES), 2 * ONES)
        assert files(tmp_path) == []

    def test_a_file_in_place_of_the_folder(self, compile_, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.warns(UserWarning, match="was not cached"):
            artifact = compile_(cache=tmp_path / "file")
        np.testing.assert_array_equal(artifact(ONES), 2 * ONES)

    @pytest.fixture
    def mount(self, tmp_path: Path):
        """``mount(*options)`` mounts a tmpfs; unmounted afterwards."""
        folder = tmp_path / "mounted"
        folder.mkdir()
        mounted: list[bool] = []

        def mount_(*options: str) -> Path:
            command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
            except FileNotFoundError:
                pytest.skip("there is no mount program")
            if done.returncode:
                pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
            mounted.append(True)
            return folder

        yield mount_
        if mounted:
            subprocess.run(["umount", folder], check=True)

    def test_a_full_file_system(self, mount, compile_) -> None:
        folder = mount("size=8k")
        with pytest.warns(UserWarning, match="No space left on device"):
            artifact = compile_(cache=folder)
        np.testing.assert_array_equal(artifact(ONES), 2 * ONES)
        assert files(folder) == []

    def test_a_read_only_file_system_still_hits(self, mount, compile_) -> None:
        folder = mount("size=1m")
        compile_(cache=folder)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        assert compile_(cache=folder).from_cache
        with pytest.warns(UserWarning, match="Read-only file system"):
            assert not compile_(SCALE.format("5.0"), cache=folder).from_cache

    def test_an_entry_that_cannot_be_touched_still_hits(self, compile_, monkeypatch: pytest.MonkeyPatch) -> None:
        compile_()

        def refuse(*_: object) -> None:
            raise PermissionError(errno.EPERM, "not yours")

        monkeypatch.setattr(os, "utime", refuse)
        assert compile_().from_cache

    def test_an_entry_that_cannot_be_read_is_a_miss(self, compile_, tmp_path: Path) -> None:
        compile_()
        (entry,) = files(tmp_path)
        entry.unlink()
        entry.mkdir()
        with pytest.warns(UserWarning, match="was not cached"):
            assert not compile_().from_cache


class TestHouseKeeping:
    @pytest.fixture
    def artifact(self) -> Artifact:
        return Pipeline("test").compile(TWICE)

    def put(self, cache: Cache, artifact: Artifact, *keys: str) -> None:
        for age, key in enumerate(reversed(keys)):
            cache.put(key, artifact)
            then = time.time() - 100 * (age + 1)
            os.utime(cache._path(key), (then, then))

    def test_those_used_longest_ago_go_first(self, tmp_path: Path, artifact: Artifact) -> None:
        keys = [cache_key([str(n)]) for n in range(4)]
        self.put(Cache(tmp_path), artifact, *keys[:3])
        cache = Cache(tmp_path, limit=3 * artifact.size)
        assert cache.get(keys[0]) is not None  # the oldest, used now
        cache.put(keys[3], artifact)
        assert [cache.get(key) is not None for key in keys] == [True, False, True, True]
        assert cache.usage() == (3, 3 * artifact.size)

    def test_nothing_goes_within_the_limit(self, tmp_path: Path, artifact: Artifact) -> None:
        cache = Cache(tmp_path, limit=2 * artifact.size)
        self.put(cache, artifact, "a" * 64, "b" * 64)
        assert cache.usage()[0] == 2

    def test_clear(self, tmp_path: Path, artifact: Artifact) -> None:
        cache = Cache(tmp_path)
        self.put(cache, artifact, "a" * 64, "b" * 64)
        left = tmp_path / "aa" / ".aaaa.vmfb.xyz123"
        left.write_bytes(b"half of an entry that a killed process left")
        (tmp_path / "notes.txt").write_text("somebody else's")
        assert cache.clear() == 2
        assert cache.clear() == 0
        assert files(tmp_path) == [tmp_path / "notes.txt"]
        assert cache.usage() == (0, 0)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        cache = Cache(tmp_path / "none")
        assert cache.get("a" * 64) is None
        assert cache.usage() == (0, 0)
        assert cache.clear() == 0

    def test_settings(self, tmp_path: Path, ireekit_cache: Path) -> None:
        assert Cache.of(False) is None
        assert Cache.of(True) == Cache(ireekit_cache)
        assert Cache.of(tmp_path) == Cache(tmp_path)


def test_keys_keep_their_parts_apart() -> None:
    assert cache_key(["ab", "c"]) != cache_key(["a", "bc"])
    assert cache_key(["a"]) != cache_key(["a", ""])
    assert cache_key(["a", "b"]) == cache_key(iter(["a", "b"]))
