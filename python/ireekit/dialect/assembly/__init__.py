"""Custom assembly: the ``assembly_format`` of operations and types, around MLIR's own printer and parser."""

from ireekit.dialect.assembly.api import customise, parse_module, preparse, print_op
from ireekit.dialect.assembly.faults import AssemblyError, Diagnostic, FormatError
from ireekit.dialect.assembly.formats import check_format

__all__ = [
    "AssemblyError",
    "Diagnostic",
    "FormatError",
    "check_format",
    "customise",
    "parse_module",
    "preparse",
    "print_op",
]
