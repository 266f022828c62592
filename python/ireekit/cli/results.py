"""Results of a run: printed, saved, compared."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from ireekit.cli.input_values import as_declared, assign_names, read_arrays
from ireekit.errors import ArtifactError, InputError
from ireekit.files import write_atomically
from ireekit.signature import EntryPoint, Leaf

Named = list[tuple[Leaf, NDArray[Any]]]

_ELIDE_ABOVE = 64


def named_results(entry: EntryPoint, flat: Any) -> Named:
    """Each result with what the program says of it; ``flat`` is what a flat entry point returned."""
    values: Sequence[Any] = (flat,) if len(entry.results) == 1 else flat
    return [(leaf, np.asarray(value)) for leaf, value in zip(entry.results, values, strict=True)]


def print_results(results: Named) -> None:
    """Print every result with its name, data type and shape; long ones elided in the middle."""
    for leaf, array in results:
        shape = "" if leaf.shape is None else str(list(array.shape))
        print(f"{leaf.name}: {leaf.dtype}{shape}")
        with np.printoptions(threshold=_ELIDE_ABOVE, precision=6, linewidth=100):
            # numpy prints its extension types, such as bfloat16, without their decimal point.
            print(array if array.dtype.isbuiltin == 1 else array.astype(np.float32))
    if not results:
        print("no results")


def save_results(results: Named, path: Path) -> None:
    """Write results by name into an ``.npz``, or the only one into an ``.npy``; whole or not at all.

    Raises:
      ArtifactError: the file cannot be written.
    """
    buffer = io.BytesIO()
    if path.suffix == ".npy":
        npy_format.write_array(buffer, results[0][1], allow_pickle=False)
    else:
        # numpy.savez takes names as keyword arguments, which excludes some, such as "file".
        with zipfile.ZipFile(buffer, "w") as archive:
            for leaf, array in results:
                with archive.open(f"{leaf.name}.npy", "w", force_zip64=True) as member:
                    npy_format.write_array(member, array, allow_pickle=False)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror or error}", remedy="choose another folder") from None


def check_output(path: Path, entry: EntryPoint) -> None:
    """Refuse before the run what :func:`save_results` could not do after it.

    Raises:
      InputError: the name of the file does not fit.
      ArtifactError: its folder does not exist.
    """
    if path.suffix not in (".npz", ".npy"):
        raise InputError(f"results are written as .npz or .npy, not {path}", remedy="e.g. --output out.npz")
    if path.suffix == ".npy" and len(entry.results) != 1:
        raise InputError(
            f"an .npy holds one array, {entry.name} gives {len(entry.results)}",
            remedy="e.g. --output out.npz",
        )
    if not path.parent.is_dir():
        raise ArtifactError(f"the folder of {path} does not exist", remedy=f"mkdir -p {path.parent}")


def compare(results: Named, path: Path, *, rtol: float, atol: float) -> list[str]:
    """Compare with the arrays in a file; one line per result that differs.

    Floats may differ by ``atol + rtol * |expected|``, and NaN equals NaN; everything else must be equal.

    Raises:
      InputError: the file cannot be read, or holds an array no result has the name of.
    """
    by_name = {leaf.name: (leaf, array) for leaf, array in results}
    differences: list[str] = []
    for name, expected in assign_names(read_arrays(path), list(by_name)):
        if name not in by_name:
            raise InputError(
                f"{path} holds {name!r}, which is no result",
                remedy=f"results: {', '.join(by_name)}; arrays named arr_N go by position",
            )
        leaf, array = by_name[name]
        if line := _difference(array, as_declared(expected, _array_dtype(leaf)), rtol, atol):
            differences.append(f"{name}: {line}")
    return differences


def _array_dtype(leaf: Leaf) -> str:
    return leaf.dtype if leaf.shape is not None else "int64" if leaf.dtype.startswith("i") else "float64"


def _difference(got: NDArray[Any], expected: NDArray[Any], rtol: float, atol: float) -> str | None:
    if got.shape != expected.shape:
        return f"shape {list(got.shape)}, expected {list(expected.shape)}"
    if expected.dtype.kind in "SUOMm":
        return f"got {got.dtype.name}, expected {expected.dtype}"
    inexact = not all(array.dtype.kind in "biu" for array in (got, expected))
    wide = np.complex128 if "c" in (got.dtype.kind, expected.dtype.kind) else np.float64
    if not inexact:
        wrong = got != expected
        error = np.abs(got.astype(wide) - expected.astype(wide))
    else:
        left, right = got.astype(wide), expected.astype(wide)
        wrong = ~np.isclose(left, right, rtol=rtol, atol=atol, equal_nan=True)
        with np.errstate(invalid="ignore"):
            error = np.abs(left - right)
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    finite = error[np.isfinite(error)]
    largest = f"{finite.max():.3g}" if finite.size else "not finite"
    where = f" at {list(at)}" if at else ""
    return (
        f"{int(wrong.sum())} of {got.size} values differ, by {largest} at most; "
        f"first{where}: {got[at]}, expected {expected[at]}"
    )
