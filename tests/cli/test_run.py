"""``ireekit run``."""

from __future__ import annotations

import re
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_results_are_printed_with_their_names(ireekit, models: Path) -> None:
    done = ireekit("run", models / "several.vmfb", "--input", "2x3xf32=0 1 2 3 4 5", "--input", "7")
    assert done.code == 0, done.err
    assert done.out == (
        "output0: float32[2, 3]\n[[ 0.  2.  4.]\n [ 6.  8. 10.]]\n"
        "output1: int32[2, 3]\n[[7 7 7]\n [7 7 7]]\n"
        "output2: i32\n14\n"
    )


def test_long_results_are_elided(ireekit, models: Path) -> None:
    done = ireekit("run", models / "several.vmfb", "--function", "twice", "--input", "5000xbf16=1.5")
    assert done.code == 0, done.err
    assert done.out == "output0: bfloat16[5000]\n[3. 3. 3. ... 3. 3. 3.]\n"


def test_files_in_and_out(ireekit, models: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", input1=np.int32(7), input0=X)
    done = ireekit("run", models / "several.vmfb", "--input", tmp_path / "in.npz", "-o", tmp_path / "out.npz", "-q")
    assert (done.code, done.out) == (0, ""), done.err
    with np.load(tmp_path / "out.npz") as out:
        assert list(out) == ["output0", "output1", "output2"]
        np.testing.assert_array_equal(out["output0"], 2 * X)
        np.testing.assert_array_equal(out["output1"], np.full((2, 3), 7, np.int32))
        assert out["output2"] == 14
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.npz", "out.npz"]


def test_positional_npz_npy_and_raw(ireekit, models: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "in.npz", X, np.int32(3))
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "x.bin").write_bytes(X.tobytes())
    expected = ireekit("run", models / "several.vmfb", "--input", tmp_path / "in.npz").out
    assert "[ 6.  8. 10.]" in expected
    for spec in (tmp_path / "x.npy", f"@{tmp_path / 'x.npy'}", f"2x3xf32=@{tmp_path / 'x.bin'}"):
        assert ireekit("run", models / "several.vmfb", "--input", spec, "--input", "3").out == expected
    named = ireekit("run", models / "several.vmfb", "--input", "input1=3", "--input", f"input0={tmp_path / 'x.npy'}")
    assert named.out == expected


def test_bfloat16_survives_numpy_files(ireekit, models: Path, tmp_path: Path) -> None:
    words = ["run", models / "several.vmfb", "--function", "twice", "--input"]
    assert ireekit(*words, "3xbf16=1 2 3", "-o", tmp_path / "out.npy").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "out.npy").view(ml_dtypes.bfloat16), np.array([2, 4, 6], ml_dtypes.bfloat16)
    )
    done = ireekit(*words, tmp_path / "out.npy", "--expected", tmp_path / "out.npy")
    assert done.code == 1
    assert "3 of 3 values differ, by 6 at most; first at [0]: 4" in done.err
    assert "output0: bfloat16[3]\n[ 4.  8. 12.]" in done.out


def test_a_model_is_compiled_first(ireekit, models: Path) -> None:
    words = ["--input", "4xf32=1", "--input", "4xf32=2"]
    done = ireekit("run", models / "add.mlir", "-t", "vmvx", "-O1", *words)
    assert (done.code, done.out) == (0, "output0: float32[4]\n[3. 3. 3. 3.]\n"), done.err


@pytest.mark.usefixtures("vulkan")
def test_vulkan(ireekit, models: Path) -> None:
    words = ["--device", "vulkan", "--input", "random:1", "--input", "random:2", "--repeat", "2"]
    done = ireekit("run", models / "add.mlir", *words)
    assert done.code == 0, done.err
    on_cpu = ireekit("run", models / "add.mlir", *words[2:])
    assert done.out.splitlines()[:2] == on_cpu.out.splitlines()[:2]
    refused = ireekit("run", models / "add.vmfb", *words)
    assert refused.code == 1
    assert "compiled for" in refused.err


def test_times(ireekit, models: Path) -> None:
    done = ireekit("run", models / "add.vmfb", "--input", "1", "--input", "2", "--repeat", "3", "-q")
    match = re.fullmatch(r"3 calls: min ([\d.]+) ms, median ([\d.]+) ms\n", done.out)
    assert match is not None
    assert 0 < float(match[1]) <= float(match[2])


def test_expected_results(ireekit, models: Path, tmp_path: Path) -> None:
    words = ["run", models / "add.vmfb", "--input", "4xf32=1", "--input", "4xf32=2", "--expected"]
    np.save(tmp_path / "right.npy", np.full(4, 3.0001, np.float32))
    np.savez(tmp_path / "wrong.npz", output0=np.array([3, 3, 3.5, 3], np.float32))
    np.savez(tmp_path / "other.npz", scores=np.zeros(4, np.float32))
    np.save(tmp_path / "shape.npy", np.zeros(5, np.float32))
    assert ireekit(*words, tmp_path / "right.npy").code == 0
    assert ireekit(*words, tmp_path / "right.npy", "--rtol", "1e-6").code == 1
    wrong = ireekit(*words, tmp_path / "wrong.npz")
    assert wrong.code == 1
    assert "output0: 1 of 4 values differ, by 0.5 at most; first at [2]: 3.0, expected 3.5" in wrong.err
    assert ireekit(*words, tmp_path / "wrong.npz", "--atol", "0.6").code == 0
    assert "'scores', which is no result" in ireekit(*words, tmp_path / "other.npz").err
    assert "shape [4], expected [5]" in ireekit(*words, tmp_path / "shape.npy").err
    assert "cannot read" in ireekit(*words, tmp_path / "missing.npy").err


