"""What mypipeline is made of."""

from __future__ import annotations

from ireekit import Pipeline
from mypipeline.passes.assign_layout import AssignLayout
from mypipeline.passes.block_weights import BlockWeights
from mypipeline.passes.channels_last import ChannelsLast
from mypipeline.passes.configure_dispatches import ConfigureDispatches
from mypipeline.passes.fold_batch_norm import FoldBatchNorm
from mypipeline.passes.fold_constants import FoldConstants
from mypipeline.passes.global_pooling import GlobalPooling
from mypipeline.passes.isolate_gathers import IsolateGathers
from mypipeline.passes.patch_convolutions import PatchConvolutions
from mypipeline.passes.retile_convolutions import RetileConvolutions
from mypipeline.passes.softmax_kernels import SoftmaxKernels

pipeline = (
    Pipeline("mypipeline")
    .at("start", GlobalPooling())
    .at("abi", FoldConstants(), FoldBatchNorm(), PatchConvolutions(), AssignLayout(), targets=("cpu",))
    .at("abi", ChannelsLast(), targets=("vulkan",))
    .at("abi", IsolateGathers(), targets=("vulkan", "metal"))
    .at("preprocessing", BlockWeights(), targets=("cpu",))
    .at("executable-sources", SoftmaxKernels(), ConfigureDispatches(), targets=("cpu",))
    .at("executable-configurations", RetileConvolutions(), targets=("cpu",))
)
