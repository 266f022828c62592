"""Dialects as classes: operations, types, attributes and enums, registered in the compiler's own contexts."""

from ireekit.dialect import constraints, traits
from ireekit.dialect.assembly import AssemblyError, FormatError, parse_module, print_op
from ireekit.dialect.dialect import Dialect
from ireekit.dialect.entities import AttrDef, TypeDef
from ireekit.dialect.enums import EnumAttr
from ireekit.dialect.errors import BuildError, ConstraintError, DefinitionError, VerificationError
from ireekit.dialect.fields import (
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    optional_result,
    parameter,
    region,
    result,
    successor,
    variadic_operand,
    variadic_region,
    variadic_result,
    variadic_successor,
)
from ireekit.dialect.inference import infer_types
from ireekit.dialect.load import LoadReport
from ireekit.dialect.op import Op
from ireekit.dialect.registry import find_dialect, installed_dialects
from ireekit.dialect.static import Operand, Region, Result, Successor
from ireekit.dialect.verify import problems, verify
from ireekit.dialect.views import view

__all__ = [
    "AssemblyError",
    "AttrDef",
    "BuildError",
    "ConstraintError",
    "DefinitionError",
    "Dialect",
    "EnumAttr",
    "FormatError",
    "LoadReport",
    "Op",
    "Operand",
    "Region",
    "Result",
    "Successor",
    "TypeDef",
    "VerificationError",
    "attribute",
    "constraints",
    "find_dialect",
    "infer_types",
    "installed_dialects",
    "operand",
    "optional_attribute",
    "optional_operand",
    "optional_result",
    "parameter",
    "parse_module",
    "print_op",
    "problems",
    "region",
    "result",
    "successor",
    "traits",
    "variadic_operand",
    "variadic_region",
    "variadic_result",
    "variadic_successor",
    "verify",
    "view",
]
