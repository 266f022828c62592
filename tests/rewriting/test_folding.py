"""Constant folding against numpy, exact integers, and the compiler's own evaluation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from iree.compiler import ir

from ireekit.passes.constants import constant_value
from ireekit.passes.folding import fold_constants
from ireekit.passes.walk import find

BINARY = ["addi", "subi", "muli", "andi", "ori", "xori", "maxsi", "minsi", "maxui", "minui", "divsi", "divui", "remsi",
          "remui", "floordivsi", "ceildivsi", "ceildivui", "shli", "shrui", "shrsi"]  # fmt: skip
PREDICATES = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"]
FLOAT_PREDICATES = ["false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt", "uge", "ult", "ule", "une",
                    "uno", "true"]  # fmt: skip
SAMPLES = {1: (0, -1), 4: (-8, -3, -1, 0, 1, 2, 3, 7), 8: (-128, -7, -1, 0, 1, 3, 7, 127),
           32: (-(2**31), -7, -1, 0, 1, 2, 31, 2**31 - 1),
           64: (-(2**63), -(2**62) - 3, -1, 0, 1, 5, 63, 2**63 - 1)}  # fmt: skip


def exact(name, a, b, bits):
    """The result of an integer operation with Python's integers; ``None`` where it is undefined or poison."""
    mask = (1 << bits) - 1
    ua, ub = a & mask, b & mask
    quotient = None if b == 0 else (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)
    overflows = b == 0 or (a == -(1 << (bits - 1)) and b == -1)
    table = {
        "addi": lambda: a + b, "subi": lambda: a - b, "muli": lambda: a * b,
        "andi": lambda: a & b, "ori": lambda: a | b,
        "xori": lambda: a ^ b, "maxsi": lambda: max(a, b), "minsi": lambda: min(a, b), "maxui": lambda: max(ua, ub),
        "minui": lambda: min(ua, ub), "divsi": lambda: None if overflows else quotient,
        "remsi": lambda: None if overflows else a - quotient * b, "divui": lambda: None if ub == 0 else ua // ub,
        "remui": lambda: None if ub == 0 else ua % ub, "floordivsi": lambda: None if overflows else a // b,
        "ceildivsi": lambda: None if overflows else -(-a // b), "ceildivui": lambda: None if ub == 0 else -(-ua // ub),
        "shli": lambda: None if ub >= bits else a << ub, "shrui": lambda: None if ub >= bits else ua >> ub,
        "shrsi": lambda: None if ub >= bits else a >> ub,
    }  # fmt: skip
    made = table[name]()
    return None if made is None else ((made + (1 << (bits - 1))) & mask) - (1 << (bits - 1))


def folded(parse, text, name):
    """The constant that the operand of ``"t.use"`` has become, or ``None``."""
    module = parse(text)
    fold_constants(module)
    assert module.operation.verify()
    [use] = find(module.operation, "t.use")
    made = constant_value(use.operands[0])
    assert (made is None) == bool(find(module.operation, name))
    return made


@pytest.mark.parametrize("bits", list(SAMPLES))
@pytest.mark.parametrize("name", BINARY)
def test_integers_are_exact(parse, name, bits):
    pairs = list(itertools.product(SAMPLES[bits], repeat=2))
    rows = []
    for index, (a, b) in enumerate(pairs):
        literals = ("true" if v else "false" for v in (a, b)) if bits == 1 else (f"{v} : i{bits}" for v in (a, b))
        first, second = literals
        rows += [
            f"%a{index} = arith.constant {first}",
            f"%b{index} = arith.constant {second}",
            f"%r{index} = arith.{name} %a{index}, %b{index} : i{bits}",
            f'"t.use"(%r{index}) : (i{bits}) -> ()',
        ]
    module = parse("\n".join(rows))
    fold_constants(module)
    for (a, b), use in zip(pairs, find(module.operation, "t.use"), strict=True):
        expected = exact(name, a, b, bits)
        made = constant_value(use.operands[0])
        if expected is None:
            assert made is None, (name, a, b)
            continue
        assert made is not None, (name, a, b)
        value = int(made.array)
        assert (-value if bits == 1 else value) == expected, (name, a, b)


@pytest.mark.parametrize("predicate", PREDICATES)
def test_integer_comparisons(parse, predicate):
    values = SAMPLES[8]
    pairs = list(itertools.product(values, repeat=2))
    left, right = [a for a, _b in pairs], [b for _a, b in pairs]
    made = folded(
        parse,
        f"%a = arith.constant dense<{left}> : tensor<64xi8>\n%b = arith.constant dense<{right}> : tensor<64xi8>\n"
        f'%r = arith.cmpi {predicate}, %a, %b : tensor<64xi8>\n"t.use"(%r) : (tensor<64xi1>) -> ()',
        "arith.cmpi",
    )
    kind = predicate[-2:] if predicate not in ("eq", "ne") else predicate
    x, y = (np.array(v, np.int8) for v in (left, right))
    if predicate.startswith("u"):
        x, y = x.view(np.uint8), y.view(np.uint8)
    compare = {"eq": x == y, "ne": x != y, "lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y}[kind]
    np.testing.assert_array_equal(made.array.astype(bool), compare)


@pytest.mark.parametrize("predicate", FLOAT_PREDICATES)
def test_float_comparisons(parse, predicate):
    numbers = [0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan]
    pairs = list(itertools.product(numbers, repeat=2))
    words = {np.inf: "0x7F800000", -np.inf: "0xFF800000"}

    def literal(values):
        return ", ".join("0x7FC00000" if np.isnan(v) else words.get(v, f"{v:e}") for v in values)

    size = len(pairs)
    left, right = [a for a, _b in pairs], [b for _a, b in pairs]
    made = folded(
        parse,
        f"%a = arith.constant dense<[{literal(left)}]> : tensor<{size}xf32>\n"
        f"%b = arith.constant dense<[{literal(right)}]> : tensor<{size}xf32>\n"
        f'%r = arith.cmpf {predicate}, %a, %b : tensor<{size}xf32>\n"t.use"(%r) : (tensor<{size}xi1>) -> ()',
        "arith.cmpf",
    )
    x, y = np.array(left, np.float32), np.array(right, np.float32)
    unordered = np.isnan(x) | np.isnan(y)
    base = {"eq": x == y, "gt": x > y, "ge": x >= y, "lt": x < y, "le": x <= y, "ne": (x != y)}
    expected = {"false": np.zeros(size, bool), "true": np.ones(size, bool), "ord": ~unordered, "uno": unordered}.get(
        predicate
    )
    if expected is None:
        kind = base[predicate[1:]]
        expected = kind & ~unordered if predicate[0] == "o" else kind | unordered
    np.testing.assert_array_equal(made.broadcast().astype(bool), expected)


@pytest.mark.parametrize(
    ("op", "reference"),
    [("addf", np.add), ("subf", np.subtract), ("mulf", np.multiply), ("divf", np.divide), ("remf", np.fmod)],
)
@pytest.mark.parametrize("text", ["f16", "bf16", "f32", "f64", "f8E5M2", "f8E4M3FN"])
def test_floats_are_rounded_once(parse, context, op, reference, text):
    from ireekit.passes.constants import constant_attribute, element_type

    rng = np.random.default_rng(7)
    type_ = ir.Type.parse(f"tensor<64x{text}>")
    dtype = element_type(type_).dtype
    x, y = (rng.uniform(-8, 8, 64).astype(dtype) for _ in range(2))
    y = np.where(y.astype(np.float64) == 0, np.ones(64, dtype), y)
    made = folded(
        parse,
        f"%a = arith.constant {constant_attribute(x, type_)}\n%b = arith.constant {constant_attribute(y, type_)}\n"
        f'%r = arith.{op} %a, %b : {type_}\n"t.use"(%r) : ({type_}) -> ()',
        f"arith.{op}",
    )
    with np.errstate(all="ignore"):
        wide = reference(x.astype(np.float64), y.astype(np.float64))
        if text == "f64":
            wide = reference(x, y)
        # float64 has more than twice the digits of all others: one rounding of its result is the right one.
        expected = wide.astype(np.float32).astype(dtype) if dtype.itemsize == 1 else wide.astype(dtype)
    np.testing.assert_array_equal(made.array.astype(np.float64), expected.astype(np.float64))


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("maximumf", 0.0, -0.0, 0.0), ("minimumf", 0.0, -0.0, -0.0), ("maximumf", np.nan, 1.0, np.nan),
        ("minimumf", 1.0, np.nan, np.nan), ("maxnumf", np.nan, 1.0, 1.0), ("minnumf", 1.0, np.nan, 1.0),
        ("maximumf", -0.0, 0.0, 0.0), ("divf", 1.0, 0.0, np.inf), ("subf", 0.0, 0.0, 0.0),
    ],
)  # fmt: skip
def test_zeros_and_nans(parse, name, a, b, expected):
    def literal(value):
        return f"0x{np.float32(value).view(np.uint32):08X} : f32"

    made = folded(
        parse,
        f"%a = arith.constant {literal(a)}\n%b = arith.constant {literal(b)}\n"
        f'%r = arith.{name} %a, %b : f32\n"t.use"(%r) : (f32) -> ()',
        f"arith.{name}",
    )
    np.testing.assert_array_equal(made.array, np.float32(expected))
    assert np.isnan(expected) or np.signbit(made.array) == np.signbit(expected)


