"""The in-process host: drives a pipeline over a module, phase by phase, and gives an artifact.

Names are imported when first used: the plugin in stock tools starts Python for parts of this package alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.lazy_names import lazy_names

if TYPE_CHECKING:
    from ireekit.compiler.cache import Cache
    from ireekit.compiler.host import compile_model, import_for
    from ireekit.compiler.options import CompileOptions
    from ireekit.compiler.static_library import StaticLibrary, compile_static_library

__all__ = [
    "Cache",
    "CompileOptions",
    "StaticLibrary",
    "compile_model",
    "compile_static_library",
    "import_for",
]

_MODULES = {
    "Cache": "cache",
    "CompileOptions": "options",
    "StaticLibrary": "static_library",
    "compile_model": "host",
    "compile_static_library": "static_library",
    "import_for": "host",
}


__getattr__ = lazy_names(__name__, _MODULES)
