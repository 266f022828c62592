"""Calling one entry point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
from iree.runtime import HalBufferView, VmVariantList
from numpy.typing import NDArray

from ireekit.errors import DeviceError, InputError
from ireekit.runtime import arrays, failures, inputs
from ireekit.runtime.binding import Binder, folder
from ireekit.runtime.dtypes import numpy_dtype
from ireekit.runtime.inputs import Arguments, ArrayInput
from ireekit.runtime.staging import Staging, stage
from ireekit.runtime.tensors import SHARE_RESULTS_FROM, DeviceTensor, copy_in, layout, to_host
from ireekit.signature import EntryPoint, Leaf

if TYPE_CHECKING:
    import asyncio

    from ireekit.runtime.device import Device
    from ireekit.runtime.session import Session
    from ireekit.runtime.tensors import Layout


class _Result:
    """One flat result: how it is read.

    Attributes:
      dtype: what the caller gets; None for a number returned by value.
      compiled: what the module returns; differs where the compiler demoted f64.
      shape: None where it is not known before the call.
      casts: the two differ.
      layout: of the result as a device tensor; None as ``shape``.
      is_small: it can be mapped and copied without a further look.
    """

    __slots__ = ("casts", "compiled", "dtype", "is_small", "layout", "shape")

    def __init__(self, leaf: Leaf, compiled: Leaf | None, device: Device) -> None:
        static = leaf.shape is not None and all(isinstance(d, int) for d in leaf.shape)
        self.shape: Any = leaf.shape if static else None
        self.dtype: Any = None if leaf.shape is None else numpy_dtype(leaf.dtype)
        self.compiled: Any = inputs.compiled_dtype(leaf, compiled) or self.dtype
        self.layout = layout(device, self.dtype, self.shape) if self.shape is not None else None
        self.casts = bool(self.compiled != self.dtype)
        self.is_small = False
        if self.shape is not None and not self.casts and device.shares_memory:
            size = math.prod(self.shape) * self.dtype.itemsize
            self.is_small = 0 < size < SHARE_RESULTS_FROM


class Function:
    """An entry point of a loaded program; call it like the model it was compiled from.

    What goes in comes out: numpy arrays for numpy arrays, torch tensors for torch tensors, jax arrays
    for jax arrays, device tensors if every array is one, Python numbers for rank-0 results if all
    arguments are Python numbers. Any thread may call.
    """

    def __init__(self, session: Session, entry: EntryPoint, *, described: bool = True) -> None:
        """``described``: the entry point comes from its frontend, so what it says of state holds."""
        self.entry_point = entry
        self._session = session
        function, compiled = session.lookup(entry)
        self._vm_function = function
        self._arity = len(entry.inputs)
        # A change of state may still read the arguments when the call returns: then they are copied.
        device = session.device
        lends = device.shares_memory and (device.runs_inline or (described and not entry.stateful))
        self._inputs = [
            inputs.plan_input(leaf, inside, entry.name, sharing=lends)
            for leaf, inside in zip(entry.inputs, compiled[0], strict=True)
        ]
        self._results = [
            _Result(leaf, inside, session.device) for leaf, inside in zip(entry.results, compiled[1], strict=True)
        ]
        self._binder = Binder(entry)
        self._fold: Callable[[list[Any]], Any] = folder(entry.result)
        self._bare = entry.result.kind == "leaf" and len(entry.results) == 1
        # The layout of the one result that needs no look at what comes back.
        first = self._results[0] if self._bare else None
        self._bare_layout = None if first is None or first.casts else first.layout
        static = inputs.static_signature(self._inputs) if self._binder.is_flat else None
        self._layouts = None if static is None else [layout(device, *item) for item in static]
        self._staging = session.own(stage(static, device) if static is not None and lends else None)

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
        layouts = self._layouts
        if layouts is None or kwargs or returns is not None or len(args) != self._arity:
            return self.run(self.prepare(args, kwargs), returns)
        if type(args[0]) is DeviceTensor:
            handles = self._pack_tensors(args, layouts)
            if handles is None:
                return self.run(self.prepare(args, kwargs), None)
            with self._session.lock:
                outputs = self._invoke(handles)
            if self._bare_layout is not None:
                return DeviceTensor(outputs.get_as_object(0, HalBufferView), self._bare_layout)
            return self._collect_tensors(outputs)
        staging = self._staging
        if staging is None:
            return self.run(self.prepare(args, kwargs), None)
        return self._call_staged(args, staging)

    def _call_staged(self, args: tuple[Any, ...], staging: Staging) -> Any:
        """Small host arrays: copied into standing buffers; anything else takes the long way."""
        kind: arrays.ArrayKind | None = None
        session = self._session
        with session.lock:
            for value, (dtype, shape, slot) in zip(args, staging.slots):  # noqa: B905, lengths are compared above
                if type(value) is not np.ndarray:
                    found = arrays.known_kind(type(value))
                    if found is None:
                        break
                    kind = kind or found
                    try:
                        value = found.to_numpy(value)  # noqa: PLW2901
                    except (TypeError, ValueError, RuntimeError):
                        break  # said properly below
                if value.dtype is not dtype or value.shape != shape:
                    break
                slot[...] = value
            else:
                if staging.packed is not None:
                    outputs = self._invoke(staging.packed)
                    return self._collect(outputs, kind or arrays.NUMPY)
        return self.run(self.prepare(args, {}), None)

    def submit(self, *args: Any, returns: arrays.Returns | None = None, **kwargs: Any) -> Future[Any]:
        """Queues a call and returns at once; calls of one program run one after another, in order.

        Arguments are taken over before this returns, but for arrays of 64 KiB and more, which must
        not change until the future is done. Every error lands in the future.
        """
        try:
            return self._session.worker.submit(self, args, kwargs, returns)
        except DeviceError as error:  # closed
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    def call_async(self, *args: Any, returns: arrays.Returns | None = None, **kwargs: Any) -> asyncio.Future[Any]:
        """As :meth:`submit`, for ``await`` in the running event loop."""
        import asyncio

        return asyncio.wrap_future(self.submit(*args, returns=returns, **kwargs))

    def __repr__(self) -> str:
        return f"<Function {self.entry_point} on {self._session.device.uri}>"

    def prepare(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        values = self._binder.bind(args, kwargs)
        device = self._session.device
        arguments = Arguments(self._arity)
        for plan, value in zip(self._inputs, values, strict=True):
            plan.add(value, arguments, device)
        return arguments

    def _pack_tensors(self, args: Sequence[Any], layouts: list[Layout]) -> VmVariantList | None:
        """Open tensors that all lie on the device as the signature has them; None where one does not."""
        try:
            # Layouts are compared by identity, and a closed tensor's is no longer the one of its kind.
            if [value.layout for value in args] != layouts:
                return None
            return self._session.pack([value.handle for value in args])
        except AttributeError:  # not a device tensor
            return None

    def hosts(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], arrays.ArrayKind]:
        """The flat arguments of a call as checked host arrays, and their kind.

        Raises:
          InputError: as a call; also where the entry point takes numbers by value.
        """
        arguments = Arguments(0)
        values: list[Any] = []
        for plan, value in zip(self._inputs, self._binder.bind(args, kwargs), strict=True):
            if not isinstance(plan, ArrayInput):
                raise InputError(
                    f"{self.entry_point.name} takes a number by value",
                    op=self.entry_point.name,
                    remedy="call the function itself, or make the number a tensor in the model",
                )
            values.append(plan.host(value, arguments))
        return values, arguments.kind or arrays.NUMPY

    def run_hosts(self, values: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Runs on arrays as :meth:`hosts` gives them; the flat results as host arrays."""
        arguments = Arguments(self._arity)
        for plan, value in zip(self._inputs, values, strict=True):
            assert isinstance(plan, ArrayInput)
            plan.add_host(value, arguments, self._session.device)
        with self._session.lock:
            outputs = self._invoke(arguments.packed)
        views = (outputs.get_as_object(i, HalBufferView) for i in range(len(self._results)))
        return [self._read(view, result, arguments.lent) for view, result in zip(views, self._results, strict=True)]

    def fold(self, values: Sequence[NDArray[Any]], kind: arrays.ArrayKind) -> Any:
        """The Python result from flat host arrays."""
        return self._fold([kind.from_numpy(value) for value in values])

    def run(self, arguments: Arguments, returns: arrays.Returns | None) -> Any:
        arrays.parse_returns(returns)
        with self._session.lock:
            outputs = self._invoke(arguments.packed)
        if returns is None and arguments.arrays and arguments.arrays == arguments.on_device:
            returns = "device"
        if returns == "device":
            return self._collect_tensors(outputs, arguments.lent)
        kind = arrays.BY_NAME[returns] if returns else arguments.kind or arrays.NUMPY
        numbers = returns is None and arguments.numbers > 0 and arguments.arrays == 0
        return self._collect(outputs, kind, arguments.lent, numbers=numbers)

    def _invoke(self, packed: VmVariantList) -> VmVariantList:
        """Under the session's lock: a context must not be entered twice, and IREE does not see to it."""
        outputs = VmVariantList(len(self._results))
        session = self._session
        try:
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
        lent: Sequence[NDArray[Any]] = (),
        *,
        numbers: bool = False,
    ) -> Any:
        values: list[Any] = []
        for index, result in enumerate(self._results):
            if result.dtype is None:
                values.append(outputs.get_variant(index))
                continue
            view = outputs.get_as_object(index, HalBufferView)
            if result.is_small and not numbers:
                mapped: Any = view.map()
                array = np.ndarray(result.shape, result.dtype, mapped).copy()
            else:
                array = self._read(view, result, lent)
            if numbers and not array.shape:
                values.append(array.item())
            else:
                values.append(array if kind is arrays.NUMPY else kind.from_numpy(array))
        return values[0] if self._bare else self._fold(values)

    def _read(self, view: HalBufferView, result: _Result, lent: Sequence[NDArray[Any]]) -> NDArray[Any]:
        array = to_host(view, self._session.device, result.compiled, result.shape or tuple(view.shape))
        if lent and inputs.shares_bytes(array, lent):
            # Lent memory is the caller's to change after the call.
            array = array.copy()
        return array.astype(result.dtype) if result.casts else array

    def _collect_tensors(self, outputs: VmVariantList, lent: Sequence[NDArray[Any]] = ()) -> Any:
        device = self._session.device
        values: list[Any] = []
        for index, result in enumerate(self._results):
            if result.dtype is None:
                values.append(outputs.get_variant(index))
                continue
            view = outputs.get_as_object(index, HalBufferView)
            where = result.layout or layout(device, result.dtype, tuple(view.shape))
            if lent or result.casts:
                view = copy_in(self._read(view, result, lent), device)
            values.append(DeviceTensor(view, where))
        return values[0] if self._bare else self._fold(values)
