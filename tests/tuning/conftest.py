"""A product of matrices that the compiler configures badly by itself, and what tuning makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ireekit import Pipeline
from ireekit.tuning import TuneResult, tune
from ireekit.tuning.building import Built, build
from ireekit.tuning.dispatches import CollectConfigurations, Collected, CollectSources, Dispatch
from ireekit.tuning.preparing import FROM, Prepared, prepare

ROWS, SUMMED, COLUMNS = 197, 128, 96
"""A prime number of rows: without peeling, tiles of one row."""


def product(rows: int = ROWS, summed: int = SUMMED, columns: int = COLUMNS, *, before: str = "") -> str:
    """A program with one product of matrices; ``before`` is what it does before, with the left-hand side ``%x``."""
    left, right, result = f"tensor<{rows}x{summed}xf32>", f"tensor<{summed}x{columns}xf32>", f"{rows}x{columns}xf32"
    return f"""
      func.func @main(%x: {left}, %w: {right}) -> tensor<{result}> {{
        %zero = arith.constant 0.0 : f32
        %empty = tensor.empty() : tensor<{result}>
        %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<{result}>) -> tensor<{result}>
        {before}
        %y = linalg.matmul ins({"%s" if before else "%x"}, %w : {left}, {right})
            outs(%init : tensor<{result}>) -> tensor<{result}>
        return %y : tensor<{result}>
      }}"""


SOFTMAX = f"""
        %other = tensor.empty() : tensor<{ROWS}x{SUMMED}xf32>
        %s = linalg.softmax dimension(1) ins(%x : tensor<{ROWS}x{SUMMED}xf32>)
            outs(%other : tensor<{ROWS}x{SUMMED}xf32>) -> tensor<{ROWS}x{SUMMED}xf32>"""


def plain() -> Pipeline:
    """A pipeline without passes."""
    return Pipeline("plain")


@dataclass(frozen=True)
class Tuned:
    """What a search found, and where it kept its measurements."""

    model: Path
    database: Path
    result: TuneResult
    said: tuple[str, ...]


def tuned_again(model: Path, database: Path, **changes: Any) -> TuneResult:
    """The search of :func:`tuned` once more."""
    arguments: dict[str, Any] = {"pipeline": plain(), "candidates": 4, "jobs": 2, "database": database, **changes}
    return tune(model, **arguments)


@pytest.fixture(scope="session", autouse=True)
def short() -> Iterator[None]:
    """Short measurements: what is found here is faster by far."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ireekit.tuning.run._QUICK_SECONDS", 0.02)
        patch.setattr("ireekit.tuning.run._CAREFUL_SECONDS", 0.05)
        patch.setattr("ireekit.tuning.run._CALLS", 5)
        yield


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """:func:`product`, tuned by four candidates."""
    folder = tmp_path_factory.mktemp("tuned")
    model, database = folder / "product.mlir", folder / "measurements.sqlite"
    model.write_text(product())
    said: list[str] = []
    result = tuned_again(model, database, progress=said.append)
    return Tuned(model, database, result, tuple(said))


def collected(program: str) -> Collected:
    """The dispatches of a program."""
    found: Collected = {}
    pipeline = plain().at("executable-sources", CollectSources(found))
    pipeline.at("executable-configurations", CollectConfigurations(found))
    pipeline.compile(program, cache=False)
    return found


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    """The kernel of :func:`product`."""
    (dispatch,) = collected(product()).values()
    made = prepare(dispatch, (), 60.0)
    assert not isinstance(made, Dispatch), made.obstacle
    return made


@pytest.fixture(scope="session")
def reference(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It, compiled."""
    path = tmp_path_factory.mktemp("reference") / "reference.vmfb"
    path.write_bytes(compiled(prepared.text))
    return path


def compiled(text: str) -> bytes:
    """A program of a candidate, compiled."""
    built: Built = build(text, (), 60.0, start=FROM)
    assert built.program is not None, built.reason
    return built.program
