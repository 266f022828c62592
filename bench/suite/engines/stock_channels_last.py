"""The stock ``iree-compile`` with its own channels-last preprocessing."""

from __future__ import annotations

from pathlib import Path

from suite.engines import Built
from suite.engines.stock import arrays, build_fastest, load
from suite.folders import ModelFolder

__all__ = ["arrays", "build", "load"]

_PREPROCESSING = (
    "--iree-preprocessing-pass-pipeline=builtin.module(util.func(iree-preprocessing-convert-conv-to-channels-last))"
)
_VARIANTS = {
    "O3, channels last": (_PREPROCESSING,),
    "O3, channels last, data tiling": (_PREPROCESSING, "--iree-opt-data-tiling"),
}


def build(model: ModelFolder, out: Path) -> Built:
    return build_fastest(model, out, _VARIANTS)
