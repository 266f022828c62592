"""mypipeline: the pipeline that ships with ireekit::

    import mypipeline

    artifact = mypipeline.compile(model, x, target="vulkan")
    y = artifact(x)

The passes, and with them the compiler, are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit import load

if TYPE_CHECKING:
    from mypipeline.definition import pipeline

    compile = pipeline.compile  # noqa: A001
    compile_static_library = pipeline.compile_static_library
    import_model = pipeline.import_model

__all__ = ["compile", "compile_static_library", "import_model", "load", "pipeline"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'mypipeline' has no attribute {name!r}")
    from mypipeline.definition import pipeline

    return pipeline if name == "pipeline" else getattr(pipeline, name)


def __dir__() -> list[str]:
    return __all__
