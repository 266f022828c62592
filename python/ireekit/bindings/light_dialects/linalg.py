"""``linalg`` without the Python language for structured operations, whose definitions run for 0.1 s when imported."""

from iree.compiler.dialects import _linalg_ops_gen as _operations  # pyright: ignore[reportUnusedImport]  # noqa: F401
