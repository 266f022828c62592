"""What mypipeline is made of."""

from __future__ import annotations

from ireekit import Pipeline
from mypipeline.passes.channels_last import ChannelsLast
from mypipeline.passes.isolate_gathers import IsolateGathers

pipeline = (
    Pipeline("mypipeline")
    .at("abi", ChannelsLast(), targets=("cpu", "vulkan"))
    .at("abi", IsolateGathers(), targets=("vulkan", "metal"))
)
