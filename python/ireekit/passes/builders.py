"""Building IR: where, constants, tensors, elementwise computations, blocks and functions.

Everything is created at the current insertion point, with the current location; :func:`before` and its like set both::

    with before(op):
        zero = constant(0.0, f32)
        total = elementwise(lambda a, b: arith.maximumf(arith.addf(a, b), zero), x, y)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ireekit.bindings.erasure import erase_now
from ireekit.errors import PassError
from ireekit.passes.constants import constant_attribute
from ireekit.passes.uses import values_of

if TYPE_CHECKING:
    from iree.compiler import ir

_DTYPES = {
    "bool": "i1",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "i8",
    "uint16": "i16",
    "uint32": "i32",
    "uint64": "i64",
    "float16": "f16",
    "float32": "f32",
    "float64": "f64",
    "bfloat16": "bf16",
    "float8_e4m3fn": "f8E4M3FN",
    "float8_e5m2": "f8E5M2",
    "float8_e4m3fnuz": "f8E4M3FNUZ",
    "float8_e5m2fnuz": "f8E5M2FNUZ",
}


@contextmanager
def before(op: Any, location: ir.Location | None = None) -> Generator[None]:
    """Create before ``op``, with its location unless another is given."""
    from iree.compiler import ir

    operation: ir.Operation = op.operation
    with ir.InsertionPoint(operation), location or operation.location:
        yield


@contextmanager
def after(op: Any, location: ir.Location | None = None) -> Generator[None]:
    """Create after ``op``, a view, an operation, or the one that makes a value."""
    from iree.compiler import ir

    owner = op if hasattr(op, "operation") else op.owner
    if not hasattr(owner, "operation"):
        with at_start(owner, location):
            yield
        return
    operation: ir.Operation = owner.operation
    with ir.InsertionPoint.after(operation), location or operation.location:
        yield


@contextmanager
def at_start(block: ir.Block, location: ir.Location | None = None) -> Generator[None]:
    """Create at the start of ``block``, with the location of the operation around it unless another is given."""
    from iree.compiler import ir

    with ir.InsertionPoint.at_block_begin(block), location or block.owner.operation.location:
        yield


@contextmanager
def at_end(block: ir.Block, location: ir.Location | None = None) -> Generator[None]:
    """Create at the end of ``block``; before its terminator where it has one."""
    from iree.compiler import ir

    last = None
    for last in block.operations:  # noqa: B007 (the last one is wanted)
        pass
    ends = last is not None and last.operation.has_trait(ir.IsTerminatorTrait)
    point = ir.InsertionPoint(last.operation) if ends and last is not None else ir.InsertionPoint(block)
    with point, location or block.owner.operation.location:
        yield


def as_type(given: Any) -> ir.Type:
    """A type given as itself or as text, e.g. ``"tensor<4x?xf32>"``.

    Raises:
      PassError: the text is no type.
    """
    from iree.compiler import ir

    if isinstance(given, ir.Type):
        return given
    try:
        return ir.Type.parse(str(given))
    except (ir.MLIRError, ValueError) as error:
        raise PassError(f"{given!r} is no type") from error


def tensor_type(shape: Sequence[int | None], element: Any) -> ir.Type:
    """A ranked tensor type; ``None`` is a dynamic dimension."""
    from iree.compiler import ir

    dynamic = ir.ShapedType.get_dynamic_size()
    return ir.RankedTensorType.get([dynamic if size is None else size for size in shape], as_type(element))


def constant(value: Any, type: Any = None) -> ir.Value:  # noqa: A002 (the field's own term)
    """``arith.constant`` of a number or numpy array.

    Args:
      type: the type, or its text; a scalar type, or a shaped one that ``value`` has the shape of or is a splat of. For
        an array a tensor of its dtype unless given.

    Raises:
      PassError: the value does not fit the type, or there is no telling which type is meant.
    """
    import numpy as np
    from iree.compiler import ir

    array = np.asarray(value)
    if type is None:
        name = _DTYPES.get(array.dtype.name)
        if name is None or not isinstance(value, np.ndarray | np.generic):
            raise PassError(f"a constant {value!r} could be of several types", remedy='give one: constant(1, "i32")')
        type = name if array.ndim == 0 else tensor_type(array.shape, name)  # noqa: A001
    made = as_type(type)
    try:
        attribute = constant_attribute(array, made)
    except ValueError as error:
        raise PassError(str(error)) from error
    return ir.Operation.create("arith.constant", results=[made], attributes={"value": attribute}).results[0]


def dim(value: ir.Value, axis: int) -> ir.Value:
    """The size of a tensor along ``axis``, as an ``index``: a constant where it is static."""
    from iree.compiler import ir

    type: Any = value.type  # noqa: A001
    if not 0 <= axis < type.rank:
        raise PassError(f"{type} has no dimension {axis}")
    if not type.is_dynamic_dim(axis):
        return constant(type.shape[axis], "index")
    return ir.Operation.create(
        "tensor.dim", results=[ir.IndexType.get()], operands=[value, constant(axis, "index")]
    ).results[0]


def empty(shape: Sequence[int | ir.Value], element: Any) -> ir.Value:
    """``tensor.empty``; a size is a number or a value of type ``index``."""
    from iree.compiler import ir

    sizes = [size if isinstance(size, int) else None for size in shape]
    dynamic = [size for size in shape if not isinstance(size, int)]
    return ir.Operation.create("tensor.empty", results=[tensor_type(sizes, element)], operands=dynamic).results[0]


def empty_like(value: ir.Value, element: Any = None) -> ir.Value:
    """``tensor.empty`` with the shape of ``value``, and its element type unless another is given."""
    type: Any = value.type  # noqa: A001
    sizes = [dim(value, axis) if type.is_dynamic_dim(axis) else type.shape[axis] for axis in range(type.rank)]
    return empty(sizes, type.element_type if element is None else element)


def fill(value: ir.Value, into: ir.Value) -> ir.Value:
    """``linalg.fill`` of the tensor ``into`` with a scalar."""
    from iree.compiler import ir

    made = ir.Operation.create(
        "linalg.fill",
        results=[into.type],
        operands=[value, into],
        attributes={"operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 1])},
        regions=1,
    )
    element: Any = into.type
    block = add_block(made.regions[0], [value.type, element.element_type], made.location)
    with ir.InsertionPoint(block), made.location:
        ir.Operation.create("linalg.yield", operands=[block.arguments[0]])
    return made.results[0]


def full(shape: Sequence[int | ir.Value], value: Any, element: Any) -> ir.Value:
    """A tensor filled with a number."""
    return fill(constant(value, element), empty(shape, element))


def elementwise(
    body: Callable[..., Any], *inputs: ir.Value, element: Any = None, into: ir.Value | None = None
) -> ir.Value:
    """``linalg.generic`` that computes ``body`` for each element, broadcasting as numpy does.

    Args:
      body: called once with the scalar elements; returns the resulting scalar. Scalars from outside may be used in it.
      inputs: tensors. Shorter shapes are aligned at the right; sizes of 1 are repeated.
      element: of the result; that of the first input unless given.
      into: what to write to; a new tensor unless given.

    Raises:
      PassError: shapes do not fit, or ``body`` returns something of another type.
    """
    from iree.compiler import ir

    if not inputs:
        raise PassError("elementwise() needs at least one tensor")
    types: list[Any] = [value.type for value in inputs]
    rank = max(each.rank for each in types)
    wanted = types[0].element_type if element is None else as_type(element)
    if into is None:
        into = empty([_size(inputs, rank, axis) for axis in range(rank)], wanted)
    maps = [_broadcast_map(each, rank, into.type) for each in types] + [ir.AffineMap.get_identity(rank)]
    return generic([*inputs], [into], maps, ["parallel"] * rank, lambda *scalars: body(*scalars[:-1]))[0]


def generic(
    inputs: Sequence[ir.Value],
    outputs: Sequence[ir.Value],
    maps: Sequence[ir.AffineMap],
    iterators: Sequence[str],
    body: Callable[..., Any],
) -> list[ir.Value]:
    """``linalg.generic`` on tensors.

    Args:
      maps: from the loops to the dimensions of each input and output.
      iterators: ``"parallel"`` or ``"reduction"`` for each loop.
      body: called once with the scalars of inputs and outputs; returns the value for each output.

    Raises:
      PassError: ``body`` returns another number or other types of values.
    """
    from iree.compiler import ir

    operands: list[Any] = [*inputs, *outputs]
    # One by one they would have the classes of their dialect imported, which takes 160 ms.
    kinds = ir.Attribute.parse(f"[{', '.join(f'#linalg.iterator_type<{each}>' for each in iterators)}]")
    made = ir.Operation.create(
        "linalg.generic",
        results=[value.type for value in outputs],
        operands=operands,
        attributes={
            "indexing_maps": ir.ArrayAttr.get([ir.AffineMapAttr.get(each) for each in maps]),
            "iterator_types": kinds,
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(inputs), len(outputs)]),
        },
        regions=1,
    )
    block = add_block(made.regions[0], [value.type.element_type for value in operands], made.location)
    with ir.InsertionPoint(block), made.location:
        returned = body(*block.arguments)
        values = values_of(returned if isinstance(returned, list | tuple) else [returned])
        ir.Operation.create("linalg.yield", operands=values)
    wanted: list[Any] = [value.type.element_type for value in operands[len(inputs) :]]
    if [value.type for value in values] != wanted:
        given = ", ".join(str(value.type) for value in values)
        erase_now(made)
        raise PassError(f"the body returns ({given}) where ({', '.join(map(str, wanted))}) is needed")
    return list(made.results)


def add_block(region: ir.Region, types: Sequence[Any] = (), location: ir.Location | None = None) -> ir.Block:
    """A new last block of ``region`` with arguments of ``types``."""
    from iree.compiler import ir

    made = [as_type(each) for each in types]
    where = location or ir.Location.current
    return region.blocks.append(*made, arg_locs=[where] * len(made))


def function(
    name: str, inputs: Sequence[Any], body: Callable[..., Any], *, op: str = "func.func", private: bool = False
) -> ir.Operation:
    """A function, ``func.func`` or ``util.func``, whose results are what ``body`` returns.

    Args:
      inputs: types of the arguments, or their text.
      body: called once with the arguments; returns a value, several, or nothing.
    """
    from iree.compiler import ir

    types = [as_type(each) for each in inputs]
    attributes: dict[str, Any] = {
        "sym_name": ir.StringAttr.get(name),
        "function_type": ir.TypeAttr.get(ir.FunctionType.get(types, [])),
    }
    if private:
        attributes["sym_visibility"] = ir.StringAttr.get("private")
    made = ir.Operation.create(op, attributes=attributes, regions=1)
    block = add_block(made.regions[0], types, made.location)
    with ir.InsertionPoint(block), made.location:
        returned = body(*block.arguments)
        values = [] if returned is None else values_of(returned)
        ir.Operation.create(f"{op.partition('.')[0]}.return", operands=values)
    made.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, [value.type for value in values]))
    return made


def _size(inputs: Sequence[ir.Value], rank: int, axis: int) -> int | ir.Value:
    """The size of the result along ``axis``: the one size that is not 1.

    Raises:
      PassError: two differ.
    """
    static: int | None = None
    dynamic: tuple[ir.Value, int] | None = None
    for value in inputs:
        type: Any = value.type  # noqa: A001
        own = axis - (rank - type.rank)
        if own < 0 or (not type.is_dynamic_dim(own) and type.shape[own] == 1):
            continue
        if type.is_dynamic_dim(own):
            dynamic = dynamic or (value, own)
        elif static is not None and static != type.shape[own]:
            raise PassError(f"sizes {static} and {type.shape[own]} of dimension {axis} do not fit together")
        else:
            static = type.shape[own]
    if static is not None:
        return static
    return 1 if dynamic is None else dim(*dynamic)


def _broadcast_map(type: Any, rank: int, result: Any) -> ir.AffineMap:  # noqa: A002
    from iree.compiler import ir

    expressions: list[Any] = []
    for own in range(type.rank):
        axis = own + rank - type.rank
        size = None if type.is_dynamic_dim(own) else type.shape[own]
        repeated = size == 1 and (result.is_dynamic_dim(axis) or result.shape[axis] != 1)
        expressions.append(ir.AffineConstantExpr.get(0) if repeated else ir.AffineDimExpr.get(axis))
    return ir.AffineMap.get(rank, 0, expressions)
