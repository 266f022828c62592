"""Small models with random weights: shapes and operators of the real ones, nothing downloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import transformers
from torch import nn
from torch.export import Dim


@dataclass(frozen=True)
class Case:
    """A model, its example inputs, and other inputs it must work on."""

    model: nn.Module
    inputs: tuple[Any, ...] = ()
    keyword_inputs: dict[str, Any] = field(default_factory=dict)
    dynamic_shapes: Any = None
    others: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = ()


def _ids(batch: int, length: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(0, 99, (batch, length), generator=torch.Generator().manual_seed(seed))


def _image(size: int) -> torch.Tensor:
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(2))


def randomize(model: nn.Module) -> nn.Module:
    """Weights and statistics of a size at which every layer matters to the result."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if not tensor.is_floating_point():
            continue
        with torch.no_grad():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5, generator=generator)
            elif name.endswith("running_mean") or (tensor.dim() == 1 and name.endswith("bias")):
                tensor.normal_(0, 0.1, generator=generator)
            elif tensor.dim() > 1 and isinstance(tensor, nn.Parameter):
                tensor.normal_(0, tensor[0].numel() ** -0.5, generator=generator)
    return model.eval()


def bert() -> Case:
    config = transformers.BertConfig(
        vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    sequence = Dim("sequence", min=2, max=64)
    mask = torch.ones(2, 12, dtype=torch.int64)
    mask[1, 7:] = 0
    return Case(
        randomize(transformers.BertModel(config)),
        (_ids(2, 9), torch.ones(2, 9, dtype=torch.int64)),
        dynamic_shapes={"input_ids": {1: sequence}, "attention_mask": {1: sequence}},
        others=(((_ids(2, 12), mask), {}),),
    )


def vit() -> Case:
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=32, patch_size=8
    )
    return Case(randomize(transformers.ViTForImageClassification(config)), (_image(32),))


def mobilenet() -> Case:
    config = transformers.MobileNetV2Config(image_size=32, depth_multiplier=0.35)
    return Case(randomize(transformers.MobileNetV2ForImageClassification(config)), (_image(32),))


def resnet() -> Case:
    config = transformers.ResNetConfig(embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1])
    return Case(randomize(transformers.ResNetForImageClassification(config)), (_image(64),))


def gpt2() -> Case:
    config = transformers.GPT2Config(
        vocab_size=99, n_embd=32, n_layer=2, n_head=4, n_positions=64, use_cache=False, bos_token_id=0, eos_token_id=0
    )
    return Case(
        randomize(transformers.GPT2LMHeadModel(config)),
        keyword_inputs={"input_ids": _ids(2, 9)},
        dynamic_shapes={"input_ids": {1: Dim("sequence", min=2, max=64)}},
        others=(((), {"input_ids": _ids(2, 21)}),),
    )


def llama_model(**settings: Any) -> Any:
    config = transformers.LlamaConfig(
        vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=64, **settings,
    )  # fmt: skip
    return randomize(transformers.LlamaForCausalLM(config))


def llama() -> Case:
    return Case(
        llama_model(use_cache=False),
        keyword_inputs={"input_ids": _ids(2, 9)},
        dynamic_shapes={"input_ids": {1: Dim("sequence", min=2, max=64)}},
        others=(((), {"input_ids": _ids(2, 17)}),),
    )


def lstm() -> Case:
    return Case(randomize(nn.LSTM(8, 16, num_layers=2, batch_first=True, bidirectional=True)), (torch.randn(2, 5, 8),))


class UNet(nn.Module):
    """Down, up, skip connections; in-place activations, dropout, two kinds of norm and of upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.down = self._block(3, 8)
        self.middle = self._block(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.merge = self._block(16, 8)
        self.head = nn.Conv2d(8, 2, 1)
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout2d(0.2)

    @staticmethod
    def _block(given: int, wanted: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(given, wanted, 3, padding=1),
            nn.GroupNorm(4, wanted),
            nn.SiLU(inplace=True),
            nn.Conv2d(wanted, wanted, 3, padding=1, padding_mode="reflect"),
            nn.BatchNorm2d(wanted),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        skip = self.down(x)
        deep = self.dropout(self.middle(self.pool(skip)))
        merged = self.merge(torch.cat([self.up(deep), skip], dim=1))
        merged += nn.functional.interpolate(deep[:, :8], scale_factor=2, mode="bilinear", align_corners=False)
        return {"mask": self.head(merged), "deep": nn.functional.interpolate(deep, scale_factor=2, mode="nearest")}


def unet() -> Case:
    return Case(randomize(UNet()), (_image(32),))


def whisper() -> Case:
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    config = transformers.WhisperConfig(
        d_model=32, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=64, num_mel_bins=16,
        max_source_positions=20, decoder_layers=1,
    )  # fmt: skip
    return Case(randomize(WhisperEncoder(config)), (torch.randn(1, 16, 40),))


CASES: dict[str, Callable[[], Case]] = {
    "bert": bert,
    "gpt2": gpt2,
    "llama": llama,
    "lstm": lstm,
    "mobilenet": mobilenet,
    "resnet": resnet,
    "unet": unet,
    "vit": vit,
    "whisper": whisper,
}


class CachedLlama(nn.Module):
    """Llama that keeps its KV cache; the cache is not registered as buffers, as people leave it."""

    def __init__(self, capacity: int = 16) -> None:
        super().__init__()
        self.model = llama_model()
        config = self.model.config
        self.cache = transformers.StaticCache(config=config, max_cache_len=capacity)
        self.cache.early_initialization(1, 2, 8, torch.float32, torch.device("cpu"))

    def prefill(self, ids: torch.Tensor) -> torch.Tensor:
        return self.model(ids, past_key_values=self.cache).logits

    def decode(self, token: torch.Tensor) -> torch.Tensor:
        return self.model(token, past_key_values=self.cache).logits