CASTS = [
    ("extsi", "dense<[-1, 5]> : tensor<2xi8>", "tensor<2xi32>", [-1, 5]),
    ("extui", "dense<[-1, 5]> : tensor<2xi8>", "tensor<2xi32>", [255, 5]),
    ("extsi", "dense<[true, false]> : tensor<2xi1>", "tensor<2xi8>", [-1, 0]),
    ("extui", "dense<[true, false]> : tensor<2xi1>", "tensor<2xi8>", [1, 0]),
    ("trunci", "dense<[511, -300]> : tensor<2xi32>", "tensor<2xi8>", [-1, -44]),
    ("index_cast", "dense<[-1, 5]> : tensor<2xi32>", "tensor<2xindex>", [-1, 5]),
    ("index_castui", "dense<[-1, 5]> : tensor<2xi32>", "tensor<2xindex>", [2**32 - 1, 5]),
    ("sitofp", "dense<[-1, 5]> : tensor<2xi8>", "tensor<2xf32>", [-1.0, 5.0]),
    ("uitofp", "dense<[-1, 5]> : tensor<2xi8>", "tensor<2xbf16>", [255.0, 5.0]),
    ("sitofp", "dense<[16777217, 5]> : tensor<2xi32>", "tensor<2xf32>", [16777216.0, 5.0]),
    ("fptosi", "dense<[-1.9, 5.5]> : tensor<2xf32>", "tensor<2xi8>", [-1, 5]),
    ("fptosi", "dense<[-1.9, 200.0]> : tensor<2xf32>", "tensor<2xi8>", None),
    ("fptoui", "dense<[0.5, 200.0]> : tensor<2xf32>", "tensor<2xi8>", [0, -56]),
    ("fptoui", "dense<[-1.0, 2.0]> : tensor<2xf32>", "tensor<2xi8>", None),
    ("extf", "dense<[-1.5, 2.0]> : tensor<2xbf16>", "tensor<2xf64>", [-1.5, 2.0]),
    ("truncf", "dense<[-1.5, 2.1]> : tensor<2xf32>", "tensor<2xf16>", [-1.5, np.float16(np.float32(2.1))]),
    ("truncf", "dense<[-1.5, 2.5]> : tensor<2xf64>", "tensor<2xbf16>", [-1.5, 2.5]),
    ("bitcast", "dense<[1.0, -0.0]> : tensor<2xf32>", "tensor<2xi32>", [0x3F800000, -(2**31)]),
]


