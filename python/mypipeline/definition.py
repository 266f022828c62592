"""What mypipeline is made of."""

from __future__ import annotations

from ireekit import NativePasses, Pipeline

pipeline = Pipeline("mypipeline").at(
    "preprocessing",
    # Convolutions vectorise over channels: channels-last is three times faster on a CPU.
    NativePasses("builtin.module(util.func(iree-preprocessing-convert-conv-to-channels-last))"),
    targets=("cpu",),
)
