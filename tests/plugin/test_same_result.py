"""``iree-compile --iree-plugin=mypipeline`` and ``mypipeline.compile`` make one program, phase by phase."""

from __future__ import annotations

import functools
import hashlib
import io
import re
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mypipeline
from ireekit.artifact import Artifact
from ireekit.bindings import PHASES
from ireekit.frontends import ImportedModule
from ireekit.passes.instrumentation import Instrumentation

from .demo_models import MODELS
from .stock import Stock, install

# Weights and binaries, which both ways of writing IR to files abridge in their own manner; the programs are compared
# by their bytes.
CONSTANT = re.compile(r'dense<(?:"0x[0-9A-F]*"|\[[^>]*\])>|dense_resource<[^>]*>')
# The first is the module as it was read; the last is what `vm` leaves.
COMPARED = PHASES[1:-1]
LAST_EXTENDED = "preprocessing"
RUN = ("cpu", "vulkan")
CASES = tuple((name, target) for name in MODELS for target in (*RUN, "cuda", "rocm", "metal"))


@dataclass(frozen=True)
class Both:
    """A program made in both ways.

    Attributes:
      ours: of ``mypipeline.compile``.
      theirs: what ``iree-compile`` made, with the same metadata.
      folders: of the IR after each phase, ours and the tool's.
      inputs: for a run.
    """

    ours: Artifact
    theirs: bytes
    folders: tuple[Path, Path]
    inputs: tuple[Any, ...]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return install(tmp_path_factory.mktemp("same"))


@pytest.mark.parametrize(("name", "target"), CASES)
def test_both_make_one_program(
    name: str, target: str, stock: Stock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In one test a case, for it is compiled twice: the IR after each phase, the bytes, and what comes of a run."""
    both = _compile(stock, name, target, tmp_path)
    assert [phase for phase in COMPARED if len({_digest(folder, phase) for folder in both.folders}) != 1] == []
    ours, theirs = _entries(both.ours.data), _entries(both.theirs)
    del ours["ireekit.json"]
    assert sorted(ours) == sorted(theirs)
    assert [part for part in ours if _defined(ours[part]) != _defined(theirs[part])] == []
    if target == "vulkan":
        request.getfixturevalue("vulkan")
    if target in RUN:
        _compare_outputs(both)


def _compare_outputs(both: Both) -> None:
    assert both.ours.metadata is not None
    programs = (both.ours, Artifact.assemble(both.theirs, both.ours.metadata))
    results = [np.asarray(program(*both.inputs)) for program in programs]
    assert np.isfinite(results[0]).all()
    assert results[0].tobytes() == results[1].tobytes()


def _compile(stock: Stock, name: str, target: str, folder: Path) -> Both:
    imported, inputs = _imported(name)
    path, program, ours, theirs = (folder / part for part in ("m.mlirbc", "stock.vmfb", "ours", "theirs"))
    theirs.mkdir()
    with path.open("wb") as file:
        imported.module.operation.write_bytecode(file)
    # On several threads the order of a program's code differs from run to run; instrumentation has one used.
    artifact = mypipeline.compile(imported, target=target, cache=False, dump=ours, instrumentation=Instrumentation())
    flags = (*artifact.metadata.flags, "--mlir-disable-threading", "--iree-plugin=mypipeline")
    done = stock.compile(path, *flags, f"--dump-compilation-phases-to={theirs}", "-o", program)
    assert (done.status, done.err) == (0, ""), str(done)
    return Both(artifact, program.read_bytes(), (ours, theirs), inputs)


@functools.cache
def _imported(name: str) -> tuple[ImportedModule, tuple[Any, ...]]:
    source, inputs, shapes, run = MODELS[name]()
    return mypipeline.import_model(source, *inputs, dynamic_shapes=shapes), run


def _digest(folder: Path, phase: str) -> str:
    (path,) = (each for each in folder.iterdir() if re.fullmatch(rf"(\d+-|.*\.\d+\.){phase}\.mlir", each.name))
    if phase == LAST_EXTENDED and path.name.endswith(f"-{phase}.mlir"):
        # There the tool writes the program out behind the pipeline's steps, elsewhere before them.
        ours = sorted(folder.iterdir())
        following = next(each for each in ours if each.name.endswith(f"-{PHASES[PHASES.index(phase) + 1]}.mlir"))
        path = ours[ours.index(following) - 1]
    text = CONSTANT.sub("dense<>", path.read_text().partition("\n{-#")[0].rstrip())
    return hashlib.sha256(text.encode()).hexdigest()


def _defined(data: bytes) -> bytes:
    """Without the tables of an ELF's entry points: the compiler leaves padding in them as memory happens to be.

    The addresses in them stand in the relocations.
    """
    if not data.startswith(b"\x7fELF\x02\x01"):
        return data
    (start,) = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQ", data, start + index * size) for index in range(count)]
    text = sections[names][4]
    for name, _, _, _, offset, length in sections:
        if data[text + name :].startswith(b".data.rel.ro\0"):
            return data[:offset] + bytes(length) + data[offset + length :]
    return data


def _entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