@pytest.mark.parametrize(("name", "source", "target", "expected"), CASTS)
def test_casts(parse, name, source, target, expected):
    type_ = source.rpartition(" : ")[2]
    made = folded(
        parse,
        f'%a = arith.constant {source}\n%r = arith.{name} %a : {type_} to {target}\n"t.use"(%r) : ({target}) -> ()',
        f"arith.{name}",
    )
    if expected is None:
        assert made is None
    else:
        np.testing.assert_array_equal(made.array.astype(np.float64), np.array(expected, np.float64))


TENSORS = """
func.func @f() -> (tensor<2x6xi32>, tensor<12xi32>, tensor<2x2xi32>, tensor<4x3xi32>, tensor<3x4xi32>, i32,
                   tensor<3x4x2xi32>, tensor<6x4xi32>, tensor<3xi32>, tensor<1000x1000xf32>, tensor<2xi32>) {
  %a = arith.constant dense<[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]> : tensor<3x4xi32>
  %p = arith.constant dense<[[100, 101]]> : tensor<1x2xi32>
  %s = arith.constant dense<7> : tensor<3x4xi32>
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %half = arith.constant 0.5 : f32
  %c = tensor.collapse_shape %a [[0, 1]] : tensor<3x4xi32> into tensor<12xi32>
  %e = tensor.expand_shape %c [[0, 1]] output_shape [2, 6] : tensor<12xi32> into tensor<2x6xi32>
  %x = tensor.extract_slice %a[0, 1] [2, 2] [2, 2] : tensor<3x4xi32> to tensor<2x2xi32>
  %t0 = tensor.empty() : tensor<4x3xi32>
  %t = linalg.transpose ins(%a : tensor<3x4xi32>) outs(%t0 : tensor<4x3xi32>) permutation = [1, 0]
  %i = tensor.insert_slice %p into %a[2, 1] [1, 2] [1, 1] : tensor<1x2xi32> into tensor<3x4xi32>
  %v = tensor.extract %a[%one, %two] : tensor<3x4xi32>
  %b0 = tensor.empty() : tensor<3x4x2xi32>
  %b = linalg.broadcast ins(%a : tensor<3x4xi32>) outs(%b0 : tensor<3x4x2xi32>) dimensions = [2]
  %k = tensor.concat dim(0) %a, %s : (tensor<3x4xi32>, tensor<3x4xi32>) -> tensor<6x4xi32>
  %l = tensor.from_elements %v, %v, %v : tensor<3xi32>
  %f0 = tensor.empty() : tensor<1000x1000xf32>
  %f = linalg.fill ins(%half : f32) outs(%f0 : tensor<1000x1000xf32>) -> tensor<1000x1000xf32>
  %z = tensor.extract_slice %s[0, 0] [1, 2] [1, 1] : tensor<3x4xi32> to tensor<2xi32>
  return %e, %c, %x, %t, %i, %v, %b, %k, %l, %f, %z : tensor<2x6xi32>, tensor<12xi32>, tensor<2x2xi32>, tensor<4x3xi32>,
    tensor<3x4xi32>, i32, tensor<3x4x2xi32>, tensor<6x4xi32>, tensor<3xi32>, tensor<1000x1000xf32>, tensor<2xi32>
}"""


