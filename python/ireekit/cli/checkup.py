"""What ``ireekit doctor`` finds out; every check holds where the thing checked is broken or absent."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from ireekit.cli.versions import NOT_INSTALLED, package_version
from ireekit.errors import IreekitError

_COMPILER = "pip install iree-base-compiler==3.13.0"
_RUNTIME = "pip install iree-base-runtime==3.13.0"
_SELFTEST_SECONDS = 120

# Driver -> what to install where it cannot be used.
_DRIVER_REMEDIES = {
    "cuda": "install the NVIDIA driver",
    "hip": "install the ROCm runtime",
    "vulkan": "install a Vulkan driver; mesa-vulkan-drivers has one that runs on the CPU",
}


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
      name: what was looked at.
      ok: whether it is there and works.
      detail: version, reason or whatever else is to be said, in one line.
      remedy: what to do where it is not ok.
    """

    name: str
    ok: bool
    detail: str = ""
    remedy: str = ""


def system() -> dict[str, str]:
    """Versions of this package, of Python and of the platform."""
    return {
        "ireekit": package_version("ireekit"),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": f"{platform.platform()}, {os.cpu_count()} CPUs",
    }


def compiler() -> Check:
    """Which compiler build is installed, and whether the test suite passed on it."""
    from ireekit.bindings import build_info

    try:
        build = build_info()
    except (OSError, ImportError) as error:
        return Check("compiler", False, str(error), _COMPILER)
    detail = f"iree-base-compiler {build.version}, build {build.build_id or 'without ID'}"
    if build.verified is None:
        return Check("compiler", True, f"{detail}, not one that was verified", _COMPILER)
    return Check("compiler", True, f"{detail}, verified on {build.verified.platform}")


def runtime() -> Check:
    """Whether IREE's runtime can be imported."""
    try:
        import iree.runtime  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        return Check("runtime", False, str(error), _RUNTIME)
    return Check("runtime", True, f"iree-base-runtime {package_version('iree-base-runtime')}")


def capability_checks() -> list[Check]:
    """What the compiler build can do beyond its public API, and what is lost without."""
    from ireekit.bindings.capabilities import CAPABILITIES, capabilities
    from ireekit.bindings.native import REMEDY, native_problem

    try:
        here = capabilities()
        problem = native_problem()
    except (OSError, ImportError) as error:
        return [Check("all", False, f"the compiler cannot be read: {error}", _COMPILER)]
    return [
        Check("native-library", problem is None, problem or "", REMEDY if problem else ""),
        *(
            Check(
                name,
                here[name],
                "" if here[name] else f"without it, {row.purpose}",
                "" if here[name] else _COMPILER,
            )
            for name, row in CAPABILITIES.items()
        ),
    ]


def driver_checks() -> list[Check]:
    """Every driver of the runtime, with its devices or the reason it has none."""
    try:
        from ireekit.runtime import devices, drivers

        states, here = drivers(), devices()
    except ImportError as error:
        return [Check("all", False, f"the runtime cannot be imported: {error}", _RUNTIME)]
    checks: list[Check] = []
    for state in states:
        names = ", ".join(device.name for device in here if device.driver == state.name)
        if state.available:
            checks.append(Check(state.name, True, names))
        else:
            checks.append(Check(state.name, False, state.reason or "", _DRIVER_REMEDIES.get(state.name, "")))
    return checks


def frontend_checks() -> list[Check]:
    """Every frontend, with the version of its framework or the line that installs it."""
    from ireekit.frontends.registry import FRONTENDS

    checks: list[Check] = []
    for frontend in FRONTENDS:
        files = ", ".join(frontend.suffixes) or "SavedModel folders"
        if (missing := frontend.missing) is not None:
            remedy = f"pip install 'ireekit[{frontend.extra}]'"
            checks.append(Check(frontend.name, False, f"{missing} is not installed", remedy))
            continue
        needs = map(_versioned, filter(None, (frontend.requires, frontend.importer)))
        checks.append(Check(frontend.name, True, "; reads ".join(filter(None, (", ".join(needs), files)))))
    return checks


def pipeline_checks() -> list[Check]:
    """Every installed pipeline, imported to see whether it can be."""
    from ireekit.pipeline import installed_pipelines

    checks: list[Check] = []
    for pipeline in installed_pipelines():
        origin = f"{pipeline.distribution} {pipeline.version} ({pipeline.reference})"
        try:
            pipeline.load()
        except IreekitError as error:
            checks.append(Check(pipeline.name, False, f"{origin}: {error.cause}", error.remedy or ""))
        else:
            checks.append(Check(pipeline.name, True, origin))
    return checks


def cache_facts() -> dict[str, Any]:
    """Folder of the cache, how many programs it holds, and their bytes."""
    from ireekit.compiler.cache import Cache, default_folder

    folder = default_folder()
    entries, size = Cache(folder).usage()
    return {"folder": str(folder), "entries": entries, "bytes": size}


def main_job() -> Check:
    """Whether a program can be compiled for this CPU and run here; tried in a process of its own."""
    name = "compile for cpu and run"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ireekit.cli.selftest"],
            capture_output=True,
            text=True,
            timeout=_SELFTEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check(name, False, f"not done after {_SELFTEST_SECONDS} seconds")
    except OSError as error:
        return Check(name, False, f"no process could be started: {error}")
    if done.returncode == 0:
        return Check(name, True)
    if done.returncode < 0:
        return Check(name, False, f"the process was ended by signal {-done.returncode}", _COMPILER)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return Check(name, False, lines[-1][:300] if lines else f"exit code {done.returncode}", _COMPILER)


def _versioned(name: str) -> str:
    version = package_version(name)
    return name if version == NOT_INSTALLED else f"{name} {version}"
