"""mypipeline: the pipeline that ships with ireekit::

import mypipeline

artifact = mypipeline.compile(model, x, target="vulkan")
y = artifact(x)
"""

from mypipeline.definition import pipeline

compile = pipeline.compile  # noqa: A001
compile_static_library = pipeline.compile_static_library
import_model = pipeline.import_model
load = pipeline.load

__all__ = ["compile", "compile_static_library", "import_model", "load", "pipeline"]
