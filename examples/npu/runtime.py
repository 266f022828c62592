"""A compiled program at work: the host's part on IREE's CPU runtime, the kernels on the simulated accelerator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from iree import runtime

import ireekit
from ireekit.errors import InputError

from .machine import MACHINE, MAX_INPUTS, Machine
from .simulator import SimulationError, Simulator

_ELEMENTS = {"float32": runtime.HalElementType.FLOAT_32, "float16": runtime.HalElementType.FLOAT_16}


class Program:
    """A program with kernels for the accelerator; a context manager that frees what it holds.

    Args:
      artifact: compiled for ``"cpu"`` with :data:`npu.pipeline`.
      machine: the accelerator to simulate.

    Example::

        with npu.Program(artifact) as program:
            y = program(x)
    """

    def __init__(self, artifact: ireekit.Artifact, machine: Machine = MACHINE) -> None:
        self.simulator = Simulator(machine)
        self._failures: list[SimulationError] = []
        config = runtime.Config("local-sync")
        driver = _driver(self.simulator, config.device, self._failures)
        host = runtime.VmModule.copy_buffer(config.vm_instance, artifact.data)
        hal = runtime.create_hal_module(config.vm_instance, config.device)
        context = runtime.VmContext(config.vm_instance, modules=[hal, driver.create(), host])
        main = host.lookup_function("main")
        if main is None:
            raise InputError("the program has no function 'main'")
        self._main: runtime.FunctionInvoker | None = runtime.FunctionInvoker(context, config.device, main)

    def __call__(self, *inputs: np.ndarray) -> np.ndarray:
        """Run ``main``.

        Raises:
          InputError: the program is closed.
          SimulationError: see :meth:`Simulator.run`.
        """
        if self._main is None:
            raise InputError("the program is closed")
        try:
            result: Any = self._main(*inputs)
            return result.to_host()
        except RuntimeError:
            # What a host module raises crosses the runtime as text only.
            if self._failures:
                raise self._failures.pop() from None
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._main = None


def _driver(simulator: Simulator, device: Any, failures: list[SimulationError]) -> Any:
    """The module ``npu`` that compiled programs import: ``launchN(stream, inputs..., initial result) -> result``."""

    def launch(_: object, stream: Any, *buffers: Any) -> Any:
        text = _array(stream, device).tobytes().decode()
        *inputs, result = (_array(buffer, device) for buffer in buffers)
        result = np.array(result)
        try:
            simulator.run(text, *map(_as_matrix, inputs), result)
        except SimulationError as error:
            failures.append(error)
            raise
        return _view(result, device).ref

    interface = runtime.PyModuleInterface(module_name="npu", ctor=_no_state)
    for count in range(MAX_INPUTS + 1):
        interface.export(f"launch{count}", f"0{'r' * (count + 2)}_r", launch)
    return interface


def _no_state(interface: Any) -> None:
    """The driver keeps nothing from call to call."""


def _array(reference: Any, device: Any) -> np.ndarray:
    view = reference.deref(runtime.HalBufferView)
    return runtime.DeviceArray(device, view, implicit_host_transfer=True).to_host()


def _view(array: np.ndarray, device: Any) -> Any:
    return device.allocator.allocate_buffer_copy(
        memory_type=runtime.MemoryType.DEVICE_LOCAL,
        allowed_usage=runtime.BufferUsage.DEFAULT | runtime.BufferUsage.MAPPING,
        device=device,
        buffer=np.ascontiguousarray(array),
        element_type=_ELEMENTS[array.dtype.name],
    )


def _as_matrix(array: np.ndarray) -> np.ndarray:
    return array.reshape(1, -1) if array.ndim == 1 else array
