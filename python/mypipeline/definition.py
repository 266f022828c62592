"""What mypipeline is made of."""

from __future__ import annotations

from ireekit import Pipeline
from mypipeline.passes.channels_last import CHANNELS_LAST

pipeline = Pipeline("mypipeline").at("abi", CHANNELS_LAST, targets=("cpu", "vulkan"))
