"""Cannot be imported."""

raise RuntimeError("the package is broken")
