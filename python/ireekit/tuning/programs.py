"""A program of one dispatch, to be compiled and called by itself.

Its function ``run`` takes how often to dispatch, and a buffer for each binding. Buffers of weights hold as many copies
as the weights of the whole model have room for, which are taken in turn: so they come from the cache, or the memory,
that they come from when the model is called again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

from ireekit.tuning.dispatches import Buffer, Dispatch

FUNCTION = "run"
_MOST_BYTES = 128 << 20
_ALIGNMENT = 64

_RUN = """
util.func public @{name}(%n: i32{parameters}) attributes {{iree.abi.stub}} {{
  %count = arith.index_cast %n : i32 to index
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
{declarations}
  %device, %affinity = hal.device.resolve on(#hal.device.affinity<@{device}>) : !hal.device, i64
  %cmd = hal.command_buffer.create device(%device : !hal.device) mode("OneShot|AllowInlineExecution")
      categories(Dispatch) affinity(%affinity) : !hal.command_buffer
  %x, %y, %z = hal.executable.calculate_workgroups device(%device : !hal.device) target({entry}){workload}
      : index, index, index
  %exe = hal.executable.lookup device(%device : !hal.device) executable({executable}) : !hal.executable
  %function = hal.executable.lookup.function target(%exe : !hal.executable) function({entry}) : i64
  scf.for %i = %zero to %count step %one {{
{offsets}
    hal.command_buffer.dispatch<%cmd : !hal.command_buffer> target(%exe : !hal.executable)[%function]
        workgroups([%x, %y, %z]){constants} bindings([
{bindings}
    ]) flags("None")
    hal.command_buffer.execution_barrier<%cmd : !hal.command_buffer> source("Dispatch|CommandRetire")
        target("CommandIssue|Dispatch") flags("None")
  }}
  hal.command_buffer.finalize<%cmd : !hal.command_buffer>
  %null = util.null : !hal.fence
  %fence = hal.fence.create device(%device : !hal.device) flags("None") : !hal.fence
  hal.device.queue.execute<%device : !hal.device> affinity(%affinity) wait(%null) signal(%fence) commands(%cmd)
      flags("None")
  %forever = arith.constant -1 : i32
  %status = hal.fence.await until([%fence]) timeout_millis(%forever) flags("None") : i32
  util.status.check_ok %status, "the dispatch failed"
  util.return
}}
"""


@dataclass(frozen=True)
class Placed:
    """A buffer as the program takes it.

    Attributes:
      buffer: what is in it.
      copies: how often.
      stride: bytes from one to the next.
    """

    buffer: Buffer
    copies: int
    stride: int


def placed_buffers(dispatch: Dispatch) -> tuple[Placed, ...]:
    """The buffers of ``run``, in order."""
    placed: list[Placed] = []
    for buffer in dispatch.buffers:
        stride = max(_ALIGNMENT, -(-buffer.byte_size // _ALIGNMENT) * _ALIGNMENT)
        copies = max(1, min(buffer.constant_bytes, _MOST_BYTES) // stride)
        placed.append(Placed(buffer, copies, stride))
    return tuple(placed)


def program_text(dispatch: Dispatch) -> str:
    """The program as MLIR, at phase ``executable-sources``, of a dispatch that can be tuned."""
    executable, variant, function = (f'@"{name}"' for name in dispatch.entry)
    placed = placed_buffers(dispatch)
    declarations = [f"  %c{at} = arith.constant {value} : i32" for at, value in enumerate(dispatch.constants)]
    declarations += [f"  %w{at} = arith.constant {value} : index" for at, value in enumerate(dispatch.workload)]
    offsets: list[str] = []
    bindings: list[str] = []
    for at, each in enumerate(placed):
        declarations += [
            f"  %b{at} = hal.buffer_view.buffer<%v{at} : !hal.buffer_view> : !hal.buffer",
            f"  %size{at} = arith.constant {each.stride} : index",
            f"  %copies{at} = arith.constant {each.copies} : index",
        ]
        offsets += [
            f"    %copy{at} = arith.remui %i, %copies{at} : index",
            f"    %at{at} = arith.muli %copy{at}, %size{at} : index",
        ]
        bindings.append(f"      (%b{at} : !hal.buffer)[%at{at}, %size{at}]")
    named = ", ".join(f"%c{at}" for at in range(len(dispatch.constants)))
    run = _RUN.format(
        name=FUNCTION,
        parameters="".join(f", %v{at}: !hal.buffer_view" for at in range(len(placed))),
        declarations="\n".join(declarations),
        device=dispatch.device.partition("@")[2].partition(" ")[0],
        entry=f"{executable}::{variant}::{function}",
        executable=executable,
        workload=f"({', '.join(f'%w{at}' for at in range(len(dispatch.workload)))})" if dispatch.workload else "",
        offsets="\n".join(offsets),
        constants=f" constants([{named}])" if dispatch.constants else "",
        bindings=",\n".join(bindings),
    )
    return f"{dispatch.device}\n{dispatch.text}\n{run}"
