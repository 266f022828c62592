"""Tells IREE's compiler where ireekit's plugin is, in programs of this environment that use the compiler.

``ireekit.pth`` imports this at every start of Python; so it does no more than to put a finder in place, which waits
for three modules of ``iree.compiler`` and leaves everything else to the finders after it.
"""

import sys


class _Finder:
    """``ireekit.plugin.startup``, imported when one of ``awaited`` is; it never makes an import fail."""

    awaited = frozenset(("iree.compiler._mlir_libs", "iree.compiler.tools.binaries", "iree.compiler.tools.scripts"))

    @classmethod
    def find_spec(cls, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name not in cls.awaited:
            return None
        try:
            from ireekit.plugin.startup import find_spec

            return find_spec(name, path)
        except Exception:
            return None


# An interpreter that the plugin started inside of a stock tool has no arguments, or these.
if sys.orig_argv and "ireekit.plugin.tool" not in sys.orig_argv:
    sys.meta_path.insert(0, _Finder)
