"""The native half of a loaded program: module, context, lock."""

from __future__ import annotations

import mmap
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from iree.runtime import VmContext, VmInstance, VmModule, VmVariantList, create_hal_module
from iree.runtime._binding import (
    ArgumentPacker,
    InvokeContext,
    _invoke_statics,  # pyright: ignore[reportPrivateUsage]
)

from ireekit.errors import ArtifactError, DeviceError, IreekitError
from ireekit.runtime import failures, lifetime
from ireekit.runtime.parameters import parameters_module
from ireekit.runtime.reflection import describe, exported_names
from ireekit.runtime.staging import Staging
from ireekit.runtime.tensors import ALIGNMENT, empty
from ireekit.runtime.worker import Worker
from ireekit.signature import EntryPoint, Leaf

if TYPE_CHECKING:
    from iree.runtime import VmFunction

    from ireekit.runtime.device import Device

# What IREE says when weights are missing or do not fit: pattern, cause, remedy.
_PARAMETER_ERRORS = (
    (
        "'io_parameters' not registered",
        "the program keeps its weights in a file of their own, and none was given",
        "pass parameters={'model': 'weights.irpa'}, by the scope they were saved under",
    ),
    (
        r"no provider registered that handles scopes like '([^']*)'",
        "the program needs parameters of scope {0!r}, and none were given",
        "pass parameters={'<scope>': '<file>'} with the scope named here",
    ),
    (
        r"no parameter found in index with key '([^']*)'",
        "the parameter files have no parameter {0!r}, which the program needs",
        "pass the file that was saved with the program",
    ),
    (
        r"parameter [`']([^`']*)[`'] range out of bounds \(offset=\d+, length=(\d+), size=(\d+)\)",
        "parameter {0!r} has {2} bytes, the program needs {1}",
        "pass the file that was saved with the program",
    ),
)

Leaves = tuple[Leaf | None, ...]
Source = bytes | bytearray | memoryview | str | os.PathLike[str]


class _Instance:
    """The process's VM instance: types are registered once."""

    def __init__(self) -> None:
        self.vm: VmInstance | None = VmInstance()
        lifetime.register(lifetime.DEVICES, self)

    def in_use(self) -> bool:
        return False  # nothing depends on it once modules and contexts are gone

    def close(self) -> None:
        self.vm = None


_instance: _Instance | None = None
_instance_lock = threading.Lock()


def vm_instance() -> VmInstance:
    global _instance  # noqa: PLW0603, one per process
    with _instance_lock:
        if _instance is None or _instance.vm is None:
            _instance = _Instance()
        assert _instance.vm is not None
        return _instance.vm


