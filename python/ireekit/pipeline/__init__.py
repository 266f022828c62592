"""Pipelines: named sets of passes at hook points of the compiler."""

from ireekit.pipeline.definition import PipelineDefinition, Step

__all__ = ["PipelineDefinition", "Step"]
