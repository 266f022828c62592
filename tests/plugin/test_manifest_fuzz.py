"""Broken manifests and broken options: each is taken or refused in one sentence, and nothing crashes."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from ireekit.errors import IreekitError
from ireekit.passes import Pass
from ireekit.plugin.manifest import sealed

from .stock import LOCAL_CPU, Stock, install, require_library

SCRIPT = Path(__file__).with_name("fuzz_manifest.py")
MODULE = b"func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
OPTIONS_PIECES = (
    *(
        "width",
        "=",
        "=",
        "{",
        "}",
        "[",
        "]",
        ",",
        " ",
        " ",
        '"',
        "'",
        "\\",
        "4",
        "-1",
        "1e400",
        "true",
        "fast",
        "names",
    ),
    *("tiles=1,2", "\n", "\t", "\0", "ä", "😀", "mode=exact", "width=7", "names=a,b", "0x10", "99999999999999999999"),
)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return install(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("seed", range(4))
def test_mutated_manifests(seed: int) -> None:
    command = [sys.executable, SCRIPT, require_library(), str(seed), "6000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr[-2000:]}"
    taken, _, refused, _ = done.stdout.split()
    assert int(taken) > 500
    assert int(refused) > 500


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _one_digit(text: str) -> str:
    """Another address of a function: found out before anything calls it."""
    row = next(line for line in text.splitlines() if line.startswith("symbol\t"))
    return text.replace(row, row[:-1] + ("0" if row[-1] != "0" else "1"))


def _binary(text: str) -> str:
    return text[:100] + "\0\1\2" + text[100:]


def _older(text: str) -> str:
    return text.replace("ireekit-plugin-manifest 1", "ireekit-plugin-manifest 0")


def _foreign_record(text: str) -> str:
    return sealed(text[: text.rindex("end\t")] + "colour\tgreen\n")


def _two_of_a_name(text: str) -> str:
    return sealed(text[: text.rindex("end\t")] + "pipeline\tmypipeline\n")


def _too_large(text: str) -> str:
    return text + "\n" * (1 << 23)


@pytest.mark.parametrize(
    "change", [_cut, _one_digit, _binary, _older, _foreign_record, _two_of_a_name, _too_large], ids=lambda f: f.__name__
)
def test_a_broken_manifest(change: Callable[[str], str], stock: Stock, tmp_path: Path) -> None:
    path, output = tmp_path / "broken.manifest", tmp_path / "output.vmfb"
    path.write_text(change(stock.manifest.read_text()))
    tools = stock.with_(IREEKIT_PLUGIN_MANIFEST=str(path))
    done = tools.compile("-", *LOCAL_CPU, "--iree-plugin=mypipeline", "-o", output, stdin=MODULE)
    assert (done.status, output.exists()) == (1, False), str(done)
    sentence = done.err.splitlines()[0]
    assert sentence.startswith(f"ireekit's plugin is not used: {path}: "), str(done)
    assert "`ireekit plugin refresh` writes it anew" in sentence
    # Who asks for none of its pipelines gets his program.
    assert tools.compile("-", *LOCAL_CPU, "-o", output, stdin=MODULE).status == 0


def test_a_folder_in_the_place_of_a_manifest(stock: Stock, tmp_path: Path) -> None:
    tools = stock.with_(IREEKIT_PLUGIN_MANIFEST=str(tmp_path))
    done = tools.compile("-", *LOCAL_CPU, "--iree-plugin=mypipeline", "-o", tmp_path / "out", stdin=MODULE)
    assert done.status == 1, str(done)
    assert "it cannot be read" in done.err


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_manifest_means_that_nothing_is_installed(there: bool, stock: Stock, tmp_path: Path) -> None:
    path = tmp_path / "ireekit.manifest"
    if there:
        path.touch()
    tools = stock.with_(IREEKIT_PLUGIN_MANIFEST=str(path))
    done = tools.compile("-", *LOCAL_CPU, "-o", tmp_path / "out", stdin=MODULE)
    assert (done.status, done.err) == (0, "")
    done = tools.compile("-", *LOCAL_CPU, "--iree-plugin=mypipeline", "-o", tmp_path / "out", stdin=MODULE)
    assert done.status == 1
    assert "'mypipeline' because it is not registered" in done.err


def test_a_manifest_of_another_compiler_is_of_use_without_its_addresses(stock: Stock, tmp_path: Path) -> None:
    path = tmp_path / "other.manifest"
    *lines, _ = stock.manifest.read_text().splitlines()

    def other(line: str) -> str:
        kind, *fields = line.split("\t")
        changed = {"compiler": ("00" * 8,), "symbol": (fields[0] if fields else "", "1")}
        return "\t".join((kind, *changed.get(kind, fields)))

    path.write_text(sealed("".join(f"{other(line)}\n" for line in lines)))
    tools = stock.with_(IREEKIT_PLUGIN_MANIFEST=str(path))
    done = tools.compile("-", *LOCAL_CPU, "--iree-plugin=mypipeline", "-o", tmp_path / "out", stdin=MODULE)
    assert (done.status, done.err) == (0, ""), str(done)


class Many(Pass):
    """A pass with options of every kind."""

    name = "fuzz-many"
    width: int = 4
    ratio: float = 0.5
    fast: bool = False
    mode: Literal["fast", "exact"] = "fast"
    label: str = ""
    tiles: tuple[int, ...] = ()
    names: list[str] | None = None

    def run(self, op: object) -> None:
        raise NotImplementedError


def test_mutated_options_of_passes() -> None:
    source = random.Random(0)
    taken = 0
    for _ in range(6000):
        text = "".join(source.choice(OPTIONS_PIECES) for _ in range(source.randint(0, 6)))
        try:
            step = Many.parse(text)
        except IreekitError:
            continue
        taken += 1
        printed = str(step).removeprefix(Many.name).removeprefix("{").removesuffix("}")
        assert Many.parse(printed) == step, (text, printed)
    assert taken > 300


def test_mutated_pipelines_of_iree_opt(stock: Stock) -> None:
    source = random.Random(1)
    for _ in range(6):
        text = "".join(source.choice(OPTIONS_PIECES) for _ in range(4)).replace("\0", "")
        flag = f"--pass-pipeline=builtin.module(mypipeline-channels-last{{{text}}})"
        done = stock.opt("-", flag, stdin=MODULE)
        assert done.status == 1, f"{text!r}: {done}"
        assert "error" in done.err, f"{text!r}: {done}"
