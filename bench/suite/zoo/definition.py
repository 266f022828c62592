"""What a model of the zoo is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import torch

    Built: TypeAlias = tuple[torch.nn.Module, tuple[torch.Tensor, ...]]


@dataclass(frozen=True)
class ZooModel:
    """A model by architecture.

    Attributes:
      name: on the command line and in tables.
      about: architecture, input and output sizes, in one line.
      make: the module in evaluation mode, returning a tensor or a flat tuple of tensors, and its inputs. Called
        after the random generator was seeded, so that every process makes the same.
      tolerance: the largest error that is accepted, relative to the largest magnitude of the expected result.
      cnn: whether convolutions dominate.
    """

    name: str
    about: str
    make: Callable[[], Built]
    tolerance: float = 1e-4
    cnn: bool = False
