"""Language models: reading a prompt, and the next token with a cache of keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    from suite.zoo.definition import Built

_LAYERS, _VOCABULARY, _PROMPT, _PAST = 4, 8192, 128, 255


def gpt2_prefill() -> Built:
    import torch

    from suite.zoo.language import Gpt2Prefill

    return Gpt2Prefill(_LAYERS, 768, 12, _VOCABULARY).eval(), (torch.randint(0, _VOCABULARY, (1, _PROMPT)),)


def gpt2_decode() -> Built:
    import torch

    from suite.zoo.language import Gpt2Decode

    cache = torch.randn(_LAYERS, 2, 1, 12, _PAST, 64)
    return Gpt2Decode(_LAYERS, 768, 12, _VOCABULARY).eval(), (torch.randint(0, _VOCABULARY, (1, 1)), cache)


def llama_decode() -> Built:
    import torch

    from suite.zoo.language import LlamaDecode

    cache = torch.randn(_LAYERS, 2, 1, 4, _PAST, 64)
    model = LlamaDecode(_LAYERS, 512, 8, 4, 1536, _VOCABULARY, _PAST + 1).eval()
    return model, (torch.randint(0, _VOCABULARY, (1, 1)), cache)


DECODERS = (
    ZooModel("gpt2-prefill", "GPT-2, 4 layers, hidden 768, prompt of 128 tokens; last logits and cache", gpt2_prefill),
    ZooModel(
        "gpt2-decode", "GPT-2, 4 layers, hidden 768, 1 token after 255; logits and its keys and values", gpt2_decode
    ),
    ZooModel(
        "llama-decode", "Llama-like, 4 layers, hidden 512, 8 heads on 4, SwiGLU 1536, 1 token after 255", llama_decode
    ),
)
