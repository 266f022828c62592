"""Patterns that do what they must not. Run as a script, one process for all cases of one driver.

Each case has to end in order: with an error that is ours, or as expected; never with the process.
"""

import gc
import sys

from iree.compiler import ir
from iree.compiler.dialects import arith

from ireekit.errors import PassError
from ireekit.passes.rewrite import GreedyConfig, apply_greedily, apply_walk, pattern

TEXT = """
func.func @f(%a: i32, %b: i32) -> i32 {
  %c = arith.constant 0 : i32
  %0 = arith.addi %a, %c : i32
  %1 = arith.muli %0, %0 : i32
  %2 = arith.addi %1, %a : i32
  %3 = scf.execute_region -> i32 {
    %4 = arith.subi %2, %a : i32
    scf.yield %4 : i32
  }
  %5:2 = "t.two"(%3) : (i32) -> (i32, i32)
  %6 = arith.xori %5#0, %5#1 : i32
  return %6 : i32
}"""

kept = []


def raises(op, rewriter):
    raise ValueError("first line\nsecond line")


def exits(op, rewriter):
    sys.exit(3)


def recursion(op, rewriter):
    return recursion(op, rewriter)


def wrong_type(op, rewriter):
    rewriter.replace(op, arith.constant(ir.F32Type.get(), 1.0))


def too_few(op, rewriter):
    rewriter.replace(op, [])


def too_many(op, rewriter):
    rewriter.replace(op, [op.operands[0], op.operands[0]])


def nothing(op, rewriter):
    rewriter.replace(op, None)


def itself(op, rewriter):
    rewriter.replace(op, op)


def erase_used(op, rewriter):
    rewriter.erase(op)


def erase_twice(op, rewriter):
    rewriter.replace(op, op.operands[0])
    rewriter.erase(op)


def erase_parent_of_walk(op, rewriter):
    rewriter.erase(op.operation.parent)


def erase_module(op, rewriter):
    rewriter.erase(op.operation.parent.parent)


def detach(op, rewriter):
    op.detach_from_parent()


def nested_driver(op, rewriter):
    apply_walk(op.operation.parent, [pattern("arith.muli")(raises)])


def liar(op, rewriter):
    rewriter.replace(op, op.operands[0])
    return rewriter.no_match("and yet it did")


def returns_a_number(op, rewriter):
    return 5


def read_after_replace(op, rewriter):
    rewriter.replace(op, op.operands[0])
    assert op.operation.name == "arith.addi"
    assert str(op.operation.results[0].type) == "i32"


def read_after_flush(op, rewriter):
    result, operand = op.operation.results[0], op.operation.operands[0]
    rewriter.replace(op, operand)
    rewriter.flush()
    assert not list(result.uses)
    assert result.type == operand.type
    assert "arith.addi" in str(result)


def keep(op, rewriter):
    kept.append((op, op.operation, rewriter))
    rewriter.replace(op, op.operands[0])


def replace_users(op, rewriter):
    users = {use.owner.operation for use in op.operation.results[0].uses}
    for user in users:
        if len(user.results) == 1:
            rewriter.replace(user, op.operation.operands[0])


def bindings_erase_of_user(op, rewriter):
    for use in list(op.operation.results[0].uses):
        user = use.owner.operation
        if len(user.results) == 1 and not list(user.results[0].uses):
            user.erase()


def replace_region_owner(op, rewriter):
    for use in list(op.operation.results[0].uses):
        parent = use.owner.operation.parent
        if parent.name == "scf.execute_region":
            rewriter.replace(parent, op.operation.operands[0])


def replaced_by_what_dies(op, rewriter):
    made = arith.addi(op.operands[0], op.operands[1])
    rewriter.replace(op, made)
    rewriter.erase(made.owner)


def uses_a_result_of_the_erased(op, rewriter):
    with rewriter.after(op):
        rewriter.create("t.user", operands=[op.operation.results[0]])
    rewriter.erase(op)


def rename_symbols(op, rewriter):
    op.operation.parent.attributes["sym_name"] = ir.StringAttr.get("other")


def garbage(op, rewriter):
    rewriter.replace(op, op.operands[0])
    gc.collect()


def foreign_context(op, rewriter):
    with ir.Context(), ir.Location.unknown():
        rewriter.replace(op, "text")


FAILS = (
    raises, exits, recursion, wrong_type, too_few, too_many, nothing, itself, erase_used, erase_twice, erase_module,
    detach, nested_driver, liar, returns_a_number, replaced_by_what_dies, uses_a_result_of_the_erased, foreign_context,
)  # fmt: skip
WORKS = (
    read_after_replace, read_after_flush, keep, replace_users, bindings_erase_of_user, rename_symbols, garbage,
)  # fmt: skip
DEPENDS = (erase_parent_of_walk, replace_region_owner)


def main() -> None:
    drive = apply_greedily if sys.argv[1] == "greedy" else apply_walk
    options = (GreedyConfig(fold=False),) if drive is apply_greedily else ()
    with ir.Context() as context:
        context.load_all_available_dialects()
        context.allow_unregistered_dialects = True
        for case in (*FAILS, *WORKS, *DEPENDS):
            module = ir.Module.parse(TEXT)
            sys.setrecursionlimit(400)
            try:
                drive(module, [pattern("arith.addi", name=case.__name__)(case)], *options)
                outcome = "fine"
            except PassError as error:
                outcome = "error"
                text = str(error)
                assert f"in: pattern {case.__name__}" in text or "cannot be erased" in text, text
                assert text.count("\n") < 20
            sys.setrecursionlimit(1000)
            if case in FAILS:
                assert outcome == "error", case.__name__
            elif case in WORKS:
                assert outcome == "fine", case.__name__
            if case is not erase_parent_of_walk or drive is apply_walk:
                assert module.operation.verify(), case.__name__
            str(module)
            print(case.__name__, outcome)
        for op, operation, rewriter in kept:
            for look in (lambda o=op: o.lhs, lambda o=operation: o.name, lambda r=rewriter, o=op: r.erase(o)):
                try:
                    look()
                    raise AssertionError("what was erased can still be used")
                except (RuntimeError, PassError):
                    pass
    print("done")


if __name__ == "__main__":
    main()
