"""Pipelines: named sets of dialects and of passes at hook points of the compiler."""

from ireekit.pipeline.definition import Action, PipelineDefinition, Step
from ireekit.pipeline.discovery import InstalledPipeline, find_pipeline, installed_pipelines, load_pipeline
from ireekit.pipeline.hooks import HookPoint

__all__ = [
    "Action",
    "HookPoint",
    "InstalledPipeline",
    "PipelineDefinition",
    "Step",
    "find_pipeline",
    "installed_pipelines",
    "load_pipeline",
]
