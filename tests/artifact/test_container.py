"""The file format: IREE's own tools read it, foreign and damaged files are refused."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ireekit
from ireekit import Artifact, Pipeline
from ireekit.artifact import container
from ireekit.artifact.container import METADATA_ENTRY, check_entries, entry_sizes, read_metadata, with_metadata
from ireekit.errors import ArtifactError

BIN = Path(sys.executable).parent
X, Y = np.arange(4, dtype=np.float32), np.full(4, 10, np.float32)


def tool(name: str, *arguments: object) -> str:
    done = subprocess.run([BIN / name, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def saved(program: Artifact, tmp_path: Path) -> Path:
    return program.save(tmp_path / "model.vmfb")


@pytest.fixture(scope="module")
def stock(text: str) -> bytes:
    """A ``.vmfb`` of the stock compiler."""
    done = subprocess.run(
        [
            BIN / "iree-compile",
            "-",
            "--iree-hal-target-device=local",
            "--iree-hal-local-target-device-backends=vmvx",
        ],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout


class TestTools:
    def test_iree_run_module(self, saved: Path) -> None:
        out = tool(
            "iree-run-module",
            f"--module={saved}",
            "--device=local-sync",
            "--function=main",
            "--input=4xf32=0,1,2,3",
            "--input=4xf32=10",
        )
        assert "4xf32=10 11 12 13" in out

    def test_iree_dump_module(self, saved: Path) -> None:
        out = tool("iree-dump-module", saved)
        assert "main" in out
        assert "embedded-elf" in out

    def test_unzip(self, saved: Path) -> None:
        with zipfile.ZipFile(saved) as archive:
            assert archive.testzip() is None
            assert archive.namelist()[0] == "module.fb"
            assert archive.namelist()[-1] == METADATA_ENTRY


class TestAppending:
    def test_the_program_stays_where_it_was(self, stock: bytes) -> None:
        data = with_metadata(stock, b'{"a": 1}')
        assert read_metadata(data) == b'{"a": 1}'
        before, after = (zipfile.ZipFile(io.BytesIO(each)).infolist() for each in (stock, data))
        assert [(e.filename, e.header_offset, e.CRC) for e in before] == [
            (e.filename, e.header_offset, e.CRC) for e in after[:-1]
        ]

    def test_no_zip(self) -> None:
        with pytest.raises(ArtifactError, match="not a ZIP archive"):
            with_metadata(b"\0" * 100, b"{}")

    def test_a_flag_that_leaves_out_the_zip(self, text: str) -> None:
        with pytest.raises(ArtifactError) as caught:
            Pipeline("test").compile(text, target="vmvx", flags=["--iree-vm-emit-polyglot-zip=false"], cache=False)
        assert "--iree-vm-emit-polyglot-zip" in caught.value.remedy

    def test_more_entries_than_fit_a_plain_directory(self) -> None:
        """65,535 entries and one more: the count of a plain ZIP ends there."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("module.fb", b"program")
            for number in range(65534):
                archive.writestr(f"{number:x}", b"")
        data = with_metadata(buffer.getvalue(), b"{}")
        assert b"PK\x06\x06" in data[-300:]
        assert read_metadata(data) == b"{}"
        assert len(entry_sizes(data)) == 65536

    def test_a_directory_beyond_four_gigabytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The limit lowered, since a real file of that size is too much to ask of a test."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("module.fb", b"program" * 100)
        plain = with_metadata(buffer.getvalue(), b"{}")
        monkeypatch.setattr(container, "_MAX_OFFSET", 500)
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 500)
        data = with_metadata(buffer.getvalue(), b"{}")
        assert b"PK\x06\x06" in data
        assert b"PK\x06\x06" not in plain
        assert read_metadata(data) == read_metadata(plain) == b"{}"
        check_entries(data)

    def test_an_archive_that_is_zip64_already(self) -> None:
        """Its plain end record holds no offset, only the mark that the ZIP64 one does."""
        program, name = b"program", b"module.fb"
        crc = zlib.crc32(program)
        local = struct.pack("<4s5H3L2H", b"PK\3\4", 45, 0, 0, 0, 33, crc, 7, 7, len(name), 0) + name + program
        central = (
            struct.pack("<4s6H3L5H2L", b"PK\1\2", 45, 45, 0, 0, 0, 33, crc, 7, 7, len(name), 0, 0, 0, 0, 0, 0) + name
        )
        end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), len(local))
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + len(central), 1)
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        archive = local + central + end64 + locator + end
        assert entry_sizes(archive) == [("module.fb", 7)]
        data = with_metadata(archive, b'{"big": true}')
        assert read_metadata(data) == b'{"big": true}'
        assert data.startswith(local)
        check_entries(data)


