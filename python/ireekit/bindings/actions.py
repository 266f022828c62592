"""Hooks before and after the compiler's own passes, and a record of the passes it runs.

The native library watches a context through MLIR's action handler and calls Python only for passes that are hooked,
from whatever thread the compiler runs them on.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from ctypes import CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from ireekit.bindings.capabilities import problem as capability_problem
from ireekit.bindings.capsules import OPERATION, capsule_of, context_address
from ireekit.bindings.erasure import keep_erased
from ireekit.bindings.library import declare_functions
from ireekit.bindings.native import native_library, native_problem, require_native
from ireekit.bindings.printing import printing_locally
from ireekit.bindings.sequential import Sequential
from ireekit.errors import CapabilityError

if TYPE_CHECKING:
    from iree.compiler import ir

When: TypeAlias = Literal["before", "after"]

_CALLBACK = CFUNCTYPE(c_int32, c_void_p, c_uint32, c_void_p)

# What these passes compile is another program, for this machine: to evaluate constants.
_OPAQUE_PASSES = ("iree-consteval-jit-globals",)

UNREGISTERED_PASSES: tuple[str, ...] = (
    "amdgpu-maskedload-to-load",
    "arith-expand",
    "arith-unsigned-when-equivalent",
    "convert-vector-to-scf",
    "fold-tensor-subset-ops",
    "iree-vulkan-spirv-propagate-executable-target",
    "scf-for-loop-canonicalization",
    "spirv-canonicalize-gl",
    "spirv-rewrite-inserts",
    "spirv-unify-aliased-resource",
    "spirv-update-vce",
)
"""Passes that the compiler runs, and hooks can name, though pipeline texts cannot."""


class _Event(Structure):
    """``ireekit::PassEvent``."""

    _fields_ = (
        ("name", c_uint32),
        ("anchor", c_uint32),
        ("depth", c_uint32),
        ("phase", c_uint32),
        ("nanoseconds", c_uint64),
        ("own_nanoseconds", c_uint64),
    )


_SIGNATURES: tuple[tuple[str, object, tuple[object, ...]], ...] = (
    ("ireekit_actions_problem", c_char_p, (c_void_p,)),
    ("ireekit_actions_create", c_void_p, (c_void_p, _CALLBACK, c_void_p)),
    ("ireekit_actions_destroy", None, (c_void_p,)),
    ("ireekit_actions_add_hook", None, (c_void_p, c_char_p, c_bool, c_uint32)),
    ("ireekit_actions_add_opaque", None, (c_void_p, c_char_p)),
    ("ireekit_actions_attach", None, (c_void_p,)),
    ("ireekit_actions_detach", None, (c_void_p,)),
    ("ireekit_actions_set_phase", None, (c_void_p, c_uint32)),
    ("ireekit_actions_events", POINTER(_Event), (c_void_p, POINTER(c_size_t))),
    ("ireekit_actions_text", c_char_p, (c_void_p, c_size_t)),
)


@dataclass(frozen=True)
class Hook:
    """Something to run at every execution of a pass of the compiler.

    Attributes:
      pass_name: what pipeline texts call the pass.
      when: before or after it.
      run: is given the operation the pass runs on, and may change what is in it, nothing else. Called from any
        thread, from several at once for different operations. What it raises stops the compilation.
    """

    pass_name: str
    when: When
    run: Callable[[ir.Operation], None]


@dataclass(frozen=True)
class PassExecution:
    """One execution of a pass.

    Attributes:
      name: what pipeline texts call the pass, and hooks.
      anchor: name of the operation it ran on.
      depth: how many operations are around that operation.
      phase: what :meth:`PassWatch.set_phase` last said before it.
      seconds: it took.
      own_seconds: the same without passes that ran inside of it on its thread.
    """

    name: str
    anchor: str
    depth: int
    phase: str
    seconds: float
    own_seconds: float


def hooks_problem(context: ir.Context) -> str | None:
    """Why passes cannot be watched in ``context``, in one sentence; ``None`` where they can."""
    if missing := capability_problem("pass-hooks"):
        return missing
    if native_library() is None:
        return native_problem()
    problem = _library().ireekit_actions_problem(context_address(context))
    return problem.decode() if problem else None


class PassWatch:
    """Watches the passes that run in a context, from entering it to leaving it.

    When a hook raises, the operation is put back as it was before the hook, no further hook runs, and each pass that
    starts from then on fails. Passes that a hook itself runs on its operation are not hooked. At most one watch of
    a context is entered at a time; it is entered and left while the context runs no pass.

    Args:
      context: it must have loaded all dialects that hooks make operations of.
      hooks: those of one pass run in this order.

    Raises:
      CapabilityError: the installed compiler, or this installation of ireekit, cannot do it.
    """

    def __init__(self, context: ir.Context, hooks: Sequence[Hook] = ()) -> None:
        require_native()
        if problem := hooks_problem(context):
            raise CapabilityError(problem, remedy="pip install iree-base-compiler==3.13.0")
        self._native = _library()
        self._context = context
        self._hooks = tuple(hooks)
        self._phases: list[str] = [""]
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        # ctypes keeps no reference of its own.
        self._callback = _CALLBACK(self._on_hook)
        self._sequential = Sequential(context) if hooks else nullcontext()
        self._actions: int | None = self._native.ireekit_actions_create(context_address(context), self._callback, None)
        for name in _OPAQUE_PASSES:
            self._native.ireekit_actions_add_opaque(self._actions, name.encode())
        for index, hook in enumerate(self._hooks):
            self._native.ireekit_actions_add_hook(self._actions, hook.pass_name.encode(), hook.when == "after", index)

    def __enter__(self) -> Self:
        self._native.ireekit_actions_attach(self._actions)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._native.ireekit_actions_detach(self._actions)

    def __del__(self) -> None:
        if actions := getattr(self, "_actions", None):
            self._native.ireekit_actions_destroy(actions)

    @property
    def failure(self) -> BaseException | None:
        """What the first failing hook raised."""
        return self._failure

    def set_phase(self, phase: str) -> None:
        """Name the phase of the executions to come."""
        self._phases.append(phase)
        self._native.ireekit_actions_set_phase(self._actions, len(self._phases) - 1)

    def executions(self) -> tuple[PassExecution, ...]:
        """What ran so far, in the order of starting. Only while no pass runs."""
        count = c_size_t()
        events = self._native.ireekit_actions_events(self._actions, ctypes.byref(count))

        @functools.cache
        def text(index: int) -> str:
            return self._native.ireekit_actions_text(self._actions, index).decode()

        return tuple(
            PassExecution(
                text(event.name),
                text(event.anchor),
                event.depth,
                self._phases[event.phase],
                event.nanoseconds * 1e-9,
                event.own_nanoseconds * 1e-9,
            )
            for event in events[: count.value]
        )

    def _on_hook(self, _user: object, index: int, operation: int) -> int:
        try:
            # A thread that waits may be lent to another operation's hook.
            with keep_erased(), self._sequential, printing_locally():
                self._hooks[index].run(operation_at(operation))
        except BaseException as error:  # an exception cannot cross the compiler; whoever runs it raises it again
            with self._lock:
                self._failure = self._failure or error
            return 1
        return 0


def record_passes(context: ir.Context) -> PassWatch:
    """A watch without hooks: enter it, run passes, then read :meth:`PassWatch.executions`.

    Raises:
      CapabilityError: as :class:`PassWatch`.
    """
    return PassWatch(context)


def operation_at(address: int) -> Any:
    """The operation at an address, which must live on while it is used."""
    from iree.compiler import ir

    create: Any = getattr(ir.Operation, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    return create(capsule_of(address, OPERATION))


@functools.cache
def _library() -> ctypes.CDLL:
    handle = require_native()
    declare_functions(handle, _SIGNATURES)
    return handle
