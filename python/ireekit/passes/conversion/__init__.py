"""Dialect conversion: targets, type converters, conversion patterns, and the drivers."""

from ireekit.passes.conversion.casts import reconcile_casts
from ireekit.passes.conversion.driver import ConversionResult, apply_full_conversion, apply_partial_conversion
from ireekit.passes.conversion.errors import ConversionError
from ireekit.passes.conversion.patterns import Adaptor, ConversionPattern, conversion
from ireekit.passes.conversion.rewriter import ConversionRewriter
from ireekit.passes.conversion.structure import control_flow_conversion, convert_op_types, function_conversion
from ireekit.passes.conversion.target import ConversionTarget
from ireekit.passes.conversion.types import TypeConverter

__all__ = [
    "Adaptor",
    "ConversionError",
    "ConversionPattern",
    "ConversionResult",
    "ConversionRewriter",
    "ConversionTarget",
    "TypeConverter",
    "apply_full_conversion",
    "apply_partial_conversion",
    "control_flow_conversion",
    "conversion",
    "convert_op_types",
    "function_conversion",
    "reconcile_casts",
]
