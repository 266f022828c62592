"""Lowering configurations of CPU kernels, by rules."""

from __future__ import annotations

from iree.compiler import ir

import ireekit
from ireekit.codegen import Rule, configure_kernel, kernels
from ireekit.passes import Statistic

from . import contraction_configurations, reduction_configurations

RULES: tuple[Rule, ...] = (*contraction_configurations.RULES, *reduction_configurations.RULES)
"""In order of preference."""


class ConfigureDispatches(ireekit.Pass):
    """Give kernels whose root a rule knows a configuration; the others get the compiler's own.

    Runs at phase ``executable-sources``: earlier, the compiler may still change the loops of a kernel.
    """

    name = "mypipeline-configure-dispatches"
    anchor = "builtin.module"
    acts_on = contraction_configurations.ACTS_ON
    configured = Statistic("kernels configured")

    def run(self, op: ir.Operation) -> None:
        for kernel in kernels(op):
            if configure_kernel(kernel, RULES):
                self.configured.increment()