class Session:
    """Module, context and worker of one program on one device.

    Attributes:
      lock: held while the context runs; a context must not be entered twice.
    """

    def __init__(
        self,
        source: Source,
        device: Device,
        parameters: Mapping[str, str | os.PathLike[str]] | None,
    ) -> None:
        instance = vm_instance()
        self.device = device
        self.lock = threading.RLock()
        self._module: VmModule | None = load_module(instance, source)
        modules = [create_hal_module(instance, device.hal)]
        if parameters:
            modules.append(parameters_module(instance, parameters))
        self._libraries = modules
        self._context: VmContext | None = self._new_context()
        self._worker: Worker | None = None
        self._staging: list[Staging] = []
        self._packer: ArgumentPacker | None = ArgumentPacker(_invoke_statics)
        lifetime.register(lifetime.PROGRAMS, self)

    @property
    def module(self) -> VmModule:
        if self._module is None:
            raise _closed()
        return self._module

    @property
    def context(self) -> VmContext:
        if self._context is None:
            raise _closed()
        return self._context

    @property
    def worker(self) -> Worker:
        with self.lock:
            if self._context is None:
                raise _closed()
            if self._worker is None:
                self._worker = Worker()
            return self._worker

    def lookup(self, entry: EntryPoint) -> tuple[VmFunction, tuple[Leaves, Leaves]]:
        """The function of an entry point, with its arguments and results as the module declares them.

        Raises:
          ArtifactError: the module has no such function, or one of another arity.
        """
        function = self.module.lookup_function(entry.name)
        if function is None:
            raise ArtifactError(
                f"the program has no entry point {entry.name!r}",
                remedy=f"it has {', '.join(exported_names(self.module)) or 'none'}",
            )
        compiled = describe(self.module, entry.name)
        if compiled is None:
            return function, ((None,) * len(entry.inputs), (None,) * len(entry.results))
        for what, declared, inside in (
            ("arguments", entry.inputs, compiled[0]),
            ("results", entry.results, compiled[1]),
        ):
            if len(declared) != len(inside):
                raise ArtifactError(
                    f"entry point {entry.name!r} is described with {len(declared)} {what}, "
                    f"but was compiled with {len(inside)}",
                    remedy="load the program with the entry points it was compiled with",
                )
        return function, compiled

    def own(self, staging: Staging | None) -> Staging | None:
        """Has a function's buffers released with the program."""
        if staging is not None:
            self._staging.append(staging)
        return staging

    def pack(self, handles: list[Any]) -> VmVariantList:
        """Buffer views as arguments; IREE's packer takes a third of the time of a loop here."""
        packer = self._packer
        if packer is None:
            raise _closed()
        return packer.pack(InvokeContext(self.device.hal), handles, {})

    def reset(self) -> None:
        """Mutable state as it was after loading."""
        with self.lock:
            if self._context is None:
                raise _closed()
            self._context = self._new_context()

    @property
    def is_open(self) -> bool:
        """Whether it can be called."""
        return self._module is not None

    def close(self) -> None:
        worker = self._worker
        if worker is not None:
            worker.close()
        with self.lock:
            for staging in self._staging:
                staging.close()
            self._staging = []
            self._worker = None
            self._packer = None
            self._context = None
            self._libraries = []
            self._module = None

    def _new_context(self) -> VmContext:
        try:
            return VmContext(vm_instance(), [*self._libraries, self.module])
        except Exception as error:  # IREE maps each status code to another exception type
            raise self._loading_error(error) from None

    def _loading_error(self, error: Exception) -> IreekitError:
        text = str(error)
        target = failures.compiled_for(error)
        if target is not None:
            return DeviceError(
                f"the program was compiled for {target}, the device is {self.device.info}",
                remedy="choose a device of that kind, or compile for this one",
            )
        for pattern, cause, remedy in _PARAMETER_ERRORS:
            if found := re.search(pattern, text):
                return ArtifactError(cause.format(*found.groups()), remedy=remedy)
        return DeviceError(
            f"the program cannot be loaded on {self.device.uri}: {failures.one_line(error)}",
            remedy="compile it for this device with this version of IREE",
        )


def load_module(instance: VmInstance, source: Source) -> VmModule:
    """A module over a memory-mapped file, or over bytes (used in place if 64-byte aligned).

    Raises:
      ArtifactError: the file is missing, or no program of this version.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        name, buffer = "the program", _aligned(source)
    else:
        name, buffer = Path(source).name, _map_file(Path(source))
    try:
        return VmModule.wrap_buffer(instance, buffer)
    except Exception as error:  # IREE maps each status code to another exception type
        raise ArtifactError(
            f"{name} is no compiled program: {failures.one_line(error)}",
            remedy="compile it again with the installed version of IREE",
        ) from None


def _aligned(source: bytes | bytearray | memoryview) -> Any:
    array = np.frombuffer(source, np.uint8)
    if array.size == 0 or array.ctypes.data % ALIGNMENT == 0:
        return array
    copy = empty(array.shape, np.uint8)
    copy[:] = array
    return copy


def _map_file(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ArtifactError(f"{path} is empty", remedy="compile the program again")
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror or error}", remedy="check the path") from error


def _closed() -> DeviceError:
    return DeviceError("the program is closed", remedy="load it again, or close it later")
