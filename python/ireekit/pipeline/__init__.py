"""Pipelines: named sets of passes at hook points of the compiler."""

from ireekit.pipeline.definition import PipelineDefinition, Step
from ireekit.pipeline.discovery import InstalledPipeline, find_pipeline, installed_pipelines, load_pipeline

__all__ = [
    "InstalledPipeline",
    "PipelineDefinition",
    "Step",
    "find_pipeline",
    "installed_pipelines",
    "load_pipeline",
]
