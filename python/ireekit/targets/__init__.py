"""Targets: what a program can be compiled for, as one table."""

from ireekit.targets.detect import detected_vulkan_profile, target_of_device
from ireekit.targets.table import FAMILIES, Architecture, Family, Level
from ireekit.targets.target import Target, TargetSet, parse_targets

__all__ = [
    "FAMILIES",
    "Architecture",
    "Family",
    "Level",
    "Target",
    "TargetSet",
    "detected_vulkan_profile",
    "parse_targets",
    "target_of_device",
]