class TestForeignFiles:
    @pytest.mark.parametrize("data", [b"", b"PK", b"hello world, no program", bytes(5000), b"\x7fELF" + bytes(64)])
    def test_no_program_at_all(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "x.vmfb").write_bytes(data)
        with pytest.raises(ArtifactError, match=r"x\.vmfb is (damaged|not an IREE program)"):
            ireekit.load(tmp_path / "x.vmfb")
        with pytest.raises(ArtifactError, match="the given data is"):
            Artifact.from_bytes(data)

    def test_another_zip(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("notes.txt", "hello")
        with pytest.raises(ArtifactError, match="a ZIP archive, but not an IREE program"):
            ireekit.load(tmp_path / "x.zip")
        zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
        with pytest.raises(ArtifactError):
            ireekit.load(tmp_path / "empty.zip")

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(ArtifactError, match=r"cannot read .*none\.vmfb: No such file"):
            ireekit.load(tmp_path / "none.vmfb")
        with pytest.raises(ArtifactError, match="Is a directory"):
            ireekit.load(tmp_path)

    @pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.99])
    def test_truncated(self, part: float, program: Artifact, tmp_path: Path) -> None:
        path = tmp_path / "x.vmfb"
        path.write_bytes(program.data[: int(len(program.data) * part)])
        with pytest.raises(ArtifactError, match=r"x\.vmfb is damaged"):
            ireekit.load(path)

    @given(st.data())
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_damage_anywhere_is_noticed_or_harmless(self, program: Artifact, data: st.DataObject) -> None:
        good = program.data
        bad = bytearray(good)
        for at in data.draw(st.lists(st.integers(0, len(good) - 1) | st.integers(-300, -1), min_size=1, max_size=8)):
            bad[at] ^= data.draw(st.integers(1, 255))
        try:
            artifact = Artifact.from_bytes(bytes(bad))
            artifact.check()
            artifact.size_report()
        except ArtifactError:
            return
        # What nobody noticed lies between the entries.
        assert artifact.size == len(good)

    def test_check_reads_all(self, program: Artifact) -> None:
        bad = bytearray(program.data)
        bad[2000] ^= 255
        artifact = Artifact.from_bytes(bytes(bad))
        with pytest.raises(ArtifactError, match=r"damaged: bad checksum of module\.fb"):
            artifact.check()
        program.check()


class TestStock:
    def test_a_program_without_metadata(self, stock: bytes, tmp_path: Path) -> None:
        (tmp_path / "stock.vmfb").write_bytes(stock)
        artifact = ireekit.load(tmp_path / "stock.vmfb")
        assert artifact.metadata is None
        assert artifact.targets == ()
        assert artifact.phase_seconds == {}
        assert [entry.name for entry in artifact.entry_points] == ["main"]
        assert [leaf.shape for leaf in artifact.entry_points[0].inputs] == [(4,), (4,)]
        np.testing.assert_array_equal(artifact(X, Y), X + Y)
        assert "unknown targets" in repr(artifact)

    def test_a_bare_program(self, text: str, tmp_path: Path) -> None:
        done = subprocess.run(
            [
                BIN / "iree-compile",
                "-",
                "--iree-hal-target-device=local",
                "--iree-hal-local-target-device-backends=vmvx",
                "--iree-vm-emit-polyglot-zip=false",
            ],
            input=text.encode(),
            capture_output=True,
            check=True,
        )
        artifact = Artifact.from_bytes(done.stdout)
        assert artifact.metadata is None
        np.testing.assert_array_equal(artifact(X, Y), X + Y)
        artifact.check()
        assert artifact.size_report().totals() == {"program": artifact.size}


class TestSizes:
    def test_parts_add_up_to_the_file(self, saved: Path, program: Artifact) -> None:
        for artifact in (program, ireekit.load(saved)):
            report = artifact.size_report()
            assert sum(size for _, _, size in report.parts) == sum(report.totals().values()) == saved.stat().st_size
            assert list(report.parts) == sorted(report.parts, key=lambda part: -part[2])
            assert {"program", "executables", "metadata", "container"} == set(report.totals())

    def test_the_text_names_kinds_and_the_largest_parts(self, program: Artifact) -> None:
        lines = str(program.size_report()).splitlines()
        assert any(line.split() == [f"{program.size:,}", "total"] for line in lines)
        assert any("module.fb" in line for line in lines)

    def test_weights_inside_are_constants(self) -> None:
        values = np.random.default_rng(0).standard_normal(4096).astype(np.float32)
        text = f"""func.func @main(%x: tensor<4096xf32>) -> tensor<4096xf32> {{
          %c = arith.constant dense<"0x{values.tobytes().hex()}"> : tensor<4096xf32>
          %0 = arith.addf %x, %c : tensor<4096xf32>
          return %0 : tensor<4096xf32>
        }}"""
        artifact = Pipeline("test").compile(text)
        totals = artifact.size_report().totals()
        assert totals.get("constants", 0) + totals["program"] >= values.nbytes
        assert sum(totals.values()) == artifact.size
