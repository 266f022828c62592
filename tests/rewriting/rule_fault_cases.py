"""Rules that do what they must not; run as a script. The process has to end in order."""

from iree.compiler import ir
from iree.compiler.dialects import arith

from ireekit.errors import PassError
from ireekit.passes.rewrite import (
    Attr,
    GreedyConfig,
    Values,
    apply_greedily,
    apply_walk,
    attr,
    build,
    compute,
    constraint,
    op,
    replace,
    rewrite_rule,
)  # fmt: skip

TEXT = """
func.func @f(%a: i32, %b: i32, %m: tensor<4x4xf32>, %o: tensor<4x4xf32>) -> (i1, tensor<4x4xf32>, i32, i32) {
  %0 = arith.cmpi slt, %a, %b : i32
  %1 = linalg.matmul ins(%m, %m : tensor<4x4xf32>, tensor<4x4xf32>) outs(%o : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = "t.two"(%a, %b) {k = 3 : i64, s = "text"} : (i32, i32) -> i32
  %3 = arith.addi %2, %a : i32
  return %0, %1, %2, %3 : i1, tensor<4x4xf32>, i32, i32
}"""
SLT, SGT = attr("2 : i64"), attr("4 : i64")


@constraint
def failing_test(x):
    return 1 / 0


@build
def failing_build(rewriter, x):
    raise ValueError("no")


@build
def build_of_wrong_type(rewriter, x):
    return arith.constant(ir.F32Type.get(), 1.0)


@build
def build_of_nothing(rewriter, x):
    return None


@compute("attribute")
def failing_attribute(x):
    return 1 / 0


@compute("attribute")
def wrong_attribute(x):
    return ir.UnitAttr.get()


@compute("attribute")
def no_attribute(x):
    return 5


@compute("type")
def failing_type(x):
    return 1 / 0


@compute("type")
def no_type(x):
    return "i32"


def missing_attribute(x, y):
    return replace(op("arith.cmpi", x, y, predicate=SLT), op("arith.cmpi", y, x))


def wrong_kind_of_attribute(x, y):
    return replace(op("arith.cmpi", x, y, predicate=SLT), op("arith.cmpi", y, x, predicate="bad"))


def too_few_operands(x, y):
    return replace(op("arith.cmpi", x, y, predicate=SLT), op("arith.cmpi", y, predicate=SGT))


def region_by_name(x, y, z):
    return replace(op("linalg.matmul", x, y, z), op("linalg.matmul", y, x, z))


def unknown_operation(x, y):
    return replace(op("arith.addix", x, y), x)


def no_such_attribute_text(x, y):
    return replace(op("arith.addi", x, y, k=attr("!!")), x)


def no_such_type_text(x, y):
    return replace(op("arith.addi", x, y, results="!nope<"), x)


def attribute_of_another_kind(x, y, s: Attr):
    return replace(op("t.two", x, y, s=s), op("arith.subi", x, y, overflowFlags=s))


def test_raises(x, y):
    return replace(op("arith.addi", x, y), x, where=[failing_test(x)])


def build_raises(x, y):
    return replace(op("arith.addi", x, y), failing_build(x))


def build_wrong_type(x, y):
    return replace(op("arith.addi", x, y), build_of_wrong_type(x))


def build_nothing(x, y):
    return replace(op("arith.addi", x, y), build_of_nothing(x))


def attribute_raises(x, y):
    return replace(op("arith.addi", x, y), op("arith.subi", x, y, overflowFlags=failing_attribute(x)))


def attribute_wrong(x, y):
    return replace(op("arith.addi", x, y), op("arith.subi", x, y, overflowFlags=wrong_attribute(x)))


def attribute_none(x, y):
    return replace(op("arith.addi", x, y), op("arith.subi", x, y, overflowFlags=no_attribute(x)))


def type_raises(x, y):
    return replace(op("arith.addi", x, y), op("arith.subi", x, op("t.q", x, results=failing_type(x))))


def type_none(x, y):
    return replace(op("arith.addi", x, y), op("arith.subi", x, op("t.q", x, results=no_type(x))))


def for_ever(x, y):
    return replace(op("arith.addi", x, y), op("arith.addi", y, x))


def growing(x, y):
    return replace(op("arith.addi", x, y), op("arith.addi", op("arith.addi", y, x, results=x.type), x))


ONLY_GREEDY = {for_ever, growing}
CASES = (
    missing_attribute, wrong_kind_of_attribute, too_few_operands, region_by_name, unknown_operation,
    no_such_attribute_text, no_such_type_text, attribute_of_another_kind, test_raises, build_raises, build_wrong_type,
    build_nothing, attribute_raises, attribute_wrong, attribute_none, type_raises, type_none, for_ever, growing,
)  # fmt: skip


def harmless(v: Values):
    """A variadic match on every two-operand operation of that name, duplicated."""
    return replace(op("t.two", v, k=attr("3 : i64")), op("t.three", v, v, j="s"))


def main() -> None:
    with ir.Context() as context:
        context.load_all_available_dialects()
        context.allow_unregistered_dialects = True
        for case in CASES:
            rule = rewrite_rule(name=case.__name__)(case)
            for drive in (apply_greedily, apply_walk):
                module = ir.Module.parse(TEXT)
                try:
                    if drive is apply_greedily:
                        drive(module, rule, GreedyConfig(max_rewrites=2000))
                    else:
                        drive(module, rule)
                    message = None
                except PassError as error:
                    message = str(error)
                if message is None:
                    assert case in ONLY_GREEDY, f"{case.__name__} passed"
                    assert drive is apply_walk, f"{case.__name__} passed"
                else:
                    assert case.__name__ in message or "no operation" in message, message
                str(module)
                module = None
            print(case.__name__, "fine")
        module = ir.Module.parse(TEXT)
        apply_walk(module, rewrite_rule()(harmless))
        assert '"t.three"(%arg0, %arg1, %arg0, %arg1)' in str(module)
        assert module.operation.verify()
    print("done")


if __name__ == "__main__":
    main()
