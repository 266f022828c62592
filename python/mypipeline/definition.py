"""What mypipeline is made of."""

from __future__ import annotations

from ireekit import Pipeline
from mypipeline.passes.assign_layout import AssignLayout
from mypipeline.passes.balance_workgroups import BalanceWorkgroups
from mypipeline.passes.block_weights import BlockWeights
from mypipeline.passes.channels_last import ChannelsLast
from mypipeline.passes.configure_dispatches import ConfigureDispatches
from mypipeline.passes.direct_convolutions import DirectConvolutions
from mypipeline.passes.fold_batch_norm import FoldBatchNorm
from mypipeline.passes.fold_constants import FoldConstants
from mypipeline.passes.fold_selections import FoldSelections
from mypipeline.passes.fused_attention import FusedAttention
from mypipeline.passes.gated_products import GatedProducts
from mypipeline.passes.global_pooling import GlobalPooling
from mypipeline.passes.grouped_convolutions import GroupedConvolutions
from mypipeline.passes.isolate_gates import IsolateGates
from mypipeline.passes.isolate_gathers import IsolateGathers
from mypipeline.passes.joined_images import JoinImages
from mypipeline.passes.move_scales import MoveScales
from mypipeline.passes.one_dimensional import OneDimensional
from mypipeline.passes.patch_convolutions import PatchConvolutions
from mypipeline.passes.pointwise_convolutions import PointwiseConvolutions
from mypipeline.passes.precise_functions import PreciseFunctions
from mypipeline.passes.retile_convolutions import RetileConvolutions
from mypipeline.passes.row_convolutions import RowConvolutions
from mypipeline.passes.softmax_kernels import SoftmaxKernels
from mypipeline.passes.split_concatenations import SplitConcatenations
from mypipeline.passes.strided_pointwise import StridedPointwise
from mypipeline.passes.transposed_convolutions import TransposedConvolutions
from mypipeline.passes.trim_windows import TrimWindows
from mypipeline.passes.winograd_convolutions import WinogradConvolutions

pipeline = (
    Pipeline("mypipeline")
    .at("start", GlobalPooling())
    .at("abi", TrimWindows())
    .at(
        "abi",
        GroupedConvolutions(),
        OneDimensional(),
        FoldConstants(),
        FoldBatchNorm(),
        PatchConvolutions(),
        StridedPointwise(),
        AssignLayout(),
        TransposedConvolutions(),
        JoinImages(),
        RowConvolutions(),
        targets=("cpu",),
    )
    .at("abi", ChannelsLast(), targets=("vulkan",))
    .at("abi", IsolateGathers(), targets=("vulkan", "metal"))
    .at(
        "preprocessing",
        FoldSelections(),
        MoveScales(),
        SplitConcatenations(),
        FusedAttention(),
        IsolateGates(),
        WinogradConvolutions(),
        DirectConvolutions(),
        GatedProducts(),
        PointwiseConvolutions(),
        BlockWeights(),
        targets=("cpu",),
    )
    .at("executable-sources", SoftmaxKernels(), ConfigureDispatches(), PreciseFunctions(), targets=("cpu",))
    .at("executable-configurations", RetileConvolutions(), BalanceWorkgroups(), targets=("cpu",))
)
