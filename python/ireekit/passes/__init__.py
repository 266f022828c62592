"""Passes: Python ones as small classes, the compiler's own by name, and pipelines of both."""

from ireekit.passes.base import ANY, NativePasses, Pass
from ireekit.passes.execution import Execution, RunReport, StatisticValue
from ireekit.passes.nodes import NativePass, Nested
from ireekit.passes.options import OptionField, option, options_of
from ireekit.passes.pass_pipeline import PassPipeline, parse_pipeline
from ireekit.passes.registry import InstalledPasses, LazyPasses, Passes, PassesLike, PassRegistry, PassSource
from ireekit.passes.runner import run_pass
from ireekit.passes.statistics import Counter, Statistic, statistics_of
from ireekit.passes.walk import find, walk

__all__ = [
    "ANY",
    "Counter",
    "Execution",
    "InstalledPasses",
    "LazyPasses",
    "NativePass",
    "NativePasses",
    "Nested",
    "OptionField",
    "Pass",
    "PassPipeline",
    "PassRegistry",
    "PassSource",
    "Passes",
    "PassesLike",
    "RunReport",
    "Statistic",
    "StatisticValue",
    "find",
    "option",
    "options_of",
    "parse_pipeline",
    "run_pass",
    "statistics_of",
    "walk",
]
