"""Reduce exported programs to operators that IREE's torch lowering takes."""

# torch and the wheel's importer are extended through names of theirs that begin with an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from iree.compiler import ir
from torch._decomp import decomposition_table as torch_decompositions
from torch.export import ExportedProgram

from ireekit.frontends.torch.support import is_importable

# Operators that have a counterpart in the torch dialect which IREE's conversion refuses, and that torch can express
# by others. Found by compiling a sample of every operator of torch's own test suite. What has no counterpart at
# all is always decomposed; everything else reaches the compiler whole: attention, convolution, linear, norms.
_REFUSED = """
__and__ __or__ __xor__ _weight_norm_interface
_native_batch_norm_legit _native_batch_norm_legit_functional _native_batch_norm_legit_no_training
_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d
grid_sampler grid_sampler_2d upsample_bilinear2d
alias_copy as_strided_copy as_strided_scatter diagonal_copy diagonal_scatter expand_copy permute_copy
split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy
binary_cross_entropy cosine_embedding_loss cross_entropy_loss nll_loss2d_forward nll_loss_forward nll_loss_nd
nll_loss nll_loss2d poisson_nll_loss
broadcast_tensors clamp_max.Tensor clamp_min.Tensor copysign einsum im2col isfinite log_softmax.int logsumexp
meshgrid new_empty new_empty_strided new_full new_ones new_zeros pad replication_pad1d replication_pad2d
replication_pad3d reflection_pad1d reflection_pad2d reflection_pad3d xlogy
"""

_MAX_WHERE_EXTENT = 1 << 16


def functional_program(program: ExportedProgram, context: ir.Context) -> ExportedProgram:
    """A functional copy of ``program``, free of operators that can be decomposed and must be.

    ``context`` tells which operators the torch dialect has.
    """
    with _views_as_reshapes(program):
        return program.run_decompositions(decomposition_table(context))


def decomposition_table(context: ir.Context) -> dict[Any, Callable[..., Any]]:
    """Decompositions by operator overload."""
    available = {**torch_decompositions, **dict(torch.export.default_decompositions().items())}
    refused = frozenset(_REFUSED.split())
    table = {
        op: decomposition
        for op, decomposition in available.items()
        if isinstance(op, torch._ops.OpOverload) and _must_go(op, refused, context)
    }
    return table | _OURS


def _must_go(op: torch._ops.OpOverload, refused: frozenset[str], context: ir.Context) -> bool:
    names = {op._opname, f"{op._opname}.{op._overloadname}"}
    return not names.isdisjoint(refused) or not is_importable(op, context)


@contextlib.contextmanager
def _views_as_reshapes(program: ExportedProgram) -> Generator[None]:
    """For a while, let every ``view`` of ``program`` be a ``reshape``.

    Operators kept whole may have other strides when traced again than their decompositions had, and a view that
    was possible before is refused then (GPT-2's attention).
    """
    modules = [m for m in program.graph_module.modules() if isinstance(m, torch.fx.GraphModule)]
    views = [n for m in modules for n in m.graph.nodes if n.target is torch.ops.aten.view.default]
    _retarget(views, torch.ops.aten.reshape.default, modules)
    try:
        yield
    finally:
        _retarget(views, torch.ops.aten.view.default, modules)


def _retarget(nodes: Sequence[torch.fx.Node], target: Any, modules: Sequence[torch.fx.GraphModule]) -> None:
    for node in nodes:
        node.target = target
    for module in modules:
        module.recompile()


