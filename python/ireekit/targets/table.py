"""The table of targets: families, their architectures, and what IREE has to be told for each.

Architectures are listed because IREE aborts the process on a name it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["O0", "O1", "O2", "O3"]


@dataclass(frozen=True)
class Architecture:
    """One architecture of a family.

    Attributes:
      flags: compiler flags that select it.
      description: what it is, in a few words.
      note: said to the user at every use, where the compiled code differs from what the name promises.
    """

    flags: tuple[str, ...]
    description: str = ""
    note: str | None = None


@dataclass(frozen=True)
class Family:
    """A kind of device.

    Attributes:
      name: as people type it.
      device: IREE's device name for ``--iree-hal-target-device``.
      drivers: HAL drivers that can run its programs, preferred one first.
      default: architecture where none is named; ``None`` where it depends on the devices found.
      architectures: by name.
      flags: always given.
      static_library: whether a bare-metal static library can be made for it.
      double_precision: whether all its devices compute in f64.
      default_level: optimization level where none is asked for. The aggressive fusion of O2 makes dispatches that
        GPU code generation refuses, and on Vulkan some that it gets wrong without a word.
    """

    name: str
    device: str
    drivers: tuple[str, ...]
    default: str | None
    description: str
    architectures: dict[str, Architecture] = field(default_factory=dict[str, Architecture])
    flags: tuple[str, ...] = ()
    static_library: bool = False
    double_precision: bool = True
    default_level: Level = "O1"


def _x86(cpu: str, description: str) -> Architecture:
    return Architecture(
        ("--iree-llvmcpu-target-triple=x86_64-unknown-linux-gnu", f"--iree-llvmcpu-target-cpu={cpu}"),
        description,
    )


def _cpu(triple: str, description: str, *flags: str, cpu: str = "generic") -> Architecture:
    return Architecture(
        (f"--iree-llvmcpu-target-triple={triple}", f"--iree-llvmcpu-target-cpu={cpu}", *flags), description
    )


_SMALL_STACK = "--iree-llvmcpu-stack-allocation-limit=32768"
_ARM_LINUX = "aarch64-unknown-linux-gnu"

_CPUS: dict[str, Architecture] = {
    "host": Architecture(("--iree-llvmcpu-target-cpu=host",), "this machine's CPU with all its features"),
    "generic": Architecture(("--iree-llvmcpu-target-cpu=generic",), "this machine's architecture, baseline features"),
    "x86-64": _x86("x86-64", "any 64-bit x86"),
    "x86-64-v2": _x86("x86-64-v2", "x86 with SSE4.2"),
    "x86-64-v3": _x86("x86-64-v3", "x86 with AVX2 and FMA"),
    "x86-64-v4": _x86("x86-64-v4", "x86 with AVX-512"),
    "haswell": _x86("haswell", "Intel, AVX2"),
    "skylake-avx512": _x86("skylake-avx512", "Intel, AVX-512"),
    "icelake-server": _x86("icelake-server", "Intel, AVX-512 with VNNI"),
    "sapphirerapids": _x86("sapphirerapids", "Intel, AVX-512 with AMX"),
    "znver3": _x86("znver3", "AMD Zen 3, AVX2"),
    "znver4": _x86("znver4", "AMD Zen 4, AVX-512 with VNNI"),
    "znver5": _x86("znver5", "AMD Zen 5, AVX-512 with VNNI"),
    "windows-x86-64-v3": _cpu("x86_64-pc-windows-msvc", "Windows on x86 with AVX2", cpu="x86-64-v3"),
    "aarch64": _cpu(_ARM_LINUX, "any 64-bit Arm, Linux"),
    "aarch64-android": _cpu("aarch64-linux-android29", "any 64-bit Arm, Android"),
    "aarch64-apple": _cpu("arm64-apple-macos", "any Apple silicon, macOS", cpu="apple-m1"),
    "cortex-a76": _cpu(_ARM_LINUX, "Arm Cortex-A76 (Raspberry Pi 5)", cpu="cortex-a76"),
    "neoverse-n1": _cpu(_ARM_LINUX, "Arm Neoverse N1 (Graviton 2, Ampere Altra)", cpu="neoverse-n1"),
    "neoverse-v1": _cpu(_ARM_LINUX, "Arm Neoverse V1 (Graviton 3)", cpu="neoverse-v1"),
    "riscv64": _cpu(
        "riscv64-unknown-linux-gnu",
        "64-bit RISC-V, Linux",
        "--iree-llvmcpu-target-cpu-features=+m,+a,+f,+d,+c",
        "--iree-llvmcpu-target-abi=lp64d",
        cpu="generic-rv64",
    ),
    "riscv64-v": _cpu(
        "riscv64-unknown-linux-gnu",
        "64-bit RISC-V with the vector extension, Linux",
        "--iree-llvmcpu-target-cpu-features=+m,+a,+f,+d,+c,+v,+zvl256b",
        "--iree-llvmcpu-target-abi=lp64d",
        cpu="generic-rv64",
    ),
    "riscv32": _cpu(
        "riscv32-pc-linux-elf",
        "32-bit RISC-V, bare metal",
        _SMALL_STACK,
        "--iree-llvmcpu-target-cpu-features=+m,+f",
        "--iree-llvmcpu-target-abi=ilp32",
        cpu="generic-rv32",
    ),
    "cortex-m4": _cpu(
        "armv7em-pc-linux-elf",
        "Arm Cortex-M4, bare metal",
        _SMALL_STACK,
        "--iree-llvmcpu-target-cpu-features=+vfp4d16sp,+dsp",
        "--iree-llvmcpu-target-float-abi=hard",
        cpu="generic",
    ),
    "cortex-m7": _cpu(
        "armv7em-pc-linux-elf",
        "Arm Cortex-M7, bare metal",
        _SMALL_STACK,
        "--iree-llvmcpu-target-cpu-features=+fp-armv8d16,+dsp",
        "--iree-llvmcpu-target-float-abi=hard",
        cpu="generic",
    ),
    "wasm32": _cpu("wasm32-unknown-emscripten", "WebAssembly", "--iree-llvmcpu-target-cpu-features=+simd128"),
}


def _vulkan(name: str, description: str) -> Architecture:
    return Architecture((f"--iree-vulkan-target={name}",), description)


_VULKAN: dict[str, Architecture] = {
    "llvmpipe": _vulkan("llvmpipe", "Mesa's software device"),
    "android-baseline-2022": _vulkan("vp_android_baseline_2022", "phones of 2022 and later"),
    "adreno": _vulkan("adreno", "Qualcomm Adreno"),
    "valhall1": _vulkan("valhall1", "Arm Mali-G57 to G78"),
    "valhall2": _vulkan("valhall2", "Arm Mali-G510 to G710"),
    "valhall3": _vulkan("valhall3", "Arm Mali-G615, G715"),
    "valhall4": _vulkan("valhall4", "Arm Immortalis-G720"),
    "rdna1": _vulkan("rdna1", "AMD Radeon RX 5000"),
    "rdna2": _vulkan("rdna2", "AMD Radeon RX 6000"),
    "rdna3": _vulkan("rdna3", "AMD Radeon RX 7000"),
    "rdna4": _vulkan("rdna4", "AMD Radeon RX 9000"),
    "pascal": _vulkan("pascal", "NVIDIA GTX 10"),
    "turing": _vulkan("turing", "NVIDIA RTX 20, GTX 16, T4"),
    "ampere": _vulkan("ampere", "NVIDIA RTX 30, A100, and newer data-centre chips"),
    "ada": _vulkan("ada", "NVIDIA RTX 40, L4, L40"),
}


def _cuda(name: str, description: str, compiled_as: str | None = None) -> Architecture:
    note = (
        f"the compiler has no code generation of its own for {name}: the program holds {compiled_as} PTX, "
        "which the driver compiles for the chip at load"
    )
    return Architecture((f"--iree-cuda-target={compiled_as or name}",), description, note if compiled_as else None)


_CUDA: dict[str, Architecture] = {
    "sm_60": _cuda("sm_60", "Pascal, P100"),
    "sm_70": _cuda("sm_70", "Volta, V100"),
    "sm_75": _cuda("sm_75", "Turing, T4"),
    "sm_80": _cuda("sm_80", "Ampere, A100"),
    "sm_86": _cuda("sm_86", "Ampere, RTX 30, A10"),
    "sm_89": _cuda("sm_89", "Ada, RTX 40, L4"),
    "sm_90": _cuda("sm_90", "Hopper, H100, H200", "sm_89"),
    "sm_90a": _cuda("sm_90a", "Hopper, H100, H200", "sm_89"),
    "sm_100": _cuda("sm_100", "Blackwell, B200", "sm_89"),
    "sm_120": _cuda("sm_120", "Blackwell, RTX 50"),
}

_ROCM: dict[str, Architecture] = {
    name: Architecture((f"--iree-rocm-target={name}",), description)
    for name, description in {
        "gfx908": "CDNA 1, MI100",
        "gfx90a": "CDNA 2, MI250",
        "gfx942": "CDNA 3, MI300",
        "gfx950": "CDNA 4, MI350",
        "gfx1100": "RDNA 3, RX 7900",
        "gfx1101": "RDNA 3, RX 7800",
        "gfx1150": "RDNA 3.5, Strix Point",
        "gfx1151": "RDNA 3.5, Strix Halo",
        "gfx1200": "RDNA 4, RX 9060",
        "gfx1201": "RDNA 4, RX 9070",
    }.items()
}

_METAL: dict[str, Architecture] = {
    platform: Architecture(
        (f"--iree-metal-target-platform={platform}", "--iree-metal-compile-to-metallib=false"),
        f"Apple GPUs, {platform}; Metal source is embedded and compiled at load",
    )
    for platform in ("macos", "ios", "ios-simulator")
}

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "cpu",
            "local",
            ("local-task", "local-sync"),
            "host",
            "CPUs, native code",
            _CPUS,
            (
                "--iree-hal-local-target-device-backends=llvm-cpu",
                # Ordinary layer norms exceed the default of 32 KiB; IREE's own worker threads have stacks of 128 KiB.
                "--iree-llvmcpu-stack-allocation-limit=65536",
            ),
            static_library=True,
            default_level="O2",
        ),
        Family("vulkan", "vulkan", ("vulkan",), None, "GPUs over Vulkan, SPIR-V", _VULKAN, double_precision=False),
        Family("cuda", "cuda", ("cuda",), "sm_80", "NVIDIA GPUs, PTX", _CUDA),
        Family("rocm", "hip", ("hip",), "gfx942", "AMD GPUs, HSACO", _ROCM),
        Family("metal", "metal", ("metal",), "macos", "Apple GPUs, Metal source", _METAL, double_precision=False),
        Family(
            "vmvx",
            "local",
            ("local-task", "local-sync"),
            "any",
            "any CPU, portable bytecode; about 100 times slower than cpu",
            {"any": Architecture((), "interpreted")},
            ("--iree-hal-local-target-device-backends=vmvx",),
        ),
    )
}
