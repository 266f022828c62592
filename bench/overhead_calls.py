"""What a call costs beyond the work itself, next to ``iree.runtime`` and to the bare VM.

Programs add tensors of four floats, so nearly all the time is overhead. The ways are timed in turn,
round after round, so that drifts of the machine hit them alike; the table shows medians and the ratio
of medians to ``iree.runtime`` with the same kind of arguments.

    python bench/overhead_calls.py [--rounds N] [--torch]
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from timeit import Timer
from typing import Any

import iree.runtime as rt
import numpy as np

from ireekit.runtime import Program, open_device, to_device
from ireekit.signature import EntryPoint, Leaf

DEVICES = ("local-sync", "local-task")
INPUTS = (1, 2, 10)
_CPU = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
)


@dataclass(frozen=True)
class Measurement:
    """Median cost of one call.

    Attributes:
      baseline: that of ``iree.runtime`` with the same kind of arguments; None for the bare VM.
    """

    device: str
    inputs: int
    way: str
    microseconds: float
    baseline: float | None

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None else self.microseconds / self.baseline


def sum_program(inputs: int) -> bytes:
    """A program that adds its ``inputs`` tensors of four floats (one is added to itself)."""
    from iree.compiler import api, ir

    names = [f"%a{i}" for i in range(inputs)]
    total, lines = names[0], []
    for index, name in enumerate(names[1:] or names):
        lines.append(f"  %s{index} = arith.addf {total}, {name} : tensor<4xf32>")
        total = f"%s{index}"
    arguments = ", ".join(f"{name}: tensor<4xf32>" for name in names)
    body = "\n".join(lines)
    source = f"func.func @main({arguments}) -> tensor<4xf32> {{\n{body}\n  return {total} : tensor<4xf32>\n}}"
    session = api.Session()
    session.set_flags(*_CPU)
    with session.context, ir.Location.unknown():
        module = ir.Module.parse(source)
    invocation = session.invocation()
    invocation.import_module(module.operation)
    if not invocation.execute():
        raise RuntimeError("the benchmark program does not compile")
    output = api.Output.open_membuffer()
    invocation.output_vm_bytecode(output)
    return bytes(output.map_memory())


def ways(device: str, inputs: int, *, with_torch: bool = False) -> dict[str, Callable[[], object]]:
    """Name -> a call of the same program, by each way there is."""
    content = sum_program(inputs)
    leaves = [Leaf(f"a{i}", "float32", (4,)) for i in range(inputs)]
    entry = EntryPoint.flat("main", leaves, [Leaf("sum", "float32", (4,))])
    function = Program.load(content, device=device, entry_points=[entry])["main"]

    hal = open_device(device).hal
    instance = rt.VmInstance()
    module = rt.VmModule.copy_buffer(instance, content)
    context = rt.VmContext(instance, [rt.create_hal_module(instance, hal), module])
    vm_function = module.lookup_function("main")
    assert vm_function is not None
    invoker: Any = rt.FunctionInvoker(context, hal, vm_function)

    arrays = [np.ones(4, np.float32) for _ in range(inputs)]
    tensors = [to_device(array, device) for array in arrays]
    stock = [rt.asdevicearray(hal, array) for array in arrays]
    packed = rt.VmVariantList(inputs)
    for tensor in tensors:
        packed.push_ref(tensor.view)  # pyright: ignore[reportArgumentType]

    def bare() -> None:
        context.invoke(vm_function, packed, rt.VmVariantList(1))

    found: dict[str, Callable[[], object]] = {
        "bare VM": bare,
        "iree.runtime, numpy": lambda: invoker(*arrays).to_host(),
        "ireekit, numpy": lambda: function(*arrays),
        "iree.runtime, device": lambda: invoker(*stock),
        "ireekit, device": lambda: function(*tensors),
    }
    if with_torch:
        import torch

        framework: Any = torch

        values = [framework.ones(4) for _ in range(inputs)]
        found["iree.runtime, torch"] = lambda: framework.from_numpy(
            invoker(*[value.numpy() for value in values]).to_host()
        )
        found["ireekit, torch"] = lambda: function(*values)
    return found


def measure(
    device: str, inputs: int, *, rounds: int = 60, calls: int = 60, with_torch: bool = False
) -> Iterator[Measurement]:
    """Times every way of :func:`ways`, interleaved; microseconds per call."""
    timers = {name: Timer(call) for name, call in ways(device, inputs, with_torch=with_torch).items()}
    samples: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            samples[name].append(timer.timeit(calls) / calls * 1e6)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    for name, value in medians.items():
        kind = name.partition(", ")[2]
        yield Measurement(device, inputs, name, value, medians.get(f"iree.runtime, {kind}"))


def table(measurements: list[Measurement]) -> str:
    """The measurements as Markdown."""
    rows = [
        "| device | inputs | way | µs a call | ratio to iree.runtime |",
        "| --- | --- | --- | --- | --- |",
    ]
    for item in measurements:
        ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
        rows.append(f"| {item.device} | {item.inputs} | {item.way} | {item.microseconds:.1f} | {ratio} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="rounds of 60 calls for each way")
    parser.add_argument("--torch", action="store_true", help="with torch tensors as well")
    options = parser.parse_args()
    found = [
        item
        for device in DEVICES
        for inputs in INPUTS
        for item in measure(device, inputs, rounds=options.rounds, with_torch=options.torch)
    ]
    print(table(found))


if __name__ == "__main__":
    main()
