"""lit configuration: `lit -v .` runs every FileCheck test under tests/lit."""

from pathlib import Path
from typing import Any

from ireekit.testing.lit import configure

suite: Any = globals()["config"]
configure(suite, __file__)
suite.substitutions.append(("%examples", str(Path(__file__).resolve().parent / "examples")))
