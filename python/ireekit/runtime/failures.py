"""IREE's runtime messages, cut to one sentence each."""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?:^|: )(?:\S+:\d+: )?([A-Z_]{4,}); ")
_SOURCE = re.compile(r"(?:c/|\S*/)?runtime/src/\S+:\d+: |<vm>:\d+: ")
_TARGET = re.compile(r'HAL device `[^`]*` not found or unavailable: #hal\.device\.target<"([\w-]+)"')
_ARCH = re.compile(r'(?:arch|cpu|target) = "([^"]+)"')
_MISMATCH = re.compile(r"(\w+) (shape|element type|rank)\b.*?mismatch; (.*)")

DRIVER_REASONS = (
    (re.compile(r"libcuda|nvcuda", re.IGNORECASE), "the CUDA driver library is not installed"),
    (re.compile(r"libamdhip|amdhip", re.IGNORECASE), "the HIP runtime library is not installed"),
    (re.compile(r"libvulkan|vulkan-1|MoltenVK", re.IGNORECASE), "the Vulkan loader library is not installed"),
    (
        re.compile(r"VK_ERROR_INCOMPATIBLE_DRIVER|no.*physical devices", re.IGNORECASE),
        "no Vulkan driver is installed (mesa-vulkan-drivers has a software one)",
    ),
)


def one_line(error: BaseException | str) -> str:
    """The cause in IREE's message: no source position, no status code, no list of modules, one line."""
    text = str(error)
    status = _STATUS.search(text)
    if status:
        text = text[status.end() :]
    text = _SOURCE.sub("", text).strip().splitlines()[0] if text.strip() else type(error).__name__
    text = text.split("; while ")[0].strip(" ;:")
    return text if len(text) <= 200 else text[:196] + " ..."


def driver_reason(error: BaseException) -> str:
    """Why a driver is not available, in a few words."""
    text = str(error)
    return next((reason for pattern, reason in DRIVER_REASONS if pattern.search(text)), one_line(text))


def compiled_for(error: BaseException) -> str | None:
    """``"vulkan (llvmpipe)"`` where the error says that the program's device is missing; else None."""
    text = str(error)
    target = _TARGET.search(text)
    if target is None:
        return None
    arch = _ARCH.search(text)
    kind = "cpu" if target[1] == "local" else target[1]
    return kind + (f" ({arch[1]})" if arch else "")


def runtime_remedy(error: BaseException) -> str:
    """What to do about a call that failed while running."""
    text = str(error)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text:
        return "use smaller inputs, or free other tensors on the device"
    if "mismatch" in text or "assert" in text.lower():
        return "check the shapes and dtypes of the arguments against the entry point's signature"
    return "run the same call on device='cpu-sync' to tell a device fault from a model fault"