def _index_copy(base: torch.Tensor, dim: int, index: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Select instead of scatter: scatters into a tensor that is kept across calls are miscompiled."""
    dim = dim % base.dim() if base.dim() else 0
    if base.dim() == 0:
        return source.reshape(())
    extent, count = base.shape[dim], index.shape[0]
    index = torch.where(index < 0, index + extent, index)
    hits = torch.arange(extent, device=base.device).unsqueeze(1) == index.unsqueeze(0)
    along = [1] * base.dim()
    along[dim] = extent
    if type(count) is int and count == 1:
        return torch.where(hits.reshape(along), source, base)
    order = torch.arange(count, device=base.device)
    chosen = torch.where(hits, order, 0).amax(1)
    return torch.where(hits.any(1).reshape(along), torch.index_select(source, dim, chosen), base)


def _index_put(
    base: torch.Tensor, indices: Sequence[torch.Tensor | None], values: torch.Tensor, accumulate: bool = False
) -> torch.Tensor:
    given = [axis for axis, index in enumerate(indices) if index is not None]
    if accumulate or len(given) != 1:
        return NotImplemented
    axis = given[0]
    index = indices[axis]
    assert index is not None
    if index.dtype == torch.bool:
        if values.numel() != 1 or index.dim() == 0:
            return NotImplemented
        shape = [*[1] * axis, *index.shape, *[1] * (base.dim() - axis - index.dim())]
        return torch.where(index.reshape(shape), values.reshape(()).to(base.dtype), base)
    extent = base.shape[axis]
    if index.dim() != 1 or type(extent) is not int or extent > _MAX_WHERE_EXTENT:
        return NotImplemented
    shape = [*base.shape[:axis], index.shape[0], *base.shape[axis + 1 :]]
    return _index_copy(base, axis, index, values.expand(shape))


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    """Two matrix products around a softmax: IREE's attention operation is ten times slower on CPUs, and its
    SPIR-V code generation fails for ordinary masks."""
    if dropout_p != 0.0:
        return NotImplemented
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(groups, -3), value.repeat_interleave(groups, -3)
    # The root on both sides, as torch does it, keeps half precision in range.
    factor = (query.shape[-1] ** -0.5 if scale is None else scale) ** 0.5
    scores = torch.matmul(query * factor, key.transpose(-2, -1) * factor)
    if is_causal:
        rows = torch.arange(scores.shape[-2], device=query.device).unsqueeze(1)
        columns = torch.arange(scores.shape[-1], device=query.device).unsqueeze(0)
        scores = torch.where(columns <= rows, scores, float("-inf"))
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        weights = torch.softmax(torch.where(attn_mask, scores, float("-inf")), -1)
        # A row that is masked throughout attends to nothing: zeros, as in torch, and not NaN.
        return torch.matmul(torch.where(attn_mask, weights, 0.0), value)
    if attn_mask is not None:
        scores = scores + attn_mask
    return torch.matmul(torch.softmax(scores, -1), value)


def _instance_norm(
    value: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> torch.Tensor:
    """Every image and channel for itself; the compiler aborts on the operator, whatever its arguments."""
    wide = value.to(torch.float32) if value.dtype in (torch.float16, torch.bfloat16) else value
    of_channel = [1, -1, *[1] * (value.dim() - 2)]
    if use_input_stats:
        axes = list(range(2, value.dim()))
        centred = wide - wide.mean(axes, keepdim=True)
        variance = (centred * centred).mean(axes, keepdim=True)
    else:
        if running_mean is None or running_var is None:
            return NotImplemented
        centred = wide - running_mean.reshape(of_channel)
        variance = running_var.reshape(of_channel)
    result = centred * torch.rsqrt(variance + eps)
    result = result if weight is None else result * weight.reshape(of_channel)
    return (result if bias is None else result + bias.reshape(of_channel)).to(value.dtype)


def _gelu(value: torch.Tensor, *, approximate: str = "none") -> torch.Tensor:
    """The form with tanh; the compiler takes 22/7 for pi in it, an error of 5e-5."""
    if approximate != "tanh":
        return NotImplemented
    wide = value.to(torch.float32) if value.dtype in (torch.float16, torch.bfloat16) else value
    inner = (wide + 0.044715 * (wide * wide * wide)) * math.sqrt(2 / math.pi)
    return (0.5 * wide * (torch.tanh(inner) + 1.0)).to(value.dtype)


def _view(value: torch.Tensor, size: Sequence[int | torch.SymInt]) -> torch.Tensor:
    """Without dimensions of 1 where several dynamic ones become fewer: the compiler takes a dynamic one for the 1."""

    def dynamic(extents: Sequence[int | torch.SymInt]) -> int:
        return sum(type(extent) is not int or extent == -1 for extent in extents)

    def is_one(extent: int | torch.SymInt) -> bool:
        return type(extent) is int and extent == 1

    if not any(map(is_one, size)) or not 2 <= dynamic(value.shape) > dynamic(size):
        return NotImplemented
    for axis in reversed(range(value.dim())):
        if is_one(value.shape[axis]):
            value = value.squeeze(axis)
    result = torch.ops.aten.view.default(value, [extent for extent in size if not is_one(extent)])
    for axis, extent in enumerate(size):
        if is_one(extent):
            result = result.unsqueeze(axis)
    return result


def _transposed_depthwise(
    value: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    output_padding: Sequence[int] = (0,),
    groups: int = 1,
    dilation: Sequence[int] = (1,),
) -> torch.Tensor:
    """Transposed convolutions with one channel in each group, as convolutions of the image with zeros in between.

    The compiler gives wrong results for them, or invalid IR.
    """
    rank = value.dim() - 2
    if groups == 1 or groups != value.shape[1] or rank > 2:
        return NotImplemented

    def along(numbers: Sequence[int]) -> list[int]:
        return [*numbers] * (rank if len(numbers) == 1 else 1)

    strides, paddings, more, dilations = map(along, (stride, padding, output_padding, dilation))
    for axis in range(2, 2 + rank):
        step = strides[axis - 2]
        reach = dilations[axis - 2] * (int(weight.shape[axis]) - 1)
        low, high = reach - paddings[axis - 2], reach - paddings[axis - 2] + more[axis - 2]
        size = value.shape[axis]
        spread = torch.nn.functional.pad(value.unsqueeze(axis + 1), [*[0, 0] * (rank + 1 - axis), 0, step - 1])
        value = spread.flatten(axis, axis + 1).narrow(axis, 0, (size - 1) * step + 1)
        value = torch.nn.functional.pad(value, [*[0, 0] * (rank + 1 - axis), max(low, 0), max(high, 0)])
        if min(low, high) < 0:
            first = max(-low, 0)
            value = value.narrow(axis, first, value.shape[axis] - first - max(-high, 0))
    filters = weight.flip([*range(2, 2 + rank)]).flatten(0, 1).unsqueeze(1)
    conv = torch.nn.functional.conv1d if rank == 1 else torch.nn.functional.conv2d
    return conv(value, filters, bias, 1, 0, dilations, groups)


def _conv3d_padding(
    value: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = (1, 1, 1),
    padding: str = "valid",
    dilation: Sequence[int] = (1, 1, 1),
    groups: int = 1,
) -> torch.Tensor:
    """``padding="same"`` written out: the compiler drops the odd element of it for even kernels."""
    margins: list[int] = []
    for axis, factor in zip((4, 3, 2), reversed(tuple(dilation)), strict=True):
        total = factor * (int(weight.shape[axis]) - 1) if padding == "same" else 0
        margins += [total // 2, total - total // 2]
    image = torch.nn.functional.pad(value, margins) if any(margins) else value
    return torch.nn.functional.conv3d(image, weight, bias, tuple(stride), 0, tuple(dilation), groups)


def _log10(value: torch.Tensor) -> torch.Tensor:
    """By the natural logarithm: kernels for CPUs have no ``log10``."""
    return torch.log(value) * (1 / math.log(10))


def _fmod(value: torch.Tensor, divisor: float) -> torch.Tensor:
    return torch.fmod(value, torch.full((), divisor, dtype=value.dtype, device=value.device))


def _widened(op: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Unsigned arithmetic in signed numbers: the compiler aborts on the unsigned constants it makes for it."""

    def decomposition(one: Any, other: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        if torch.result_type(one, other) != torch.uint8:
            return NotImplemented
        wide = [item.to(torch.int32) if isinstance(item, torch.Tensor) else item for item in (one, other)]
        return op(*wide, *args, **kwargs).to(torch.uint8)

    return decomposition


_UNSIGNED = (
    torch.ops.aten.sub.Tensor,
    torch.ops.aten.sub.Scalar,
    torch.ops.aten.rsub.Tensor,
    torch.ops.aten.rsub.Scalar,
    torch.ops.aten.floor_divide.default,
    torch.ops.aten.div.Tensor_mode,
    torch.ops.aten.div.Scalar_mode,
    torch.ops.aten.remainder.Tensor,
    torch.ops.aten.remainder.Scalar,
)

# Written here: torch's own decomposition is refused as well, or gives wrong results.
_OURS: dict[Any, Callable[..., Any]] = {
    torch.ops.aten.index_copy.default: _index_copy,
    torch.ops.aten.index_put.default: _index_put,
    torch.ops.aten.fmod.Scalar: _fmod,
    torch.ops.aten.gelu.default: _gelu,
    torch.ops.aten.instance_norm.default: _instance_norm,
    torch.ops.aten.view.default: _view,
    torch.ops.aten.log10.default: _log10,
    torch.ops.aten.conv_transpose1d.default: _transposed_depthwise,
    torch.ops.aten.conv_transpose2d.input: _transposed_depthwise,
    torch.ops.aten.conv3d.padding: _conv3d_padding,
    **{op: _widened(op) for op in _UNSIGNED},
    torch.ops.aten.scaled_dot_product_attention.default: _attention,
}