def test_tensors_are_rearranged_and_splats_stay_splats(parse):
    module = parse(TENSORS)
    result = fold_constants(module)
    assert result.folded == 11
    assert module.operation.verify()
    [done] = find(module.operation, "func.return")
    constants = [constant_value(value) for value in done.operands]
    a = np.arange(12).reshape(3, 4)
    inserted = a.copy()
    inserted[2, 1:3] = [100, 101]
    expected = [
        a.reshape(2, 6), a.reshape(12), a[0:3:2, 1:4:2], a.T, inserted, np.array(6), np.repeat(a[..., None], 2, axis=2),
        np.concatenate([a, np.full((3, 4), 7)]), np.array([6, 6, 6]), np.full((1000, 1000), 0.5), np.array([7, 7]),
    ]  # fmt: skip
    for made, wanted in zip(constants, expected, strict=True):
        np.testing.assert_array_equal(made.broadcast(), wanted)
    assert constants[-2].array.size == 1
    assert constants[-1].array.size == 1


GENERIC = """
#id = affine_map<(i, j) -> (i, j)>
func.func @f() -> (tensor<4x3xf32>, tensor<3x4xindex>) {
  %a = arith.constant dense<[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]> : tensor<3x4xf32>
  %r = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %o = arith.constant dense<[[10.0, 20.0, 30.0, 40.0]]> : tensor<1x4xf32>
  %half = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<4x3xf32>
  %0 = linalg.generic {
    indexing_maps = [#id, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (j, i)>],
    iterator_types = ["parallel", "parallel"]}
    ins(%a, %r, %o : tensor<3x4xf32>, tensor<3xf32>, tensor<1x4xf32>) outs(%e : tensor<4x3xf32>) {
    ^bb0(%x: f32, %y: f32, %z: f32, %out: f32):
      %1 = arith.mulf %x, %y : f32
      %2 = arith.addf %1, %z : f32
      %3 = arith.mulf %2, %half : f32
      %n = arith.negf %3 : f32
      %p = arith.cmpf ogt, %3, %z : f32
      %s = arith.select %p, %n, %3 : f32
      linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %g = tensor.empty() : tensor<3x4xindex>
  %4 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%g : tensor<3x4xindex>) {
    ^bb0(%out: index):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %c = arith.constant 10 : index
      %5 = arith.muli %i, %c : index
      %6 = arith.addi %5, %j : index
      linalg.yield %6 : index
  } -> tensor<3x4xindex>
  return %0, %4 : tensor<4x3xf32>, tensor<3x4xindex>
}"""


