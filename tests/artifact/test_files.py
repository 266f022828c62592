"""Saving and loading: whole files or none, and weights beside them."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import ireekit
from ireekit import Artifact, Pipeline
from ireekit.errors import ArtifactError

X, Y = np.arange(4, dtype=np.float32), np.full(4, 10, np.float32)


def test_what_is_saved_is_what_is_loaded(program: Artifact, tmp_path: Path) -> None:
    path = program.save(tmp_path / "model.vmfb")
    loaded = ireekit.load(str(path))
    assert loaded.path == path
    assert loaded.data == program.data
    assert loaded.size == program.size == path.stat().st_size
    assert loaded.entry_points == program.entry_points
    assert loaded.targets == program.targets
    np.testing.assert_array_equal(loaded(X, Y), X + Y)
    np.testing.assert_array_equal(loaded["main"](X, Y), X + Y)


def test_a_loaded_artifact_saves_itself_again(program: Artifact, tmp_path: Path) -> None:
    loaded = ireekit.load(program.save(tmp_path / "a.vmfb"))
    loaded.save(tmp_path / "a.vmfb")
    loaded.save(tmp_path / "b.vmfb")
    assert (tmp_path / "a.vmfb").read_bytes() == (tmp_path / "b.vmfb").read_bytes() == program.data


def test_a_loaded_artifact_whose_file_is_gone(program: Artifact, tmp_path: Path) -> None:
    loaded = ireekit.load(program.save(tmp_path / "a.vmfb"))
    (tmp_path / "a.vmfb").unlink()
    with pytest.raises(ArtifactError, match=r"cannot read .*a\.vmfb: No such file"):
        loaded.save(tmp_path / "b.vmfb")


def test_saving_into_a_missing_folder(program: Artifact, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="No such file or directory") as caught:
        program.save(tmp_path / "none" / "model.vmfb")
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_saving_over_a_folder(program: Artifact, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="Is a directory"):
        program.save(tmp_path)


def test_a_device_is_written_to_and_not_replaced(program: Artifact) -> None:
    program.save(os.devnull)
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_failing_disk_leaves_the_old_file(
    step: str, program: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.vmfb"
    path.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "write":
        monkeypatch.setattr(Path, "write_bytes", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ArtifactError, match=r"cannot write .*model\.vmfb: No space left on device"):
        program.save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def small_disk(tmp_path: Path):
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_the_old_file(program: Artifact, small_disk: Path) -> None:
    path = small_disk / "model.vmfb"
    path.write_text("old")
    (small_disk / "filler").write_bytes(bytes(8192))
    with pytest.raises(ArtifactError, match="No space left on device"):
        program.save(path)
    assert path.read_text() == "old"
    assert sorted(each.name for each in small_disk.iterdir()) == ["filler", "model.vmfb"]


def test_a_read_only_disk(program: Artifact, small_disk: Path) -> None:
    path = program.save(small_disk / "model.vmfb")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(ArtifactError, match="Read-only file system"):
        program.save(path)
    np.testing.assert_array_equal(ireekit.load(path)(X, Y), X + Y)


@pytest.fixture(scope="module")
def model():
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ireekit[torch]'")
    torch.manual_seed(0)
    model = torch.nn.Linear(32, 32).eval()
    x = torch.randn(2, 32)
    return model, x, model(x).detach().numpy()


class TestWeights:
    @pytest.fixture
    def made(self, model, tmp_path: Path) -> Path:
        """A saved artifact with its archive beside it."""
        module, x, _ = model
        folder = tmp_path / "made"
        folder.mkdir()
        artifact = Pipeline("test").compile(module, x, weights=folder / "weights.irpa", cache=False)
        return artifact.save(folder / "model.vmfb")

    def check(self, program, model) -> None:
        _, x, expected = model
        np.testing.assert_allclose(program(x.numpy()), expected, rtol=1e-5, atol=1e-6)

    def test_they_are_told_of(self, made: Path, model) -> None:
        artifact = ireekit.load(made)
        (reference,) = artifact.metadata.parameters
        assert reference.file == "weights.irpa"
        assert reference.byte_size == 32 * 32 * 4  # the bias is below the size that is moved out
        assert artifact.size_report().totals()["parameters"] == reference.byte_size
        self.check(artifact, model)

    def test_moved_together(self, made: Path, model, tmp_path: Path) -> None:
        made.parent.rename(tmp_path / "elsewhere")
        self.check(ireekit.load(tmp_path / "elsewhere" / "model.vmfb"), model)

    def test_the_artifact_alone_moved(self, made: Path, model, tmp_path: Path) -> None:
        made.rename(tmp_path / "alone.vmfb")
        self.check(ireekit.load(tmp_path / "alone.vmfb"), model)

    def test_the_archive_moved_and_named(self, made: Path, model, tmp_path: Path) -> None:
        moved = (made.parent / "weights.irpa").rename(tmp_path / "moved.irpa")
        artifact = ireekit.load(made)
        self.check(artifact.load(parameters=moved), model)
        self.check(artifact.load(parameters={artifact.metadata.parameters[0].scope: str(moved)}), model)

    def test_the_archive_missing(self, made: Path) -> None:
        (made.parent / "weights.irpa").unlink()
        artifact = ireekit.load(made)
        with pytest.raises(ArtifactError, match=r"weights weights\.irpa are neither beside it nor at") as caught:
            artifact.load()
        assert "parameters=PATH" in caught.value.remedy

    def test_the_archive_damaged(self, made: Path) -> None:
        (made.parent / "weights.irpa").write_bytes(b"no archive")
        with pytest.raises(ArtifactError):
            ireekit.load(made).load()
