"""Constant folding with numpy."""

from ireekit.passes.folding.fold import FOLDABLE_OPS, MAX_BYTES, FoldResult, fold_constants

__all__ = ["FOLDABLE_OPS", "MAX_BYTES", "FoldResult", "fold_constants"]
