"""Patterns written in Python, called by the compiler without the bindings in between.

The bindings make four objects for each call of a pattern and for each operation a pattern creates. The native library
makes two, through the capsules of MLIR's C API, and does the rest on the compiler's own structures. It uses Python's
C functions by their addresses, as it uses the compiler's. Where anything it needs is missing, the functions here return
``None``, and callers go through the bindings.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from ctypes import c_bool, c_char_p, c_size_t, c_uint, c_void_p, py_object
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import OPERATION, context_address, pointer_of
from ireekit.bindings.library import library_path
from ireekit.bindings.native import native_library

if TYPE_CHECKING:
    from iree.compiler import ir

_HEADER = 16  # bytes of a Python object of ordinary builds: reference count and type
# In the bindings' own library: where the innermost entry of this thread's insertion points and locations lies.
_SUPPORT = "libMLIRPythonSupport-mlir.so"
_INNERMOST = "_ZN4mlir6python4mlir20PyThreadContextEntry13getTopOfStackEv"
# Bytes of the objects that the native library looks into.
_SIZES = {"InsertionPoint": 72, "Location": 48, "Operation": 80, "OpResult": 56}

_lock = threading.Lock()
# Of this process: the library once it is set up, None where it cannot be; and the base class of rewriters.
_state: dict[str, Any] = {}


def native_defining_op(slow: Callable[[Any], Any], context: ir.Context) -> Callable[[Any], Any] | None:
    """A function that does what ``slow`` does, the operation that makes a value, and asks it where it does not know."""
    handle = _prepared(context)
    return None if handle is None else handle.ireekit_defining_op(slow)


def known_layouts(context: ir.Context) -> frozenset[str]:
    """Which of the bindings' objects the native library looks into, as it found them to be laid out as expected:
    ``values``, and the ``stack`` of insertion points and locations. Without them patterns are called more slowly."""
    handle = _prepared(context)
    bits = 0 if handle is None else handle.ireekit_known_layouts()
    return frozenset(name for index, name in enumerate(("values", "stack")) if bits >> index & 1)


def native_rewriter(functions: Mapping[str, Any], context: ir.Context) -> type[Any] | None:
    """The native base class of rewriters.

    Args:
      functions: the methods in Python that its own methods fall back on, and the class of refusals, by the names that
        the library gives them.
    """
    handle = _prepared(context)
    if handle is None:
        return None
    with _lock:
        if "rewriter" not in _state:
            given = tuple(functions[name] for name in _names(handle.ireekit_rewriting_name))
            _state["rewriter"] = handle.ireekit_rewriter_class() if handle.ireekit_rewriting_setup(given) else None
        return _state["rewriter"]


def native_patterns(rows: Sequence[tuple[Any, ...]], context: ir.Context) -> Any:
    """A frozen set of patterns. Only where :func:`native_rewriter` gave a class.

    Args:
      rows: for each pattern the name of the operation, the benefit, the rewriter, the pattern's function, what makes
        its view of an operation or ``None``, a list of one number that counts rewrites, and what is called with
        ``(operation, exception)``, with ``(operation, outcome)`` for a refusal, with nothing once the budget is spent,
        and with ``(operation)`` to know whether it waits to be erased.
    """
    from iree.compiler import rewrite

    frozen: Any = rewrite.FrozenRewritePatternSet
    return frozen._CAPICreate(_prepared(context).ireekit_pattern_set(context_address(context), tuple(rows)))


def native_rules(module: ir.Module, rows: Sequence[tuple[Any, ...]]) -> tuple[Any, object]:
    """A frozen set of the patterns in a module of PDL, and an object that has to live as long as it. Only where
    :func:`native_rewriter` gave a class.

    Args:
      rows: for each function whether it is a test, its name in the module, the function itself, called with what was
        matched; what is called with ``(attribute)`` for a computed one, and tells whether all attributes of its class
        will do; and what is called with ``(arguments, exception)``, either of them ``None``, and gives an attribute to
        go on with.
    """
    from iree.compiler import rewrite

    operation: Any = module.operation
    address = pointer_of(operation._CAPIPtr, OPERATION)
    patterns, owner = _prepared(module.context).ireekit_rule_set(address, tuple(rows))
    frozen: Any = rewrite.FrozenRewritePatternSet
    return frozen._CAPICreate(patterns), owner


def set_running(rewriter: object, context: ir.Context) -> None:
    """Tell the functions of rules whose driver runs in this thread: a native rewriter, or after it ``None``."""
    _prepared(context).ireekit_set_running(rewriter)


def _prepared(context: ir.Context) -> Any:
    """The library with what it has to know of Python and the bindings; ``None`` where it cannot."""
    with _lock:
        if "library" not in _state:
            _state["library"] = _prepare(context)
        return _state["library"]


def _prepare(context: ir.Context) -> Any:
    functions = _library_functions()
    if functions is None:
        return None
    from iree.compiler import ir, rewrite

    operation = ir.Operation.create(
        "builtin.unrealized_conversion_cast",
        results=[ir.NoneType.get(context)],
        loc=ir.Location.unknown(context),
        ip=False,
    )
    known = _known()
    given = tuple(known[name] for name in _names(functions.ireekit_bindings_name))
    patterns: Any = rewrite.RewritePatternSet(context).freeze()
    if not functions.ireekit_bindings_setup(given, operation.results[0], operation, patterns._CAPIPtr):
        return None
    if innermost := _innermost_entry():
        functions.ireekit_set_innermost_entry(innermost)
    return functions


class _Functions:
    """Functions of the library that touch Python's objects: unlike the others they keep the interpreter's lock."""

    def __init__(self, handle: ctypes.CDLL) -> None:
        for name, result, arguments in _SIGNATURES:
            setattr(self, name, ctypes.PYFUNCTYPE(result, *arguments)((name, handle)))


_SIGNATURES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("ireekit_python_name", c_char_p, (c_size_t,)),
    ("ireekit_python_bind", None, (c_size_t, c_void_p)),
    ("ireekit_bindings_name", c_char_p, (c_size_t,)),
    ("ireekit_bindings_setup", c_bool, (py_object, py_object, py_object, py_object)),
    ("ireekit_defining_op", py_object, (py_object,)),
    ("ireekit_known_layouts", c_uint, ()),
    ("ireekit_set_innermost_entry", None, (c_void_p,)),
    ("ireekit_rewriting_name", c_char_p, (c_size_t,)),
    ("ireekit_rewriting_setup", c_bool, (py_object,)),
    ("ireekit_rewriter_class", py_object, ()),
    ("ireekit_pattern_set", py_object, (c_void_p, py_object)),
    ("ireekit_rule_set", py_object, (c_void_p, py_object)),
    ("ireekit_set_running", None, (py_object,)),
)


def _library_functions() -> Any:
    """The library's functions, with those of Python bound; ``None`` where there are none."""
    handle = native_library()
    if handle is None or sys.implementation.name != "cpython" or object.__basicsize__ != _HEADER:
        return None
    functions: Any = _Functions(handle)
    for index, name in enumerate(_names(functions.ireekit_python_name)):
        if not hasattr(ctypes.pythonapi, name):
            return None
        functions.ireekit_python_bind(index, ctypes.cast(getattr(ctypes.pythonapi, name), c_void_p))
    return functions


