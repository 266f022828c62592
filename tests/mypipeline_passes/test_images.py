"""Convolutional networks compute what torch computes, in channels-last form, for static and dynamic batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import ireekit
import mypipeline

from .networks import NETWORKS, network

TOLERANCE = 1e-5
"""Of the largest absolute difference, relative to the largest absolute value."""


def without(name: str) -> ireekit.Pipeline:
    """mypipeline without one of its passes."""
    made = ireekit.Pipeline("mypipeline")
    for step in mypipeline.pipeline.steps:
        if step.action.name != name and step.phase is not None:
            made.at(step.phase, step.action, targets=step.targets)
    return made


def check(artifact: ireekit.Artifact, model: torch.nn.Module, x: torch.Tensor) -> None:
    with torch.no_grad():
        expected = model(x)
    expected = expected if isinstance(expected, tuple) else (expected,)
    got = artifact(x.numpy())
    got = got if isinstance(got, tuple) else (got,)
    for ours, torchs in zip(got, expected, strict=True):
        wanted = torchs.numpy()
        assert np.abs(np.asarray(ours) - wanted).max() <= TOLERANCE * np.abs(wanted).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name):
    model, x = network(name)
    check(mypipeline.compile(model, x, target="cpu", cache=False), model, x)


@pytest.mark.parametrize("name", ["residual", "inverted", "patches"])
def test_dynamic_batch(name):
    model, x = network(name)
    batch = torch.export.Dim("batch", min=2, max=8)
    artifact = mypipeline.compile(model, x, target="cpu", cache=False, dynamic_shapes=({0: batch},))
    check(artifact, model, x)
    check(artifact, model, torch.cat([x, x + 1.0, x - 0.5])[:5])


@pytest.mark.parametrize(
    "name",
    [
        "mypipeline-global-pooling",
        "mypipeline-fold-constants",
        "mypipeline-fold-batch-norm",
        "mypipeline-assign-layout",
    ],
)
def test_any_pass_may_be_left_out(name):
    model, x = network("residual")
    check(without(name).compile(model, x, target="cpu", cache=False), model, x)
