"""``iree-compile --iree-plugin=mypipeline`` and ``mypipeline.compile`` make one program, phase by phase."""

from __future__ import annotations

import functools
import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Callable
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

pytestmark = pytest.mark.xdist_group("plugin-same-result")

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


Make = Callable[[str, str], Both]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Compiles a model for a target in both ways, once."""
    stock = install(tmp_path_factory.mktemp("same"))
    return functools.cache(lambda name, target: _compile(stock, name, target, tmp_path_factory.mktemp("both")))


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


@pytest.mark.parametrize(("name", "target"), CASES)
def test_the_program_is_the_same_after_each_phase(name: str, target: str, make: Make) -> None:
    folders = make(name, target).folders
    assert [phase for phase in COMPARED if len({_digest(folder, phase) for folder in folders}) != 1] == []


def _digest(folder: Path, phase: str) -> str:
    (path,) = (each for each in folder.iterdir() if re.fullmatch(rf"(\d+-|.*\.\d+\.){phase}\.mlir", each.name))
    if phase == LAST_EXTENDED and path.name.endswith(f"-{phase}.mlir"):
        # There the tool writes the program out behind the pipeline's steps, elsewhere before them.
        ours = sorted(folder.iterdir())
        following = next(each for each in ours if each.name.endswith(f"-{PHASES[PHASES.index(phase) + 1]}.mlir"))
        path = ours[ours.index(following) - 1]
    text = CONSTANT.sub("dense<>", path.read_text().partition("\n{-#")[0].rstrip())
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(("name", "target"), CASES)
def test_the_program_is_the_same_byte_by_byte(name: str, target: str, make: Make) -> None:
    both = make(name, target)
    ours, theirs = _entries(both.ours.data), _entries(both.theirs)
    del ours["ireekit.json"]
    assert sorted(ours) == sorted(theirs)
    assert [part for part in ours if _defined(ours[part]) != _defined(theirs[part])] == []


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


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("target", RUN)
def test_outputs_are_equal_bit_for_bit(name: str, target: str, make: Make, request: pytest.FixtureRequest) -> None:
    if target == "vulkan":
        request.getfixturevalue("vulkan")
    both = make(name, target)
    assert both.ours.metadata is not None
    results = [
        np.asarray(each(*both.inputs)) for each in (both.ours, Artifact.assemble(both.theirs, both.ours.metadata))
    ]
    assert np.isfinite(results[0]).all()
    assert results[0].tobytes() == results[1].tobytes()