def _known() -> dict[str, Any]:
    """Objects of Python and of the bindings by the names that the library gives them."""
    from iree.compiler import ir

    # Typed as taking capsules, which have no type of their own.
    operation: Any = ir.Operation
    attribute: Any = ir.Attribute
    type_: Any = ir.Type
    value: Any = ir.Value
    return {
        "none": None,
        "yes": True,
        "no": False,
        "string": str,
        "list": list,
        "tuple": tuple,
        "dictionary": dict,
        "operation_class": ir.Operation,
        "result_class": ir.OpResult,
        "argument_class": ir.BlockArgument,
        "insertion_point_class": ir.InsertionPoint,
        "location_class": ir.Location,
        "runtime_error": RuntimeError,
        "operation_from_capsule": operation._CAPICreate,
        "attribute_from_capsule": attribute._CAPICreate,
        "type_from_capsule": type_._CAPICreate,
        "value_from_capsule": value._CAPICreate,
        "view_init": ir.OpView.__init__,
    }


def _innermost_entry() -> int | None:
    from iree.compiler import ir

    if any(getattr(ir, name).__basicsize__ != size for name, size in _SIZES.items()):
        return None
    path = library_path().parent / _SUPPORT
    if not path.exists():
        return None
    try:
        return ctypes.cast(getattr(ctypes.CDLL(str(path)), _INNERMOST), c_void_p).value
    except (OSError, AttributeError):
        return None


def _names(name_at: Callable[[int], bytes | None]) -> Iterator[str]:
    index = 0
    while (name := name_at(index)) is not None:
        yield name.decode()
        index += 1
