"""Artifacts: compiled programs in one ``.vmfb`` file that says what it is and how it was made."""

from ireekit.artifact.artifact import Artifact
from ireekit.artifact.metadata import Metadata, ParameterReference
from ireekit.artifact.report import SizeReport, size_report

__all__ = ["Artifact", "Metadata", "ParameterReference", "SizeReport", "size_report"]
