"""Attention as one operation: raised from torch IR, lowered to IREE's own; see docs/examples/attention.md."""

from __future__ import annotations

import ireekit

from .dialect import Fused, attention
from .fuse import Fuse
from .lower import Lower

# IREE generates no code for its attention on SPIR-V devices: there the model stays as torch wrote it.
pipeline = ireekit.Pipeline("attention", dialects=(attention,)).at("start", Fuse(), Lower(), targets=("cpu",))

__all__ = ["Fuse", "Fused", "Lower", "attention", "pipeline"]
