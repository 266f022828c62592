"""Calling one entry point."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from iree.runtime import HalBufferView, VmVariantList
from numpy.typing import NDArray

from ireekit.errors import DeviceError
from ireekit.runtime import arrays, failures, inputs
from ireekit.runtime.binding import Binder, folder
from ireekit.runtime.dtypes import element_type, numpy_dtype
from ireekit.runtime.inputs import SHARE_ARGUMENTS_FROM, Arguments, ArrayInput
from ireekit.runtime.tensors import SHARED_MEMORY, SHARED_USAGE, DeviceTensor, copy_in, to_host
from ireekit.signature import EntryPoint, Leaf

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    from iree.runtime._binding import HalAllocator, HalDevice, HalElementType

    from ireekit.runtime.session import Session

_Fast = tuple[np.dtype[Any], tuple[int, ...], "HalElementType"]


class _Result:
    """One flat result: how it is read."""

    __slots__ = ("compiled", "dtype", "shape")

    def __init__(self, leaf: Leaf, compiled: Leaf | None) -> None:
        static = leaf.shape is not None and all(isinstance(d, int) for d in leaf.shape)
        self.shape: Any = leaf.shape if static else None
        self.dtype: np.dtype[Any] | None = None if leaf.shape is None else numpy_dtype(leaf.dtype)
        self.compiled = inputs.compiled_dtype(leaf, compiled) or self.dtype


class Function:
    """An entry point of a loaded program; call it like the model it was compiled from.

    What goes in comes out: numpy arrays for numpy arrays, torch tensors for torch tensors, jax arrays
    for jax arrays, device tensors if every array is one, Python numbers for rank-0 results if all
    arguments are Python numbers. Any thread may call.
    """

    def __init__(self, session: Session, entry: EntryPoint) -> None:
        self.entry_point = entry
        self._session = session
        function, compiled = session.lookup(entry)
        self._vm_function = function
        self._arity = len(entry.inputs)
        sharing = session.device.shares_memory and not entry.stateful
        self._inputs = [
            inputs.plan_input(leaf, inside, entry.name, sharing=sharing)
            for leaf, inside in zip(entry.inputs, compiled[0], strict=True)
        ]
        self._results = [
            _Result(leaf, inside) for leaf, inside in zip(entry.results, compiled[1], strict=True)
        ]
        self._binder = Binder(entry)
        self._fold: Callable[[list[Any]], Any] = folder(entry.result)
        self._bare = entry.result.kind == "leaf" and len(entry.results) == 1
        self._fast = self._plan_fast_path()
        self._allocator: HalAllocator = session.device.allocator
        self._hal: HalDevice = session.device.hal

    def __call__(self, *args: Any, returns: arrays.Returns | None = None, **kwargs: Any) -> Any:
        """Runs the entry point.

        Args:
          args: by position, as the model takes them.
          returns: the kind of arrays wanted back; by default that of the arguments.
          kwargs: by name.

        Raises:
          InputError: an argument does not fit the signature.
          DeviceError: the program failed while running, or is closed.
        """
        fast = self._fast
        if fast is None or kwargs or returns is not None or len(args) != self._arity:
            return self.run(self.prepare(args, kwargs), returns)
        packed = VmVariantList(self._arity)
        push, copy, hal = packed.push_ref, self._allocator.allocate_buffer_copy, self._hal
        for value, (dtype, shape, element) in zip(args, fast):  # noqa: B905, lengths compared above
            if (
                type(value) is not np.ndarray
                or value.dtype is not dtype
                or value.shape != shape
                or not value.flags.c_contiguous
                or value.nbytes >= SHARE_ARGUMENTS_FROM
            ):
                return self.run(self.prepare(args, kwargs), None)
            push(copy(SHARED_MEMORY, SHARED_USAGE, hal, value, element))  # pyright: ignore[reportArgumentType]
        return self._collect(self._invoke(packed), arrays.NUMPY, [])

    def submit(self, *args: Any, returns: arrays.Returns | None = None, **kwargs: Any) -> Future[Any]:
        """Queues a call and returns at once; calls of one program run one after another, in order.

        Arguments are taken over before this returns, but for arrays of 64 KiB and more, which must
        not change until the future is done. Every error lands in the future.
        """
        return self._session.worker.submit(self, args, kwargs, returns)

    def call_async(
        self, *args: Any, returns: arrays.Returns | None = None, **kwargs: Any
    ) -> asyncio.Future[Any]:
        """As :meth:`submit`, for ``await`` in the running event loop."""
        import asyncio

        return asyncio.wrap_future(self.submit(*args, returns=returns, **kwargs))

    def __repr__(self) -> str:
        return f"<Function {self.entry_point} on {self._session.device.uri}>"

    def _plan_fast_path(self) -> list[_Fast] | None:
        """Checks for calls by position with small numpy arrays of static shape; None where there are none."""
        if not self._binder.is_flat or not self._inputs or not self._session.device.shares_memory:
            return None
        plan: list[_Fast] = []
        for item in self._inputs:
            if (
                not isinstance(item, ArrayInput)
                or item.shape is None
                or item.dtype.isbuiltin != 1
                or item.compiled != item.dtype
            ):
                return None
            plan.append((item.dtype, item.shape, element_type(item.dtype)))
        return plan

    def prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        values = self._binder.bind(args, kwargs)
        device = self._session.device
        arguments = Arguments(VmVariantList(self._arity))
        for plan, value in zip(self._inputs, values, strict=True):
            plan.add(value, arguments, device)
        return arguments

    def run(self, arguments: Arguments, returns: arrays.Returns | None) -> Any:
        arrays.parse_returns(returns)
        outputs = self._invoke(arguments.packed)
        if returns is None and arguments.arrays and arguments.arrays == arguments.on_device:
            returns = "device"
        if returns == "device":
            return self._collect_tensors(outputs, arguments.lent)
        kind = arrays.BY_NAME[returns] if returns else arguments.kind or arrays.NUMPY
        numbers = returns is None and arguments.numbers > 0 and arguments.arrays == 0
        return self._collect(outputs, kind, arguments.lent, numbers=numbers)

    def _invoke(self, packed: VmVariantList) -> VmVariantList:
        outputs = VmVariantList(len(self._results))
        session = self._session
        try:
            # A context is not safe to enter twice: IREE keeps no lock of its own.
            with session.lock:
                session.context.invoke(self._vm_function, packed, outputs)
        except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, MemoryError) as error:
            raise DeviceError(
                f"{self.entry_point.name} failed on {session.device.uri}: {failures.one_line(error)}",
                op=self.entry_point.name,
                remedy=failures.runtime_remedy(error),
            ) from None
        return outputs

    def _collect(
        self,
        outputs: VmVariantList,
        kind: arrays.ArrayKind,
        lent: list[NDArray[Any]],
        *,
        numbers: bool = False,
    ) -> Any:
        device = self._session.device
        values: list[Any] = []
        for index, result in enumerate(self._results):
            dtype = result.compiled
            if dtype is None:
                values.append(outputs.get_variant(index))
                continue
            view = outputs.get_as_object(index, HalBufferView)
            array = to_host(view, device, dtype, result.shape or tuple(view.shape))
            if lent and inputs.shares_bytes(array, lent):
                array = array.copy()
            if result.dtype != dtype:
                array = array.astype(result.dtype)
            if numbers and not array.shape:
                values.append(array.item())
            else:
                values.append(kind.from_numpy(array))
        return values[0] if self._bare else self._fold(values)

    def _collect_tensors(self, outputs: VmVariantList, lent: list[NDArray[Any]]) -> Any:
        device = self._session.device
        values: list[Any] = []
        for index, result in enumerate(self._results):
            dtype = result.compiled
            if dtype is None:
                values.append(outputs.get_variant(index))
                continue
            view = outputs.get_as_object(index, HalBufferView)
            shape = result.shape or tuple(view.shape)
            if lent or result.dtype != dtype:
                # Lent memory may hold a result; it is the caller's to change after the call.
                array = to_host(view, device, dtype, shape).astype(result.dtype or dtype, copy=False)
                view = copy_in(array, device)
            values.append(DeviceTensor(view, device, result.dtype or dtype, shape))
        return values[0] if self._bare else self._fold(values)
