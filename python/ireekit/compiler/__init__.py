"""The in-process host: drives a pipeline over a module, phase by phase, and gives an artifact."""

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
