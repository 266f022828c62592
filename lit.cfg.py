"""lit configuration: `lit -v .` runs every FileCheck test under tests/lit."""

import os
import sys
from pathlib import Path
from typing import Any

import lit.formats

config: Any = globals()["config"]
config.name = "ireekit"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = {".mlir", ".test"}
config.test_source_root = str(Path(__file__).parent / "tests" / "lit")
config.test_exec_root = str(Path(__file__).parent / "build" / "lit")

# The tools of the environment that runs lit, whatever else is on the path.
config.environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
for inherited in ("HOME", "VK_DRIVER_FILES", "IREEKIT_CACHE_DIR"):
    if inherited in os.environ:
        config.environment[inherited] = os.environ[inherited]

config.substitutions.append(("%python", sys.executable))
