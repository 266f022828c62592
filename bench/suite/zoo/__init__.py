"""The models of the bench: by architecture, with random weights, sized for a small machine."""

from __future__ import annotations

from suite.zoo.blocks import BLOCKS
from suite.zoo.decoders import DECODERS
from suite.zoo.definition import ZooModel
from suite.zoo.encoders import ENCODERS
from suite.zoo.images import IMAGE_MODELS
from suite.zoo.mobile_block import MOBILE_BLOCKS
from suite.zoo.pixels import PIXEL_MODELS
from suite.zoo.small import SMALL_MODELS

__all__ = ["EVERY", "MODELS", "ZooModel"]

MODELS: dict[str, ZooModel] = {
    model.name: model for model in (*IMAGE_MODELS, *PIXEL_MODELS, *ENCODERS, *DECODERS, *SMALL_MODELS)
}
"""Name -> model, in the order of the tables."""

EVERY: dict[str, ZooModel] = {**MODELS, **{block.name: block for block in (*BLOCKS, *MOBILE_BLOCKS)}}
"""With the parts of models that the ablation has for passes that no model needs."""
