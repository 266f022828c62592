"""The wheel holds everything, with and without a C++ compiler."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("has_compiler", [True, False], ids=["usual", "no-compiler"])
def test_what_is_in_it(
    has_compiler: bool, tmp_path: Path, build_wheel: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    if has_compiler:
        file: Path = request.getfixturevalue("usual_wheel")
    else:
        build_wheel(tmp_path, CC="/bin/false", CXX="/bin/false")
        (file,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        names = wheel.namelist()
        sources = {
            "ireekit": ROOT / "python" / "ireekit",
            "mypipeline": ROOT / "python" / "mypipeline",
            "mypipeline/dialects": ROOT / "dialects",
            "mypipeline/passes": ROOT / "passes",
        }
        for package, folder in sources.items():
            expected = {
                f"{package}/{path.relative_to(folder).as_posix()}"
                for path in folder.rglob("*")
                if path.suffix == ".py" or path.name == "py.typed"
            }
            assert expected, package
            assert expected <= set(names), package
        assert {"ireekit/py.typed", "mypipeline/py.typed"} <= set(names)
        assert any(name.endswith("licenses/LICENSE") for name in names)
        assert not any(
            name.startswith(("tests", "bench", "docs", "typings"))
            or "__pycache__" in name
            or name.endswith((".cc", ".h", ".def"))
            for name in names
        )
        native = "ireekit/plugin/libireekit.so" in names
        assert native == (has_compiler and any(map(shutil.which, ("c++", "g++", "clang++"))))
        # What makes stock tools find the library comes and goes with it.
        with_library = {"ireekit.pth", "_ireekit_startup.py", "ireekit/plugin/ireekit.manifest"}
        assert with_library & set(names) == (with_library if native else set())
        (tags,) = (name for name in names if name.endswith("dist-info/WHEEL"))
        (tag,) = (row for row in wheel.read(tags).decode().splitlines() if row.startswith("Tag:"))
        assert tag.startswith("Tag: py3-none-")
        assert tag.endswith("-any") != native
        (metadata,) = (name for name in names if name.endswith("dist-info/METADATA"))
        text = wheel.read(metadata).decode()
        assert "Name: ireekit" in text
        assert "Requires-Dist: iree-base-compiler==3.13.0" in text
        assert "License-Expression: Apache-2.0 WITH LLVM-exception" in text
        (entry_points,) = (name for name in names if name.endswith("dist-info/entry_points.txt"))
        text = wheel.read(entry_points).decode()
        assert "mypipeline = mypipeline:pipeline" in text.replace("=", " = ").replace("  ", " ")
        assert "ireekit.cli:main" in text
