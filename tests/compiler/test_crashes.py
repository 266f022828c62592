"""Whatever text is given, the process lives and the error is one of ours.

Mutations of small programs, most of which still parse: other types, extents and operations. A process of its
own compiles them, since what is looked for is its death.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

WORKER = """
import json, sys, warnings
import ireekit, mypipeline
warnings.simplefilter("ignore")
for text in json.load(sys.stdin):
    print("start", flush=True)
    try:
        mypipeline.compile(text, cache=False)
        print("ok", flush=True)
    except ireekit.IreekitError as error:
        lines = str(error).splitlines()
        print("refused" if lines and len(lines) <= 20 else f"long: {error}", flush=True)
    except BaseException as error:
        print(f"raw {type(error).__name__}: {error}", flush=True)
"""

TYPES = [
    "f64",
    "i1",
    "i4",
    "i8",
    "i32",
    "i64",
    "bf16",
    "f16",
    "index",
    "complex<f32>",
    "f8E4M3FN",
    "none",
    "!torch.int",
    "tuple<f32>",
    "vector<4xf32>",
    "memref<4xf32>",
]
EXTENTS = ["?x", "0x", "1x", "2x3x", "-1x", "99999999999x", "", "*x"]
OPERATIONS = [
    "arith.addf",
    "arith.divf",
    "arith.addi",
    "math.exp",
    "tensor.empty",
    "linalg.matmul",
    "stablehlo.add",
    "torch.aten.add.Tensor",
    "tosa.add",
    "util.optimization_barrier",
    "flow.tensor.reshape",
    "tensor.cast",
    "hal.tensor.import",
    "stream.async.splat",
    "vm.add.i32",
    "memref.alloc",
    "cf.br",
    "func.return",
    "llvm.mlir.undef",
    "gpu.thread_id",
    "vector.splat",
    "affine.apply",
    "spirv.FAdd",
    "builtin.unrealized_conversion_cast",
    "acme.unknown",
]
NAMES = ['@"a b"', '@""', '@"\\22"', "@__init", "@main.x", "private @main", "@main attributes {foo}"]

Mutation = Callable[[random.Random, str], str]


def _types(rng: random.Random, text: str) -> str:
    return text.replace("f32", rng.choice(TYPES))


def _some_types(rng: random.Random, text: str) -> str:
    return re.sub("f32", lambda match: rng.choice(TYPES) if rng.random() < 0.4 else match[0], text)


def _extents(rng: random.Random, text: str) -> str:
    extent = rng.choice(EXTENTS)
    return re.sub(r"(tensor<)((?:\d+x|\?x)+)", lambda match: match[1] + extent, text)


def _generic(rng: random.Random, text: str) -> str:
    name = rng.choice(OPERATIONS)
    return re.sub(
        r"= ([a-z]+\.[\w.]+)(.*?) :",
        lambda match: f'= "{name}"({", ".join(re.findall(r"%[a-z0-9]+", match[2]))}) :',
        text,
        count=1,
    )


def _names(rng: random.Random, text: str) -> str:
    return text.replace("@main", rng.choice(NAMES))


def _lines(rng: random.Random, text: str) -> str:
    lines = text.splitlines()
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def _characters(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice('(){}<>%@"!#:,x0?') + text[at + rng.randrange(2) :]


MUTATIONS: tuple[Mutation, ...] = (
    _types,
    _types,
    _some_types,
    _extents,
    _extents,
    _generic,
    _names,
    _lines,
    _characters,
)


def compile_all(texts: list[str]) -> list[str]:
    """What became of each; the process must not die."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER], input=json.dumps(texts), capture_output=True, text=True, timeout=60, check=False
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        fatal = texts[lines.count("start") - 1]
        pytest.fail(f"exit code {done.returncode} at:\n{fatal}\n{done.stderr[-2000:]}")
    return [line for line in lines if line != "start"]


@pytest.mark.parametrize("seed", range(2))
def test_mutated_programs(seed: int, modules: dict[str, str]) -> None:
    rng = random.Random(seed)
    texts = []
    for _ in range(40):
        text = rng.choice(list(modules.values()))
        for _ in range(rng.randrange(1, 3)):
            text = rng.choice(MUTATIONS)(rng, text)
        texts.append(text)
    outcomes = compile_all(texts)
    assert len(outcomes) == len(texts)
    assert set(outcomes) <= {"ok", "refused"}
    assert "ok" in outcomes
    assert "refused" in outcomes


def test_odd_models() -> None:
    texts = [
        "",
        "{",
        "\n",
        "module {}",
        "module {\n}",
        "func.func private @main()\n",
        "func.func @main() { return }\n",
        "func.func @main(%x: tensor<*xf32>) { return }\n",
        "func.func @main(%x: !acme.type) { return }\n",
        "func.func @main(%x: () -> ()) { return }\n",
        "func.func @main(%x: vector<4xf32>) -> vector<4xf32> { return %x : vector<4xf32> }\n",
        "func.func @main(%x: memref<4xf32>) { return }\n",
        "func.func @main(%x: tensor<4xf32, #acme.layout>) { return }\n",
        "func.func @main() { cf.br ^a\n^a:\n cf.br ^a }\n",
        "func.func @main() -> i32 { %0 = ub.poison : i32\n return %0 : i32 }\n",
        'util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<4xf32>\n'
        "func.func @main() -> tensor<4xf32> { %0 = util.global.load @w : tensor<4xf32>\n return %0 : tensor<4xf32> }\n",
        "hal.executable private @x {}\nfunc.func @main() { return }\n",
        "module { module { func.func @main() { return } } }\n",
        "module attributes {hal.device.targets = []} { func.func @main() { return } }\n",
        'func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { %0 = "acme.x"(%x) ({ ^bb0: }) : (tensor<4xf32>) '
        "-> tensor<4xf32>\n return %0 : tensor<4xf32> }\n",
        '"builtin.module"() ({}) : () -> ()\n',
        "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }\n" * 2,
    ]
    outcomes = compile_all(texts)
    assert len(outcomes) == len(texts)
    assert [
        (text, outcome) for text, outcome in zip(texts, outcomes, strict=True) if outcome not in ("ok", "refused")
    ] == []