def test_parameters(ireekit, tmp_path: Path) -> None:
    from iree.runtime import ParameterIndex

    model = tmp_path / "weighted.mlir"
    model.write_text(
        'util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<4xf32>\n'
        "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n"
        "  %w = util.global.load @w : tensor<4xf32>\n"
        "  %0 = arith.mulf %x, %w : tensor<4xf32>\n"
        "  return %0 : tensor<4xf32>\n}\n"
    )
    index = ParameterIndex()
    index.add_buffer("w", np.array([1, 2, 3, 4], np.float32))
    index.create_archive_file(str(tmp_path / "w.irpa"))
    assert ireekit("compile", model, "-q").code == 0
    words = ["run", tmp_path / "weighted.vmfb", "--input", "4xf32=2"]
    for given in (tmp_path / "w.irpa", f"model={tmp_path / 'w.irpa'}"):
        done = ireekit(*words, "--parameters", given)
        assert (done.code, done.out) == (0, "output0: float32[4]\n[2. 4. 6. 8.]\n"), done.err
    assert ireekit(*words).code == 1
    missing = ireekit(*words, "--parameters", tmp_path / "nope.irpa")
    assert missing.code == 1
    assert "nope.irpa" in missing.err


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        ([], ["input 'input0' is missing", "--input 'input0=2x3xfloat32=0'"]),
        (["--input", "0"], ["input 'input1' is missing", "--input 'input1=1'"]),
        (["--input", "0", "--input", "1", "--input", "2"], ["more inputs are given than the 2"]),
        (["--input", "input2=0"], ["there is no input 'input2'", "did you mean 'input"]),
        (["--input", "0", "--input", "input0=0"], ["input 'input0' is given twice"]),
        (["--input", "3x2xf32=0", "--input", "1"], ["must have shape [2, 3], got [3, 2]"]),
        (["--input", "2x3xf64=0", "--input", "1"], ["must be float32, got float64"]),
        (["--input", "0", "--input", "1.5"], ["'1.5' is no value of type int32"]),
        (["--input", "0", "--input", "1 2"], ["takes 1 value"]),
        (["--input", "missing.npy"], ["cannot read missing.npy"]),
        (["--input", "pickled.npy"], ["no readable .npy"]),
        (["--input", "text.npz"], ["text.npz is no readable .npy or .npz: it begins with other bytes"]),
        (["--input", "cut.npz"], ["cut.npz is no readable .npy or .npz"]),
        (["--input", "@raw.bin"], ["the type of the raw data is missing"]),
        (["--input", "2x3xf32=@raw.bin"], ["raw.bin has 5 bytes, 2x3xfloat32 takes 24"]),
        (["--function", "mian"], ["no entry point 'mian'"]),
        (["--function", "twice", "--input", "0"], ["has no fixed shape", "--input 'input0=1xbfloat16=0'"]),
        (["--device", "tpu"], ["no device for 'tpu'"]),
        (["--input", "0", "--input", "1", "-o", "out.txt"], ["as .npz or .npy, not out.txt"]),
        (["--input", "0", "--input", "1", "-o", "out.npy"], ["an .npy holds one array, main gives 3"]),
        (["--input", "0", "--input", "1", "-o", "no/out.npz"], ["the folder of no/out.npz does not exist"]),
    ],
)
def test_refusals(
    *,
    ireekit,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    messages: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("pickled.npy", np.array([{}]), allow_pickle=True)
    Path("text.npz").write_text("no archive")
    np.savez("cut.npz", input0=X)
    Path("cut.npz").write_bytes(Path("cut.npz").read_bytes()[:100])
    Path("raw.bin").write_bytes(b"12345")
    before = sorted(tmp_path.iterdir())
    done = ireekit("run", models / "several.vmfb", *words)
    assert done.code == 1
    assert done.out == ""
    for message in messages:
        assert message in done.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\3\4garbage"])
def test_no_program(ireekit, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.vmfb"
    path.write_bytes(content)
    for command in ("run", "inspect"):
        done = ireekit(command, path)
        assert done.code == 1
        assert "a.vmfb" in done.err


def test_a_truncated_program(ireekit, models: Path, tmp_path: Path) -> None:
    data = (models / "add.vmfb").read_bytes()
    (tmp_path / "a.vmfb").write_bytes(data[: len(data) // 2])
    done = ireekit("run", tmp_path / "a.vmfb", "--input", "0", "--input", "0")
    assert done.code == 1
    assert "is damaged" in done.err