def test_generics(parse):
    module = parse(GENERIC)
    assert fold_constants(module).counts["linalg.generic"] == 2
    first, second = (constant_value(value).array for value in find(module.operation, "func.return")[0].operands)
    a = np.arange(12, dtype=np.float32).reshape(3, 4)
    value = (a * np.array([[1], [2], [3]], np.float32) + np.array([[10, 20, 30, 40]], np.float32)) * np.float32(0.5)
    value = np.where(value > np.array([[10, 20, 30, 40]]), -value, value)
    np.testing.assert_array_equal(first, value.T)
    np.testing.assert_array_equal(second, np.arange(3)[:, None] * 10 + np.arange(4))


def test_reductions_and_unknown_bodies_stay(parse):
    module = parse("""
    func.func @f(%o: tensor<f32>) -> (tensor<f32>, tensor<2xf32>) {
      %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %0 = linalg.generic {
        indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
        ins(%a : tensor<2xf32>) outs(%o : tensor<f32>) {
        ^bb0(%x: f32, %s: f32):
          %1 = arith.addf %x, %s : f32
          linalg.yield %1 : f32
      } -> tensor<f32>
      %2 = linalg.generic {
        indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%a : tensor<2xf32>) outs(%a : tensor<2xf32>) {
        ^bb0(%x: f32, %s: f32):
          %1 = "t.what"(%x) : (f32) -> f32
          linalg.yield %1 : f32
      } -> tensor<2xf32>
      return %0, %2 : tensor<f32>, tensor<2xf32>
    }""")
    before = str(module)
    assert not fold_constants(module)
    assert str(module) == before


def test_the_size_limit(parse):
    text = """%a = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
    %b = arith.addi %a, %a : tensor<4xi32>
    "t.use"(%b) : (tensor<4xi32>) -> ()"""
    module = parse(text)
    result = fold_constants(module, max_bytes=15)
    assert (result.folded, result.too_large) == (0, 1)
    assert fold_constants(module, max_bytes=16).folded == 1
    splat = parse(text.replace("[1, 2, 3, 4]", "9"))
    assert fold_constants(splat, max_bytes=0).folded == 1


def test_only_what_is_still_used_is_made_and_dead_constants_go(parse):
    module = parse("""func.func @f() -> i32 {
      %a = arith.constant 1 : i32
      %b = arith.constant 2 : i32
      %0 = arith.addi %a, %b : i32
      %1 = arith.muli %0, %0 : i32
      %2 = arith.subi %1, %a : i32
      return %2 : i32 }""")
    fold_constants(module)
    assert "arith.constant 8 : i32" in str(module)
    assert len(find(module.operation, "arith.constant")) == 1


def test_memrefs_and_dynamic_shapes_are_left_alone(parse):
    module = parse("""func.func @f(%m: memref<4xf32>, %t: tensor<?xf32>) -> tensor<?xf32> {
      %c = arith.constant 1.0 : f32
      linalg.fill ins(%c : f32) outs(%m : memref<4xf32>)
      %0 = linalg.fill ins(%c : f32) outs(%t : tensor<?xf32>) -> tensor<?xf32>
      return %0 : tensor<?xf32> }""")
    assert not fold_constants(module)


def test_the_pass(parse):
    from ireekit.passes import parse_pipeline
    from ireekit.passes.folding.passes import FoldConstants

    module = parse("func.func @f() -> i32 { %a = arith.constant 1 : i32 %0 = arith.addi %a, %a : i32 return %0 : i32 }")
    parse_pipeline("builtin.module(func.func(ireekit-fold-constants{max-bytes=64}))", [FoldConstants]).run(
        module.operation
    )
    assert not find(module.operation, "arith.addi")
