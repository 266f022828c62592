"""Trace a JAX function, lower it to StableHLO and bring it into an IREE context."""

from __future__ import annotations

import functools
import inspect
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.errors import IreekitError, ModelImportError
from ireekit.frontends.imported import EntryPointRequest
from ireekit.frontends.ir_types import leaf_of_type, unique_names
from ireekit.frontends.jax.calls import check_calls, drop_partitioning, uses_random_bits
from ireekit.frontends.jax.dimensions import bind_dimensions
from ireekit.frontends.jax.dynamic import legalize_dynamic_shapes
from ireekit.frontends.jax.shapes import symbolic_inputs
from ireekit.frontends.jax.trees import leaf_names, tree_of
from ireekit.frontends.mlir.signatures import function_types, public_functions
from ireekit.frontends.mlir.source import read_module
from ireekit.signature import EntryPoint, Leaf, Parameter

if TYPE_CHECKING:
    from iree.compiler import ir

PLATFORM = "cpu"
"""JAX lowers for this platform whatever devices it sees: without its custom kernels for accelerators."""


@dataclass(frozen=True)
class Lowered:
    """One function as a module with one public function."""

    module: ir.Module
    entry_point: EntryPoint
    uses_random: bool


def lower_function(
    name: str, request: EntryPointRequest, context: ir.Context, constraints: Sequence[str] = ()
) -> Lowered:
    """Trace ``request.function`` with its example inputs and lower it.

    Raises:
      ModelImportError: tracing failed; the location is the innermost line of the user's code.
      UnsupportedOpsError: it needs calls IREE has not.
    """
    import jax
    from jax.extend.core import jaxpr_as_fun

    function = request.function
    if not callable(function):
        raise ModelImportError(f"{type(function).__qualname__} is no JAX function")
    args, kwargs = symbolic_inputs(
        function, request.inputs, request.keyword_inputs, request.dynamic_shapes, constraints
    )
    with _jax_errors(name):
        traced = _jitted(function).trace(*args, **kwargs)
        closed = traced.jaxpr
        # As a function of its flat inputs: none is dropped, none is donated, static ones are bound.
        flat_function: Any = jaxpr_as_fun(closed)
        flat_function.__name__ = _name_of(function)
        flat = jax.jit(flat_function, keep_unused=True)
        avals = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in closed.in_avals]
        lowered = flat.trace(*avals).lower(lowering_platforms=(PLATFORM,))
        stablehlo: Any = lowered.compiler_ir("stablehlo")
    check_calls(stablehlo.operation)
    drop_partitioning(stablehlo.operation)
    module = read_module(stablehlo, context)
    bind_dimensions(module, [aval.shape for aval in closed.in_avals])
    legalize_dynamic_shapes(module)
    parameters, names = _parameters(function, traced.in_tree, len(args))
    entry_point = entry_point_of(name, module, parameters, names, traced.out_tree, closed.in_avals, closed.out_avals)
    return Lowered(module, entry_point, uses_random_bits(module))


def entry_point_of(
    name: str,
    module: ir.Module,
    parameters: tuple[Parameter, ...],
    input_names: Sequence[str],
    out_tree: Any,
    in_avals: Sequence[Any],
    out_avals: Sequence[Any],
) -> EntryPoint:
    """Dtypes from the IR (keys of random streams are ``uint32`` there), names of dimensions from JAX."""
    arguments, results = function_types(public_functions(module)[0])
    result_names = leaf_names(out_tree, "")
    if any(not part or part[0].isdigit() for part in result_names):
        result_names = leaf_names(out_tree, "output")
    if out_tree.num_leaves == 1 and result_names == ["output"]:
        result_names = ["output0"]
    return EntryPoint(
        name,
        _leaves(input_names, arguments, in_avals),
        _leaves(result_names, results, out_avals),
        parameters,
        tree_of(out_tree),
    )


