"""Python patterns and declarative rules against the compiler's own canonicalisation patterns of the same work.

For modules of growing size: the CPU times of `canonicalize`, of a Python pattern and of a declarative rule, all until
nothing changes, with folding and region simplification; their ratios; and how the times grow.

    python bench/passes.py [--sizes 1000,10000,100000] [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from iree.compiler import ir
from iree.compiler.passmanager import PassManager

from ireekit.bindings import build_info
from ireekit.passes.rewrite import Attr, Type, Value, apply_greedily, compute, op, pattern, replace, rewrite_rule
from ireekit.passes.uses import defining_op

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
AIMS = {"Python pattern": 3.0, "declarative rule": 1.3}
AIM_GROWTH = 1.1


@pattern("arith.andi")
def and_of_extended(root: Any, rewriter: Any) -> None:
    """andi(extui(x), extui(y)) -> extui(andi(x, y)), which the compiler does in AndOfExtUI."""
    first, second = map(defining_op, root.operation.operands)
    if first is None or second is None or first.name != "arith.extui" or second.name != "arith.extui":
        return
    x, y = first.operands[0], second.operands[0]
    if x.type == y.type:
        both = rewriter.create("arith.andi", operands=[x, y], results=[x.type])
        rewriter.replace_with(root, "arith.extui", operands=[both.result], results=[root.result.type])


@rewrite_rule()
def and_of_extended_rule(x: Value, y: Value, narrow: Type):
    """The same, declared."""
    both = op("arith.andi", op("arith.extui", x.of(narrow)), op("arith.extui", y.of(narrow)))
    return replace(both, op("arith.extui", op("arith.andi", x, y, results=narrow)))


@pattern("arith.addi")
def add_of_constants(root: Any, rewriter: Any) -> None:
    """addi(addi(x, c), d) -> addi(x, c + d), which the compiler does in AddIAddConstant."""
    inner, outer = map(defining_op, root.operation.operands)
    if inner is None or outer is None or inner.name != "arith.addi" or outer.name != "arith.constant":
        return
    x, y = inner.operands
    middle = defining_op(y)
    if middle is None or middle.name != "arith.constant":
        return
    total = ir.IntegerAttr.get(x.type, middle.attributes["value"].value + outer.attributes["value"].value)
    constant = rewriter.create("arith.constant", results=[x.type], attributes={"value": total})
    rewriter.replace_with(root, "arith.addi", operands=[x, constant.result], results=[x.type])


@compute("attribute")
def total_of(c: Any, d: Any) -> Any:
    return ir.IntegerAttr.get(c.type, c.value + d.value)


@rewrite_rule()
def add_of_constants_rule(x: Value, c: Attr, d: Attr):
    """The same, declared; the sum is computed in Python."""
    first = op("arith.addi", x, op("arith.constant", value=c))
    both = op("arith.addi", first, op("arith.constant", value=d))
    return replace(both, op("arith.addi", x, op("arith.constant", value=total_of(c, d), results=x.type)))


def extended_module(size: int) -> str:
    """Groups of four operations: two extensions, their conjunction, and a product that uses it."""
    lines = ["func.func @f(%a: i8, %b: i8, %p0: i32) -> i32 {"]
    groups = size // 4
    for n in range(groups):
        lines += [
            f"%x{n} = arith.extui %a : i8 to i32",
            f"%y{n} = arith.extui %b : i8 to i32",
            f"%z{n} = arith.andi %x{n}, %y{n} : i32",
            f"%p{n + 1} = arith.muli %p{n}, %z{n} : i32",
        ]
    return "\n".join([*lines, f"return %p{groups} : i32 }}"])


def constants_module(size: int) -> str:
    """Groups of three operations: two additions of constants, and a product."""
    lines = ["func.func @f(%p0: i32) -> i32 {", "%c = arith.constant 3 : i32", "%d = arith.constant 5 : i32"]
    groups = size // 3
    for n in range(groups):
        lines += [
            f"%x{n} = arith.addi %p{n}, %c : i32",
            f"%y{n} = arith.addi %x{n}, %d : i32",
            f"%p{n + 1} = arith.muli %y{n}, %y{n} : i32",
        ]
    return "\n".join([*lines, f"return %p{groups} : i32 }}"])


@dataclass(frozen=True)
class Case:
    """One piece of work.

    Attributes:
      group: operations of the module for each rewrite.
      name: of the operation that each rewrite makes fewer or leaves alone, with how many of them remain a group.
    """

    name: str
    module: Callable[[int], str]
    pattern: Any
    rule: Any
    group: int
    remains: tuple[str, int]


CASES = (
    Case("and-of-extended", extended_module, and_of_extended, and_of_extended_rule, 4, ("arith.extui", 1)),
    Case("add-of-constants", constants_module, add_of_constants, add_of_constants_rule, 3, ("arith.addi", 1)),
)


def canonicalize(module: ir.Operation) -> None:
    PassManager.parse("builtin.module(func.func(canonicalize))").run(module)


def ways(case: Case) -> dict[str, Callable[[ir.Operation], object]]:
    """How the work can be done. All of them start from the function, as a pass on functions does."""
    return {
        "canonicalize": canonicalize,
        "Python pattern": lambda module: apply_greedily(_function(module), case.pattern),
        "declarative rule": lambda module: apply_greedily(_function(module), case.rule),
    }


def measure(case: Case, size: int, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each way in each round; the ways take turns, so that drifts of the machine hit all alike."""
    times: dict[str, list[float]] = {way: [] for way in ways(case)}
    context = ir.Context()
    context.load_all_available_dialects()
    with context, ir.Location.unknown():
        module = ir.Module.parse(case.module(size)).operation
        for number in range(rounds + 1):
            for way, run in ways(case).items():
                copy = module.clone(ip=False)
                gc.collect()
                started = time.process_time()
                run(copy)
                if number:  # the first round warms up
                    times[way].append(time.process_time() - started)
                _check(case, copy, size)
    return times


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The exponent of the power of the size that fits ``seconds`` best."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> None:
    arguments = _arguments()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    report: dict[str, Any] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "compiler": build_info().version,
        "rounds": arguments.rounds,
        "cases": {},
    }
    for case in CASES:
        rows = {size: measure(case, size, arguments.rounds) for size in sizes}
        report["cases"][case.name] = {str(size): rows[size] for size in sizes}
        print(f"\n### {case.name}\n\n{table(case, rows)}")
        for way in ways(case):
            exponent = growth(sizes, [min(rows[size][way]) for size in sizes]) if len(sizes) > 1 else float("nan")
            print(f"{way}: time grows as size^{exponent:.2f} (aim: at most {AIM_GROWTH})")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


