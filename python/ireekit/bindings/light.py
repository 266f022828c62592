"""``iree.compiler.ir`` without numpy, for interpreters inside of a compilation that takes half a second.

The bindings import numpy, which takes 50 ms, for four builders of attributes that hardly a pass uses. Here the builders
import it when they are called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iree.compiler import ir

# Kind of attribute -> dtype of its elements, and their type.
_BUILDERS: dict[str, tuple[str, str]] = {
    "F64ElementsAttr": ("float64", "f64"),
    "I32ElementsAttr": ("int32", "i32"),
    "I64ElementsAttr": ("int64", "i64"),
    "IndexElementsAttr": ("int64", "index"),
}


def import_bindings() -> None:
    """Import them, where nobody has; an interpreter that has numpy already keeps it. For one thread alone."""
    if "numpy" in sys.modules or "iree.compiler.ir" in sys.modules:
        return
    # An import of it then raises ImportError, which the bindings take for numpy not being installed.
    sys.modules["numpy"] = None  # pyright: ignore[reportArgumentType]
    try:
        from iree.compiler import ir
    finally:
        del sys.modules["numpy"]
    for kind, (dtype, element) in _BUILDERS.items():
        ir.AttrBuilder.insert(kind, _builder(dtype, element), allow_existing=True)


def _builder(dtype: str, element: str) -> Callable[[Any, ir.Context], ir.Attribute]:
    def build(values: Any, context: ir.Context) -> ir.Attribute:
        import numpy as np
        from iree.compiler import ir

        array: Any = np.array(values, dtype=dtype)
        return ir.DenseElementsAttr.get(array, type=ir.Type.parse(element, context), context=context)

    return build
