"""An accelerator's dialect, passes, command stream and simulator; see docs/examples/npu.md."""

from __future__ import annotations

import ireekit

from .allocate import Allocate
from .dialect import npu
from .from_linalg import FromLinalg
from .launch import Launch
from .runtime import Program
from .simulator import SimulationError, Simulator

pipeline = ireekit.Pipeline("npu", dialects=(npu,)).at("input", FromLinalg(), Allocate(), Launch())

__all__ = ["Allocate", "FromLinalg", "Launch", "Program", "SimulationError", "Simulator", "npu", "pipeline"]
