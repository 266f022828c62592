"""Loaded programs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ireekit.errors import ArtifactError, InputError
from ireekit.runtime.arrays import Returns
from ireekit.runtime.device import Device, open_device
from ireekit.runtime.function import Function
from ireekit.runtime.reflection import exported_names, reflect
from ireekit.runtime.session import Session, Source
from ireekit.signature import EntryPoint

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future


class Program(Mapping[str, Function]):
    """A program on a device: a mapping from entry point names to :class:`Function`.

    Calling the program itself calls its only entry point, or the one named ``main``. State that the
    program keeps (mutable buffers, KV caches) belongs to this object; load twice for two of them.

    Attributes:
      session: the native module and context, for tools that look beneath.
    """

    def __init__(self, session: Session, entry_points: Sequence[EntryPoint], *, described: bool = True) -> None:
        self.session = session
        self._described = described
        self._entries = {entry.name: entry for entry in entry_points}
        self._functions: dict[str, Function] = {}
        self._default = next(iter(self._entries)) if len(self._entries) == 1 else "main"

    @classmethod
    def load(
        cls,
        source: Source,
        *,
        device: str | Device = "cpu",
        entry_points: Sequence[EntryPoint] | None = None,
        parameters: Mapping[str, str | os.PathLike[str]] | None = None,
    ) -> Self:
        """Loads a compiled program.

        Args:
          source: path of a ``.vmfb``, which is memory-mapped, or its bytes.
          device: see :func:`~ireekit.runtime.open_device`.
          entry_points: what can be called; by default every public function, as the module declares it.
            A module does not declare its state, so arguments are then always copied on ``"cpu"``.
          parameters: scope -> ``.irpa``, ``.safetensors`` or ``.gguf`` file with weights of the program.

        Raises:
          ArtifactError: the file, its parameters or an entry point is missing or unreadable.
          DeviceError: no such device, or the program was compiled for another kind.
        """
        session = Session(source, open_device(device), parameters)
        described = entry_points is not None
        if entry_points is None:
            entry_points = reflect(session.module)
        if not entry_points:
            raise _undescribed(exported_names(session.module))
        return cls(session, entry_points, described=described)

    @property
    def device(self) -> Device:
        """Where the program runs."""
        return self.session.device

    @property
    def entry_points(self) -> tuple[EntryPoint, ...]:
        """What can be called, in the order of the program."""
        return tuple(self._entries.values())

    def __call__(self, *args: Any, returns: Returns | None = None, **kwargs: Any) -> Any:
        """Calls the only entry point, or ``main``; see :meth:`Function.__call__`."""
        return self.main(*args, returns=returns, **kwargs)

    def submit(self, *args: Any, returns: Returns | None = None, **kwargs: Any) -> Future[Any]:
        """Queues a call of the only entry point, or ``main``; see :meth:`Function.submit`."""
        return self.main.submit(*args, returns=returns, **kwargs)

    def call_async(self, *args: Any, returns: Returns | None = None, **kwargs: Any) -> asyncio.Future[Any]:
        """Awaitable :meth:`submit`."""
        return self.main.call_async(*args, returns=returns, **kwargs)

    def __getitem__(self, name: str) -> Function:
        function = self._functions.get(name)
        if function is None:
            if name not in self._entries:
                raise InputError(
                    f"the program has no entry point {name!r}", remedy=f"it has {', '.join(self._entries)}"
                )
            function = self._functions.setdefault(
                name, Function(self.session, self._entries[name], described=self._described)
            )
        return function

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def reset(self) -> None:
        """Puts all state back to what it was after loading; the file is not read again."""
        self.session.reset()

    def memory(self) -> dict[str, int]:
        """Bytes on the program's device; see :meth:`Device.memory`."""
        return self.session.device.memory()

    def close(self) -> None:
        """Waits for the call in progress, cancels submitted ones, and releases the program."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return f"<Program on {self.device.uri}: {', '.join(self._entries)}>"

    @property
    def main(self) -> Function:
        """The only entry point, or the one named ``main``.

        Raises:
          InputError: there is no such one.
        """
        if self._default not in self._entries:
            raise InputError(
                "the program has several entry points and none is named main",
                remedy=f"call one by name: program[{next(iter(self._entries))!r}](...)",
            )
        return self[self._default]


def _undescribed(names: tuple[str, ...]) -> ArtifactError:
    if not names:
        return ArtifactError("the program has no entry points", remedy="compile a public function")
    return ArtifactError(
        f"the program does not describe its entry points ({', '.join(names)}), as those of torch and ONNX do not",
        remedy="load the artifact that ireekit saved, or pass entry_points=[EntryPoint.flat(...)]",
    )
