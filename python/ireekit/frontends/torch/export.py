"""From whatever people hand in to a functional ``ExportedProgram`` and the signature of its entry point."""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import functools
import inspect
import types
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from iree.compiler import ir
from torch.export import ExportedProgram

from ireekit.errors import ModelImportError
from ireekit.frontends.imported import EntryPointRequest
from ireekit.frontends.torch.adopt import adopt_tensors, standing_in
from ireekit.frontends.torch.decompose import functional_program
from ireekit.frontends.torch.failures import export_error
from ireekit.frontends.torch.guards import asserted_conditions_hold
from ireekit.frontends.torch.quiet import quiet
from ireekit.frontends.torch.signatures import entry_point
from ireekit.frontends.torch.structure import flatten_result, register_inputs
from ireekit.signature import EntryPoint, Tree


@dataclass(frozen=True)
class Exported:
    """One entry point, traced.

    Attributes:
      program: functional, decomposed to what the importer takes.
      entry: its signature.
    """

    program: ExportedProgram
    entry: EntryPoint


def export_request(name: str, request: EntryPointRequest, context: ir.Context) -> Exported:
    """Trace one entry point.

    Raises:
      ModelImportError: the model cannot be traced, or mutates its inputs.
    """
    source = request.function
    try:
        if isinstance(source, (str, Path)):
            return _from_program(name, _load(Path(source)), request, context)
        if isinstance(source, ExportedProgram):
            return _from_program(name, source, request, context)
        return _from_callable(name, *_module_and_function(source), request, context)
    except ModelImportError:
        raise
    except Exception as error:
        raise export_error(error, name) from error


def _load(path: Path) -> ExportedProgram:
    try:
        with quiet():
            return torch.export.load(path)
    except Exception as error:
        raise ModelImportError(
            f"{path} cannot be read as an exported torch program: {str(error).strip().splitlines()[0]}"
            if str(error).strip()
            else f"{path} cannot be read as an exported torch program",
            remedy="write it with torch.export.save, and import the packages that define its classes first",
        ) from error


def _from_program(name: str, program: ExportedProgram, request: EntryPointRequest, context: ir.Context) -> Exported:
    if request.dynamic_shapes is not None:
        raise ModelImportError(
            "dynamic_shapes was given together with an already exported program",
            remedy="give dynamic_shapes to torch.export.export, or hand in the nn.Module",
        )
    with quiet():
        functional = functional_program(program, context)
    return Exported(functional, entry_point(name, functional, program.call_spec, None, None, None))


def _from_callable(
    name: str,
    module: torch.nn.Module,
    function: Callable[..., Any] | None,
    request: EntryPointRequest,
    context: ir.Context,
) -> Exported:
    arguments, keywords = request.inputs, dict(request.keyword_inputs)
    register_inputs((arguments, keywords))
    with _evaluating(module), torch.no_grad(), quiet():
        # A clone copies the mode of the module itself.
        traced, result_tree = _tracing_clone(module, function)
        program = _export(traced, arguments, keywords, request.dynamic_shapes)
        functional = functional_program(program, context)
    shapes = request.dynamic_shapes
    if hasattr(shapes, "dynamic_shapes"):
        shapes = shapes.dynamic_shapes(traced, arguments, keywords)
    return Exported(
        functional,
        entry_point(name, functional, program.call_spec, inspect.signature(traced.forward), shapes, result_tree()),
    )


def _export(module: torch.nn.Module, arguments: Any, keywords: Any, dynamic_shapes: Any) -> ExportedProgram:
    """Trace; where torch cannot prove a condition on dynamic sizes, check it on many sizes instead."""
    try:
        return torch.export.export(module, arguments, keywords, dynamic_shapes=dynamic_shapes, strict=False)
    except Exception as error:
        if dynamic_shapes is None or "Constraints violated" not in str(error):
            raise
        program = torch.export.export(
            module,
            arguments,
            keywords,
            dynamic_shapes=dynamic_shapes,
            strict=False,
            prefer_deferred_runtime_asserts_over_guards=True,
        )
        if not asserted_conditions_hold(program):
            raise
        return program


def _module_and_function(source: Any) -> tuple[torch.nn.Module, Callable[..., Any] | None]:
    """The module to trace, and the function to trace instead of its ``forward``."""
    if isinstance(source, torch.jit.ScriptModule):
        raise ModelImportError(
            "TorchScript modules cannot be imported", remedy="hand in the nn.Module they were made from"
        )
    if isinstance(source, torch.nn.Module):
        return cast("torch.nn.Module", getattr(source, "_orig_mod", source)), None
    owner = getattr(source, "__self__", None)
    if isinstance(owner, torch.nn.Module):
        return owner, source.__func__
    raise ModelImportError(
        f"cannot import a {type(source).__module__}.{type(source).__qualname__} as a torch model",
        remedy="give an nn.Module, a method of one, an ExportedProgram, or a .pt2 file",
    )


def _tracing_clone(
    module: torch.nn.Module, function: Callable[..., Any] | None
) -> tuple[torch.nn.Module, Callable[[], Tree]]:
    """A shallow copy of ``module`` whose ``forward`` returns a flat tuple, and a getter of the results' tree.

    The copy shares parameters, buffers and submodules. Flat results spare torch.export every container class it
    has no pytree registration for.
    """
    clone = object.__new__(type(module))
    clone.__dict__.update(module.__dict__)
    call = (
        types.MethodType(function, clone)
        if function is not None
        else module.__dict__.get("forward") or types.MethodType(type(module).forward, clone)
    )
    slots = adopt_tensors(clone)
    trees: list[Tree] = []

    @functools.wraps(call)
    def forward(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
        with standing_in(clone, slots):
            tree, leaves = flatten_result(call(*args, **kwargs))
        trees.append(tree)
        return tuple(leaves)

    clone.__dict__["forward"] = forward
    return clone, lambda: trees[-1]


@contextlib.contextmanager
def _evaluating(module: torch.nn.Module) -> Generator[None]:
    """Put every submodule in evaluation mode, and back afterwards."""
    training = [child for child in module.modules() if child.training]
    if training:
        warnings.warn(
            f"{type(module).__name__} is in training mode: it is compiled in evaluation mode "
            "(no dropout, BatchNorm with running statistics)",
            stacklevel=1,
        )
    for child in training:
        child.training = False
    try:
        yield
    finally:
        for child in training:
            child.training = True


__all__ = ["Exported", "export_request"]
