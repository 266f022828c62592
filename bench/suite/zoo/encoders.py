"""Transformers that see their whole input at once, batch 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    from suite.zoo.definition import Built

_LAYERS = 4


def vit() -> Built:
    import torch
    from transformers import ViTConfig, ViTForImageClassification

    from suite.zoo.outputs import Field

    config = ViTConfig(hidden_size=384, num_attention_heads=6, intermediate_size=1536)
    config.num_labels = 1000
    return Field(ViTForImageClassification(config), "logits").eval(), (torch.randn(1, 3, 224, 224),)


def bert() -> Built:
    import torch
    from transformers import BertConfig, BertModel

    from suite.zoo.outputs import Field

    config = BertConfig(num_hidden_layers=_LAYERS, vocab_size=8192)
    model = Field(BertModel(config, add_pooling_layer=False), "last_hidden_state").eval()
    return model, (torch.randint(0, config.vocab_size, (1, 128)),)


def whisper() -> Built:
    import torch
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    from suite.zoo.outputs import Field

    config = WhisperConfig(
        d_model=384,
        encoder_layers=_LAYERS,
        encoder_attention_heads=6,
        encoder_ffn_dim=1536,
        max_source_positions=500,
    )
    return Field(WhisperEncoder(config), "last_hidden_state").eval(), (torch.randn(1, 80, 1000),)


ENCODERS = (
    ZooModel("vit", "ViT-S/16, 12 layers, hidden 384, 1x3x224x224", vit),
    ZooModel("bert", "BERT, 4 layers, hidden 768, 128 tokens", bert),
    ZooModel("whisper", "Whisper tiny's encoder, 4 layers, hidden 384, 10 s of audio (1x80x1000)", whisper),
)