def _leaves(names: Sequence[str], types: Sequence[str], avals: Sequence[Any]) -> tuple[Leaf, ...]:
    leaves: list[Leaf] = []
    for name, text, aval in zip(unique_names(names), types, avals, strict=True):
        leaf = leaf_of_type(name, text)
        if leaf is None or leaf.shape is None:
            raise ModelImportError(f"{name!r} has the type {text}, which no program can take or return")
        shape = tuple(
            (str(given) if not isinstance(given, int) else dim) if dim == "?" else dim
            for dim, given in zip(leaf.shape, (*aval.shape, *["?"] * len(leaf.shape)), strict=False)
        )
        leaves.append(Leaf(name, leaf.dtype, shape))
    return tuple(leaves)


def _jitted(function: Callable[..., Any]) -> Any:
    import jax

    return function if isinstance(function, jax.stages.Wrapped) else jax.jit(function)


def _parameters(function: Callable[..., Any], in_tree: Any, positional: int) -> tuple[tuple[Parameter, ...], list[str]]:
    """Parameters of the call, and names of the flat inputs."""
    args_tree, kwargs_tree = in_tree.children()
    if args_tree.num_nodes and len(args_tree.children()) != positional:
        raise ModelImportError(
            f"{_name_of(function)} has static positional arguments",
            remedy="bind them: functools.partial(function, name=value), with the others as example inputs",
        )
    kinds = _signature(function)
    names = _positional_names(kinds, positional)
    parameters: list[Parameter] = []
    flat_names: list[str] = []
    for name, tree in zip(names, args_tree.children(), strict=True):
        parameters.append(Parameter(name, tree_of(tree, len(flat_names))))
        flat_names += leaf_names(tree, name)
    keywords = kwargs_tree.node_data()[1] if kwargs_tree.num_leaves else []
    for name, tree in zip(keywords, kwargs_tree.children(), strict=True):
        # By position only where the signature has it right after those given by position.
        by_position = len(parameters) < len(kinds) and kinds[len(parameters)] == (name, True)
        parameters.append(Parameter(name, tree_of(tree, len(flat_names)), keyword_only=not by_position))
        flat_names += leaf_names(tree, name)
    return tuple(parameters), flat_names


def _signature(function: Callable[..., Any]) -> list[tuple[str, bool]]:
    """``(name, may be given by position)`` of the parameters; empty where Python does not know."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    bound: Mapping[str, Any] = function.keywords if isinstance(function, functools.partial) else {}
    return [(p.name, p.kind in kinds and p.name not in bound) for p in parameters if p.kind is not p.VAR_KEYWORD]


def _positional_names(kinds: Sequence[tuple[str, bool]], count: int) -> list[str]:
    names = [name for name, by_position in kinds if by_position][:count]
    rest = next((name for name, by_position in kinds if not by_position), "arg") if kinds else "arg"
    return [*names, *(f"{rest}_{i}" if kinds else f"arg{i}" for i in range(count - len(names)))]


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", None) or type(function).__name__


class _jax_errors:  # noqa: N801 - reads as a statement
    """Turns what JAX raises while tracing into :class:`ModelImportError` at the user's line."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, IreekitError) or not isinstance(error, Exception):
            return
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = lines[0] if lines else ""
        raise ModelImportError(
            f"JAX cannot trace the function of {self._name!r}: {type(error).__name__}: {cause}",
            location=_user_line(error),
            notes=tuple(lines[1:4]),
            remedy="run the function once with jax.jit(function)(*inputs) to see JAX's whole report",
        ) from None


def _user_line(error: BaseException) -> str | None:
    """The innermost frame that belongs neither to JAX nor to this package."""
    import jax

    inside = tuple(
        os.path.dirname(os.path.abspath(path)) + os.sep  # noqa: PTH100, PTH120 - compared with frames as text
        for path in (jax.__file__, os.path.dirname(__file__))  # noqa: PTH120
    )
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith((*inside, "<")) and f"{os.sep}jaxlib{os.sep}" not in frame.filename:
            return f"{frame.filename}:{frame.lineno}"
    return None