def table(case: Case, rows: dict[int, dict[str, list[float]]]) -> str:
    lines = [
        "| operations | way | min ms | median ms | us a rewrite | ratio of minima | of medians | aim |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for size, times in rows.items():
        base = times["canonicalize"]
        for way, own in times.items():
            ratio = min(own) / min(base)
            aim = AIMS.get(way)
            verdict = "" if aim is None else f"{'within' if ratio <= aim else 'above'} {aim}"
            lines.append(
                f"| {size} | {way} | {min(own) * 1e3:.2f} | {statistics.median(own) * 1e3:.2f} "
                f"| {min(own) * 1e6 * case.group / size:.2f} | {ratio:.2f} "
                f"| {statistics.median(own) / statistics.median(base):.2f} | {verdict} |"
            )
    return "\n".join(lines)


def _function(module: ir.Operation) -> ir.Operation:
    return module.regions[0].blocks[0].operations[0].operation


def _check(case: Case, module: ir.Operation, size: int) -> None:
    name, each = case.remains
    found = sum(1 for child in _function(module).regions[0].blocks[0].operations if child.operation.name == name)
    expected = each * (size // case.group)
    if found != expected:
        raise RuntimeError(f"{case.name}: {found} {name} remain, not {expected}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="operations of the modules")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="write all times to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
