"""Rewrite patterns, declarative rewrite rules, and the drivers that apply them."""

from ireekit.passes.rewrite.dag import Attr, Type, Value, Values
from ireekit.passes.rewrite.drivers import GreedyConfig, RewriteResult, apply_greedily, apply_walk
from ireekit.passes.rewrite.escapes import build, compute, constraint, fits, one_use, same_block
from ireekit.passes.rewrite.patterns import FunctionPattern, RewritePattern, pattern
from ireekit.passes.rewrite.rewriter import NoMatch, Rewriter
from ireekit.passes.rewrite.rules import Rule, attr, erase, op, replace, rewrite_rule, type_

__all__ = [
    "Attr",
    "FunctionPattern",
    "GreedyConfig",
    "NoMatch",
    "RewritePattern",
    "RewriteResult",
    "Rewriter",
    "Rule",
    "Type",
    "Value",
    "Values",
    "apply_greedily",
    "apply_walk",
    "attr",
    "build",
    "compute",
    "constraint",
    "erase",
    "fits",
    "one_use",
    "op",
    "pattern",
    "replace",
    "rewrite_rule",
    "same_block",
    "type_",
]
