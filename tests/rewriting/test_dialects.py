"""Patterns, rules and conversions over operations of a dialect of ours."""

from __future__ import annotations

import pytest
from iree.compiler import ir

from ireekit.dialect import Dialect, Op, Operand, Result, attribute, operand, result, traits, variadic_operand
from ireekit.dialect.constraints import F32, I64, AnyFloat, Tensor, Var
from ireekit.errors import PassError
from ireekit.passes.conversion import ConversionTarget, apply_partial_conversion, conversion
from ireekit.passes.rewrite import (
    Attr,
    Value,
    Values,
    apply_greedily,
    apply_walk,
    compute,
    constraint,
    fits,
    one_use,
    op,
    pattern,
    replace,
    rewrite_rule,
)
from ireekit.passes.walk import find, walk


class Scale(Op):
    """Multiplies a tensor by a number."""

    name = "rwt.scale"
    x: Operand = operand(Var("T", Tensor(element=AnyFloat)))
    by: int = attribute(I64, default=1)
    y: Result = result(Var("T"))
    traits = (traits.Pure,)


class Add(Op):
    """Adds two tensors."""

    name = "rwt.add"
    lhs: Operand = operand(Tensor())
    rhs: Operand = operand(Tensor())
    out: Result = result(Tensor())
    traits = (traits.Pure,)


class AddAll(Op):
    """Adds any number of tensors."""

    name = "rwt.add_all"
    first: Operand = operand(Tensor())
    rest: list[Operand] = variadic_operand(Tensor())
    scale: int = attribute(I64, default=1)
    out: Result = result(Tensor())


FLOATS = Tensor(F32)
rwt = Dialect("rwt", ops=(Scale, Add, AddAll))
TEXT = """
func.func @f(%a: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = "rwt.scale"(%a) {by = 2 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = "rwt.scale"(%0) {by = 3 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = "rwt.add"(%1, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = "rwt.scale"(%b) {by = 7 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return %2, %3 : tensor<4xf32>, tensor<4xf32>
}"""
DRIVERS = pytest.mark.parametrize("drive", [apply_greedily, apply_walk])


@pytest.fixture
def module(context):
    rwt.load(context)
    return ir.Module.parse(TEXT)


def names(module):
    return [each.name for each in walk(module.operation) if each.name.startswith("rwt.")]


@DRIVERS
def test_patterns_get_typed_views_and_builders_build_before_the_root(module, drive):
    @pattern(Scale)
    def merge(scale, rewriter):
        inner = scale.x.owner
        if getattr(inner, "name", None) != "rwt.scale":
            return rewriter.no_match("it does not scale a scale")
        merged = Scale(x=Scale.view(inner.operation).x, by=Scale.view(inner.operation).by * scale.by)
        rewriter.replace(scale, merged)
        return None

    result = drive(module, merge)
    assert result.counts == {"merge": 1}
    assert [Scale.view(each).by for each in find(module.operation, "rwt.scale")][-2:] == [6, 7]
    assert module.operation.verify()


@DRIVERS
def test_rules_of_our_operations_run_natively(module, drive):
    """These operations are registered ones without properties; their attributes have Python values."""

    @compute("attribute")
    def product(one, other):
        return ir.IntegerAttr.get(one.type, one.value * other.value)

    @rewrite_rule()
    def merge(x, a: Attr, b: Attr):
        inner = op(Scale, x=x, by=a)
        return replace(op(Scale, inner, by=b), op(Scale, x=x, by=product(a, b)), where=[one_use(inner)])

    @rewrite_rule()
    def seven(x: Value = FLOATS):
        return replace(op(Scale, x=x, by=7), op(AddAll, first=x, rest=[x, x]))

    drive(module, [merge, seven])
    assert "rwt.add_all" in names(module)
    assert 6 in [Scale.view(each).by for each in find(module.operation, "rwt.scale")]
    [together] = find(module.operation, "rwt.add_all")
    view = AddAll.view(together)
    assert len(view.rest) == 2
    assert view.scale == 1  # the default is written
    assert module.operation.verify()


@DRIVERS
def test_conditions_get_views(module, drive):
    seen = []

    @constraint
    def is_large(scale):
        seen.append(type(scale).__name__)
        return scale.by > 2

    @rewrite_rule()
    def drop(x, y):
        inner = op(Scale, x=x)
        return replace(op(Add, inner, y), op(AddAll, first=x, rest=[y]), where=[is_large(inner)])

    drive(module, drop)
    assert "rwt.add_all" in names(module)
    assert set(seen) == {"Scale"}


@DRIVERS
def test_variadic_fields(module, drive):
    @rewrite_rule()
    def first(x, y):
        return replace(op(Add, lhs=x, rhs=y), op(AddAll, first=y, rest=[x]))

    @rewrite_rule()
    def twice(x, rest: Values):
        return replace(op(AddAll, x, rest, scale=1), op(AddAll, first=x, rest=[rest], scale=2))

    drive(module, first)
    drive(module, twice)
    [together] = find(module.operation, "rwt.add_all")
    assert AddAll.view(together).scale == 2
    assert len(together.operands) == 2


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: replace(op(Scale, x=x, bye=3), x), "has no operand or attribute 'bye'"),
        (lambda x: replace(op(Add, lhs=x), x), "operand 'rhs' of rwt.add is missing"),
        (lambda x: replace(op(Add, x, x, x), x), "has 2 operands, and 3 are given"),
        (lambda x: replace(op(Add, x, lhs=x), x), "operand 'lhs' of rwt.add is given twice"),
        (lambda x: replace(op(Add, lhs=[x, x], rhs=x), x), "is one value, not 2"),
        (lambda x: replace(op(Add, lhs=Values("v"), rhs=x), x), "is not variadic"),
        (lambda x: replace(op(Scale, x=x, by=x), x), "attribute 'by' of rwt.scale is given a value"),
    ],
)
def test_wrong_fields_are_named_when_a_rule_is_defined(function, message):
    with pytest.raises(PassError, match=message) as caught:
        rewrite_rule(name="broken")(function)
    assert "broken" in str(caught.value)


def test_an_attribute_of_the_wrong_kind_is_named(module):
    rule = rewrite_rule(name="r")(lambda x: replace(op(Scale, x=x, by="two"), x))
    with pytest.raises(PassError, match=r"attribute 'by' of rwt\.scale"):
        apply_walk(module, rule)


def test_fits(module):
    rule = rewrite_rule(name="r")(lambda x: replace(op(Scale, x=x, by=7), x, where=[fits(x, Tensor(F32, rank=2))]))
    assert not apply_greedily(module, rule)


def test_conversion_with_named_operands(module):
    @conversion(Scale)
    def lower(scale, adaptor, rewriter):
        count = scale.by
        rewriter.replace(scale, AddAll(first=adaptor.x, rest=[adaptor.x] * (count - 1), out=scale.y.type))

    target = ConversionTarget().legal(rwt).illegal(Scale)
    assert apply_partial_conversion(module, target, [lower]).counts == {"lower": 3}
    assert "rwt.scale" not in names(module)
    assert module.operation.verify()
