"""Weights inside the program, and in archives beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
import torch_helpers as helpers
import torch_zoo as zoo
from torch import nn

from ireekit.errors import ModelImportError


@pytest.mark.parametrize("suffix", [".irpa", ".safetensors"])
def test_archive(suffix: str, tmp_path: Path, check_close: Any) -> None:
    case, path = zoo.llama(), tmp_path / f"weights{suffix}"
    artifact = helpers.compile_(case.model, **_arguments(case), weights=path)
    with torch.no_grad():
        check_close(artifact(**case.keyword_inputs).logits, case.model(**case.keyword_inputs).logits)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def _arguments(case: zoo.Case) -> dict[str, Any]:
    return {"keyword_inputs": case.keyword_inputs, "dynamic_shapes": case.dynamic_shapes}


def test_tied_weights_are_stored_once(tmp_path: Path) -> None:
    model, ids = zoo.llama_model(use_cache=False, tie_word_embeddings=True), torch.zeros(1, 4, dtype=torch.int64)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    imported = helpers.import_(model, ids, weights=tmp_path / "w.irpa", frontend_settings={})
    (archive,) = imported.parameters
    large = {p.data_ptr(): p.nbytes for p in model.parameters() if p.nbytes > 1024}
    assert (archive.keys, archive.byte_size) == (len(large), sum(large.values()))


def test_safetensors_file_is_reused_or_left_alone(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    model, x, path = nn.Linear(64, 64).eval(), torch.ones(2, 64), tmp_path / "w.safetensors"
    save_file({"weight": model.weight.detach(), "bias": model.bias.detach(), "unused": torch.ones(3)}, path)
    before = path.stat()
    helpers.import_(model, x, weights=path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    other = nn.Linear(64, 64).eval()
    with pytest.raises(ModelImportError, match="was not written by us"):
        helpers.import_(other, x, weights=path)
    assert torch.equal(load_file(path)["weight"], model.weight)
    own = tmp_path / "own.safetensors"
    helpers.import_(model, x, weights=own)
    helpers.import_(other, x, weights=own)
    assert torch.equal(load_file(own)["weight"], other.weight)


@pytest.mark.parametrize("name", ["missing/w.irpa", "missing/w.safetensors", "w.bin"])
def test_archives_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelImportError, match="cannot be written"):
        helpers.import_(nn.Linear(64, 64).eval(), torch.ones(2, 64), weights=tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import resource, signal, sys, torch
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import torch_helpers as helpers
        from ireekit.errors import ModelImportError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        for path in sys.argv[1:]:
            try:
                helpers.import_(torch.nn.Linear(512, 512).eval(), torch.ones(2, 512), weights=path)
            except ModelImportError as error:
                print(path, "refused:", error)
    """)
    old, new = tmp_path / "w.irpa", tmp_path / "w.safetensors"
    old.write_bytes(b"")
    done = _python(script, str(old), str(new))
    for path in (old, new):
        assert f"{path} refused: weights cannot be written" in done.stdout, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == [old.name]
    assert old.read_bytes() == b""


def _python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ),
    )  # fmt: skip


@pytest.mark.parametrize("weights", [None, "w.irpa", "w.safetensors"])
def test_import_needs_little_memory_beside_the_model(weights: str | None, tmp_path: Path) -> None:
    # 48 layers of 4 MB: a second copy of the whole model would show, one of a single layer does not.
    script = textwrap.dedent(f"""
        import resource, sys, torch
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import torch_helpers as helpers
        helpers.import_(torch.nn.Linear(8, 8).eval(), torch.ones(2, 8))
        model = torch.nn.Sequential(*[torch.nn.Linear(1024, 1024) for _ in range(48)]).eval()
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        before = peak()
        kept = helpers.import_(model, torch.ones(2, 1024), weights=sys.argv[1] or None)
        print(peak() - before)
    """)
    done = _python(script, str(tmp_path / weights) if weights else "")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 100


def test_a_large_buffer_of_zeros_takes_no_room() -> None:
    class Cache(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("cache", torch.zeros(1024, 1024))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.cache[:2] += x
            return self.cache.sum()

    assert helpers.compile_(Cache().eval(), torch.ones(1024)).size < 200_000
