"""Code generation of kernels, configured from Python."""

from ireekit.bindings.linalg import indexing_maps
from ireekit.codegen.configuration import (
    CompilationInfo,
    LoweringConfig,
    Translation,
    configuration_of,
    configure,
    configure_each,
    is_configured,
)
from ireekit.codegen.custom_kernels import Buffer, CustomKernels, KernelWriter
from ireekit.codegen.executables import Kernel, kernels, program_machine
from ireekit.codegen.rules import Rule, configure_kernel

__all__ = [
    "Buffer",
    "CompilationInfo",
    "CustomKernels",
    "Kernel",
    "KernelWriter",
    "LoweringConfig",
    "Rule",
    "Translation",
    "configuration_of",
    "configure",
    "configure_each",
    "configure_kernel",
    "indexing_maps",
    "is_configured",
    "kernels",
    "program_machine",
]
