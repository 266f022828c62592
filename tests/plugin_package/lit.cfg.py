"""lit configuration: `lit -v .` here runs the package's FileCheck tests."""

from typing import Any

from ireekit.testing.lit import configure

suite: Any = globals()["config"]
configure(suite, __file__, name="gain")
